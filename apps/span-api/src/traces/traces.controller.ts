import { Body, Controller, Get, Header, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiHeader,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import {
  OperationsDto,
  ServicesDto,
  SpanSearchDto,
  SpanSearchResultDto,
  TraceExportQueryDto,
  TraceWindowDto,
  TraceWindowQueryDto,
} from '@tracer/dtos';
import type { Response } from 'express';
import { TenantHeader } from '../http/tenant.decorator.js';
import { sendStream } from '../streaming/send-stream.js';
import { ServiceFigures } from './operations.js';
import { SpanSearch } from './span-search.js';
import { TraceExport } from './trace-export.js';
import { TraceView } from './trace-view.js';

@ApiTags('traces')
@ApiHeader({ name: 'X-Project-Id', required: false, description: 'tenant, 0 when absent' })
@Controller('api/v1')
export class TracesController {
  constructor(
    @Inject(SpanSearch) private readonly search: SpanSearch,
    @Inject(TraceView) private readonly view: TraceView,
    @Inject(TraceExport) private readonly files: TraceExport,
    @Inject(ServiceFigures) private readonly figures: ServiceFigures,
  ) {}

  /** Traces with a span that matches, summarised. */
  @Post('spans/search')
  @HttpCode(200)
  @ApiOkResponse({ type: SpanSearchResultDto })
  @ApiBadRequestResponse({ description: 'names the member that is wrong' })
  async find(@TenantHeader() tenant: string, @Body() query: SpanSearchDto): Promise<object> {
    return this.search.find(tenant, query);
  }

  /** Rows of a trace as it is drawn: parents above children, by start. */
  @Get('traces/:traceId')
  @Header('Content-Type', 'application/json; charset=utf-8')
  @ApiOkResponse({ type: TraceWindowDto })
  @ApiNotFoundResponse({ description: 'no span of the trace is stored' })
  async window(
    @TenantHeader() tenant: string,
    @Param('traceId') traceId: string,
    @Query() query: TraceWindowQueryDto,
    @Res() response: Response,
  ): Promise<void> {
    response.end(await this.view.window(tenant, traceId, query));
  }

  /** The whole trace as a file of another tool. */
  @Get('traces/:traceId/export')
  @ApiOkResponse({ type: Object, description: 'Zipkin v2, OTLP JSON, Chrome trace events, or the span texts of ATS' })
  async export(
    @TenantHeader() tenant: string,
    @Param('traceId') traceId: string,
    @Query() { format }: TraceExportQueryDto,
    @Res() response: Response,
  ): Promise<void> {
    const { name, pieces } = await this.files.file(tenant, traceId, format);
    response.setHeader('Content-Disposition', `attachment; filename="${name}"`);
    await sendStream(response, 'application/json; charset=utf-8', pieces);
  }

  /** Names of services that reported spans lately. */
  @Get('services')
  @ApiOkResponse({ type: ServicesDto })
  async services(@TenantHeader() tenant: string): Promise<ServicesDto> {
    return { services: await this.figures.services(tenant) };
  }

  /** Calls, failures and durations of the operations of a service, in slices of time. */
  @Get('services/:service/operations')
  @ApiQuery({ name: 'fromUs', required: false, type: 'integer', description: 'an hour before toUs when absent' })
  @ApiQuery({ name: 'toUs', required: false, type: 'integer', description: 'now when absent' })
  @ApiQuery({ name: 'bucketUs', required: false, type: 'integer', description: 'a minute when absent' })
  @ApiOkResponse({ type: OperationsDto })
  async operations(
    @TenantHeader() tenant: string,
    @Param('service') service: string,
    @Query() query: Record<string, unknown>,
  ): Promise<object> {
    return this.figures.operations(tenant, service, query);
  }
}
