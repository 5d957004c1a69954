import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiHeader, ApiOkResponse, ApiQuery, ApiTags } from '@nestjs/swagger';
import { JaegerAnswerDto } from '@tracer/dtos';
import { TenantHeader } from '../http/tenant.decorator.js';
import { JaegerQueries } from './jaeger-queries.js';

const text = (name: string, description: string): MethodDecorator =>
  ApiQuery({ name, required: false, type: String, description });
const whole = (name: string, description: string): MethodDecorator =>
  ApiQuery({ name, required: false, type: 'integer', description });

@ApiTags('Jaeger')
@ApiHeader({ name: 'X-Project-Id', required: false, description: 'tenant, 0 when absent' })
@ApiOkResponse({ type: JaegerAnswerDto })
@Controller('jaeger/api')
export class JaegerController {
  constructor(@Inject(JaegerQueries) private readonly queries: JaegerQueries) {}

  /** Names of services. */
  @Get('services')
  services(@TenantHeader() tenant: string): Promise<object> {
    return this.queries.services(tenant);
  }

  /** Names of the operations of a service. */
  @Get('services/:service/operations')
  operationNames(@TenantHeader() tenant: string, @Param('service') service: string): Promise<object> {
    return this.queries.operationNames(tenant, service);
  }

  /** Operations of a service. */
  @Get('operations')
  @ApiQuery({ name: 'service', type: String })
  operations(@TenantHeader() tenant: string, @Query() query: Record<string, unknown>): Promise<object> {
    return this.queries.operations(tenant, query);
  }

  /** Traces that match, newest first. */
  @Get('traces')
  @text('service', 'required, unless traceID is given')
  @text('operation', 'name of a span')
  @text('tags', 'JSON object of tags')
  @text('minDuration', 'such as 1.2s')
  @text('maxDuration', 'such as 1.2s')
  @whole('start', 'epoch microseconds, an hour before end when absent')
  @whole('end', 'epoch microseconds, now when absent')
  @whole('limit', '20 when absent')
  @text('traceID', 'ids of traces, repeated')
  traces(@TenantHeader() tenant: string, @Query() query: Record<string, unknown>): Promise<object> {
    return this.queries.traces(tenant, query);
  }

  /** One trace. */
  @Get('traces/:traceId')
  trace(@TenantHeader() tenant: string, @Param('traceId') traceId: string): Promise<object> {
    return this.queries.trace(tenant, traceId);
  }

  /** Who calls whom. */
  @Get('dependencies')
  @whole('endTs', 'epoch milliseconds, now when absent')
  @whole('lookback', 'milliseconds')
  dependencies(@TenantHeader() tenant: string, @Query() query: Record<string, unknown>): Promise<object> {
    return this.queries.dependencies(tenant, query);
  }
}
