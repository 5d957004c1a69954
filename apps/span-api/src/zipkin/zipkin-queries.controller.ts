import { Controller, Get, Header, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiHeader, ApiNotFoundResponse, ApiOkResponse, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { TenantHeader } from '../http/tenant.decorator.js';
import { ZipkinQueries, type NameList } from './zipkin-queries.js';

const CACHED = 'max-age=300, must-revalidate';
const text = (name: string, description: string): MethodDecorator =>
  ApiQuery({ name, required: false, type: String, description });
const whole = (name: string, description: string): MethodDecorator =>
  ApiQuery({ name, required: false, type: 'integer', description });

@ApiTags('Zipkin')
@ApiHeader({ name: 'X-Project-Id', required: false, description: 'tenant, 0 when absent' })
@Controller(['api/v2', 'zipkin/api/v2'])
export class ZipkinQueriesController {
  constructor(@Inject(ZipkinQueries) private readonly queries: ZipkinQueries) {}

  /** Names of services that reported spans lately. */
  @Get('services')
  @ApiOkResponse({ type: [String] })
  async services(@TenantHeader() tenant: string, @Res() response: Response): Promise<void> {
    answer(response, await this.queries.serviceNames(tenant));
  }

  /** Names of the spans of a service. */
  @Get('spans')
  @ApiQuery({ name: 'serviceName', type: String })
  @ApiOkResponse({ type: [String] })
  async spans(
    @TenantHeader() tenant: string,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    answer(response, await this.queries.spanNames(tenant, query));
  }

  /** Names of the services that a service called. */
  @Get('remoteServices')
  @ApiQuery({ name: 'serviceName', type: String })
  @ApiOkResponse({ type: [String] })
  async remoteServices(
    @TenantHeader() tenant: string,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    answer(response, await this.queries.remoteServiceNames(tenant, query));
  }

  /** Traces that match, newest first. */
  @Get('traces')
  @Header('Content-Type', 'application/json; charset=utf-8')
  @text('serviceName', 'constrains all other parts to spans of this service')
  @text('remoteServiceName', 'called service')
  @text('spanName', '"all" is as good as none')
  @text('annotationQuery', 'terms joined by " and ": key=value of a tag, or an annotation or tag key')
  @whole('minDuration', 'of a span, microseconds')
  @whole('maxDuration', 'microseconds, only with minDuration')
  @whole('endTs', 'epoch milliseconds, now when absent')
  @whole('lookback', 'milliseconds before endTs')
  @whole('limit', '10 when absent')
  @ApiOkResponse({ schema: { type: 'array', items: { type: 'array', items: { type: 'object' } } } })
  async traces(
    @TenantHeader() tenant: string,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    response.end(await this.queries.search(tenant, query));
  }

  /** All spans of a trace. */
  @Get('trace/:traceId')
  @Header('Content-Type', 'application/json; charset=utf-8')
  @ApiOkResponse({ schema: { type: 'array', items: { type: 'object' } } })
  @ApiNotFoundResponse({ description: '"<trace id> not found" as text' })
  async trace(
    @TenantHeader() tenant: string,
    @Param('traceId') traceId: string,
    @Res() response: Response,
  ): Promise<void> {
    response.end(await this.queries.trace(tenant, traceId));
  }

  /** Several traces by their ids; those that are unknown are left out. */
  @Get('traceMany')
  @Header('Content-Type', 'application/json; charset=utf-8')
  @ApiQuery({ name: 'traceIds', type: String, description: 'two or more ids, separated by commas' })
  @ApiOkResponse({ schema: { type: 'array', items: { type: 'array', items: { type: 'object' } } } })
  async traceMany(
    @TenantHeader() tenant: string,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    response.end(await this.queries.traceMany(tenant, query));
  }

  /** Who calls whom, from the traces of the window. */
  @Get('dependencies')
  @ApiQuery({ name: 'endTs', type: 'integer', description: 'epoch milliseconds' })
  @whole('lookback', 'milliseconds before endTs')
  @ApiOkResponse({ schema: { type: 'array', items: { type: 'object' } } })
  dependencies(@TenantHeader() tenant: string, @Query() query: Record<string, unknown>): Promise<object[]> {
    return this.queries.dependencies(tenant, query);
  }

  /** Tags whose values can be completed. */
  @Get('autocompleteKeys')
  @ApiOkResponse({ type: [String] })
  autocompleteKeys(@Res() response: Response): void {
    answer(response, this.queries.autocompleteKeys());
  }

  /** Values of such a tag. */
  @Get('autocompleteValues')
  @ApiQuery({ name: 'key', type: String })
  @ApiOkResponse({ type: [String] })
  async autocompleteValues(
    @TenantHeader() tenant: string,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    answer(response, await this.queries.autocompleteValues(tenant, query));
  }
}

function answer(response: Response, { names, cacheable }: NameList): void {
  if (cacheable) response.setHeader('Cache-Control', CACHED);
  response.json(names);
}
