import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { ApiExtraModels, ApiResponse } from '@nestjs/swagger';
import { ClusterHookGroupDto, mapOf } from '@tracer/dtos';
import { Call, type ClientCall } from '../cluster/client-call.js';
import { ClusterAnswerInterceptor } from '../cluster/cluster-answer.interceptor.js';
import { clusterOk, ClusterRoutes } from '../cluster/cluster-route.js';
import { Cluster, type ClusterAnswer } from '../cluster/cluster.js';

@ClusterRoutes('trace-hooks')
@Controller('v1/trace-hooks')
@UseInterceptors(ClusterAnswerInterceptor)
export class TraceHooksController {
  constructor(private readonly cluster: Cluster) {}

  /** What can be traced: hooks by group, and on which nodes each works. */
  @Get()
  @ApiExtraModels(ClusterHookGroupDto)
  @ApiResponse(clusterOk({ description: 'Groups of hooks', schema: mapOf(ClusterHookGroupDto, 'name of the group') }))
  list(@Call() call: ClientCall): Promise<ClusterAnswer> {
    return this.cluster.traceHooks(call);
  }
}
