import { Controller, Get, Res } from '@nestjs/common';
import { ApiParam, ApiProduces, ApiResponse } from '@nestjs/swagger';
import type { Response } from 'express';
import { Call, type ClientCall } from '../cluster/client-call.js';
import { clusterOk, ClusterRoutes } from '../cluster/cluster-route.js';
import { TailsService } from './tails.service.js';

@ClusterRoutes('sessions')
@Controller('v1/trace-session')
export class SessionEventsController {
  constructor(private readonly tails: TailsService) {}

  /**
   * Events as they happen, until all sessions have ended. With more than one node known, each event begins with the
   * field `node`.
   */
  @Get(':id/events')
  @ApiParam({ name: 'id', description: 'Id of a session or of a group' })
  @ApiProduces('application/x-ndjson', 'text/event-stream')
  @ApiResponse(clusterOk({ description: 'Events, one a line', schema: { type: 'string' } }))
  follow(@Call() call: ClientCall, @Res() response: Response): Promise<void> {
    return this.tails.follow(call, response);
  }
}
