import { Controller, Delete, Get, Post, Put, UseInterceptors } from '@nestjs/common';
import { ApiBody, ApiExtraModels, ApiParam, ApiQuery, ApiResponse } from '@nestjs/swagger';
import { ChangeSessionDto, ClusterSummaryDto, CreateSessionDto, mapOf, SessionDto } from '@tracer/dtos';
import { Call, type ClientCall } from '../cluster/client-call.js';
import { ClusterAnswerInterceptor } from '../cluster/cluster-answer.interceptor.js';
import { clusterOk, ClusterRoutes } from '../cluster/cluster-route.js';
import { Cluster, type ClusterAnswer } from '../cluster/cluster.js';

const ID = { name: 'id', description: 'Id of a session, or of the group that one POST made on several nodes' };
const ID_OR_ALL = { name: 'id', description: `${ID.description}, or \`all\`` };
const SESSIONS = clusterOk({ description: 'Sessions by id', schema: mapOf(SessionDto, 'id') });
const NOTHING = clusterOk({ description: 'Done; an empty object', schema: { type: 'object' } });

@ClusterRoutes('sessions')
@Controller('v1/trace-session')
@UseInterceptors(ClusterAnswerInterceptor)
export class SessionsController {
  constructor(private readonly cluster: Cluster) {}

  /** Defines a session on every node that has a matching container. It does not run yet. */
  @Post()
  @ApiBody({ type: CreateSessionDto })
  @ApiExtraModels(SessionDto)
  @ApiResponse(SESSIONS)
  create(@Call() call: ClientCall): Promise<ClusterAnswer> {
    return this.cluster.createSession(call);
  }

  @Get(':id')
  @ApiParam(ID_OR_ALL)
  @ApiQuery({ name: 'processes', required: false, description: '1 adds which process was seen in which container' })
  @ApiExtraModels(SessionDto)
  @ApiResponse(SESSIONS)
  read(@Call() call: ClientCall): Promise<ClusterAnswer> {
    return this.cluster.sessions(call);
  }

  /** Starts or stops. */
  @Put(':id')
  @ApiParam(ID)
  @ApiBody({ type: ChangeSessionDto })
  @ApiResponse(NOTHING)
  change(@Call() call: ClientCall): Promise<ClusterAnswer> {
    return this.cluster.changeSessions(call);
  }

  /** Stops and deletes; the trace files stay, unless `purge` is 1. */
  @Delete(':id')
  @ApiParam(ID_OR_ALL)
  @ApiQuery({ name: 'purge', required: false, description: '1 deletes the trace files as well' })
  @ApiResponse(NOTHING)
  remove(@Call() call: ClientCall): Promise<ClusterAnswer> {
    return this.cluster.changeSessions(call);
  }

  /** Counts, errors and times by event name, over all nodes and for each. */
  @Get(':id/summary')
  @ApiParam(ID)
  @ApiResponse(clusterOk({ type: ClusterSummaryDto }))
  summary(@Call() call: ClientCall): Promise<ClusterAnswer> {
    return this.cluster.summary(call);
  }
}
