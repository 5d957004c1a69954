import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { ApiExtraModels, ApiResponse } from '@nestjs/swagger';
import { ClusterPodDto, mapOf } from '@tracer/dtos';
import { Call, type ClientCall } from '../cluster/client-call.js';
import { ClusterAnswerInterceptor } from '../cluster/cluster-answer.interceptor.js';
import { clusterOk, ClusterRoutes } from '../cluster/cluster-route.js';
import { Cluster, type ClusterAnswer } from '../cluster/cluster.js';

@ClusterRoutes('pods')
@Controller('v1/pods')
@UseInterceptors(ClusterAnswerInterceptor)
export class PodsController {
  constructor(private readonly cluster: Cluster) {}

  /** Pods and their containers on all nodes, scanned just now. */
  @Get()
  @ApiExtraModels(ClusterPodDto)
  @ApiResponse(clusterOk({ description: 'Pods by name', schema: mapOf(ClusterPodDto, 'name of the pod') }))
  list(@Call() call: ClientCall): Promise<ClusterAnswer> {
    return this.cluster.pods(call);
  }
}
