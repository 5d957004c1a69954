import { Controller, Get, Inject, Param, Query, Res } from '@nestjs/common';
import { ApiBadRequestResponse, ApiHeader, ApiOkResponse, ApiQuery, ApiTags } from '@nestjs/swagger';
import { AtsEnvelopeDto, AtsFailureDto } from '@tracer/dtos';
import type { Response } from 'express';
import { ClusterScopeHeaders } from '../http/tenant.decorator.js';
import type { ClusterScope } from '../http/tenant.js';
import type { AtsAnswer } from './ats-answer.js';
import { AtsQueries } from './ats-queries.js';

const monitorGroup = ApiQuery({ name: 'monitorGroup', required: false, type: String });

@ApiTags('ATS')
@ApiHeader({ name: 'clusterId', required: false, description: 'only what was sent with this header' })
@ApiHeader({ name: 'namespace', required: false, description: 'only what was sent with this header' })
@ApiOkResponse({ type: AtsEnvelopeDto })
@ApiBadRequestResponse({ type: AtsFailureDto, description: 'wrong parameters, or no data' })
@Controller('v1/:projectId')
export class AtsController {
  constructor(@Inject(AtsQueries) private readonly queries: AtsQueries) {}

  /** Groups of applications. */
  @Get('atps/monitorgroups')
  async monitorGroups(
    @Param('projectId') projectId: string,
    @ClusterScopeHeaders() scope: ClusterScope,
    @Res() response: Response,
  ): Promise<void> {
    send(response, await this.queries.monitorGroups({ projectId, scope }));
  }

  /** Applications as name:port. */
  @Get('ats/applications')
  @monitorGroup
  async applications(
    @Param('projectId') projectId: string,
    @ClusterScopeHeaders() scope: ClusterScope,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    send(response, await this.queries.applications({ projectId, scope }, query));
  }

  /** Instances of an application. */
  @Get('ats/applications/:application/instances')
  @monitorGroup
  async instances(
    @Param() { projectId, application }: Record<'projectId' | 'application', string>,
    @ClusterScopeHeaders() scope: ClusterScope,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    send(response, await this.queries.instances({ projectId, scope }, application, query));
  }

  /** Transactions of an application. */
  @Get('ats/applications/:application/transactions')
  @ApiQuery({ name: 'monitorGroup', type: String })
  async transactions(
    @Param() { projectId, application }: Record<'projectId' | 'application', string>,
    @ClusterScopeHeaders() scope: ClusterScope,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    send(response, await this.queries.transactions({ projectId, scope }, application, query));
  }

  /** Traces that went through an application, newest first. */
  @Get('ats/traces')
  @ApiQuery({ name: 'startTime', type: 'integer', description: 'epoch milliseconds' })
  @ApiQuery({ name: 'endTime', type: 'integer', description: 'epoch milliseconds' })
  @ApiQuery({ name: 'application', type: String })
  @monitorGroup
  @ApiQuery({ name: 'instance', required: false, type: String })
  @ApiQuery({ name: 'transaction', required: false, type: String })
  @ApiQuery({ name: 'limit', required: false, type: 'integer', description: '1 to 1000, 20 when absent' })
  @ApiQuery({ name: 'duration', required: false, type: 'integer', description: 'at least so many milliseconds' })
  @ApiQuery({ name: 'status', required: false, type: 'integer', description: '1: only failed ones' })
  async traces(
    @Param('projectId') projectId: string,
    @ClusterScopeHeaders() scope: ClusterScope,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    send(response, await this.queries.traces({ projectId, scope }, query));
  }

  /** The spans of a trace, each as a JSON text in the form of Zipkin v1. */
  @Get('ats/spans')
  @ApiQuery({ name: 'traceId', type: String })
  async spans(
    @Param('projectId') projectId: string,
    @ClusterScopeHeaders() scope: ClusterScope,
    @Query() query: Record<string, unknown>,
    @Res() response: Response,
  ): Promise<void> {
    send(response, await this.queries.spans({ projectId, scope }, query));
  }
}

function send(response: Response, { status, body }: AtsAnswer): void {
  response.status(status).json(body);
}
