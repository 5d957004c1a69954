import { Controller, Get, Inject, Res, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { VizEventsDto } from '@tracer/dtos';
import type { Response } from 'express';
import { sendStream, Values } from '../http/answer-stream.js';
import { ApiEventErrors } from '../http/api-errors.js';
import { ApiParameters, type QueryValues } from '../http/parameter.js';
import { RetryAfterInterceptor } from '../http/retry-after.interceptor.js';
import { VizEvents } from './viz-events.js';
import { readVizQuery, VIZ_PARAMETERS } from './viz-query.js';

const JSON_TYPE = 'application/json; charset=utf-8';

@ApiTags('pictures')
@Controller('api/v1/viz')
@UseInterceptors(RetryAfterInterceptor)
export class VizController {
  constructor(@Inject(VizEvents) private readonly vizEvents: VizEvents) {}

  /** The events of a time window, for drawing. */
  @Get('events')
  @ApiParameters(...VIZ_PARAMETERS)
  @ApiOkResponse({ type: VizEventsDto })
  @ApiEventErrors()
  events(@Values() values: QueryValues, @Res() response: Response): Promise<void> {
    const query = readVizQuery(values);
    return sendStream(response, { contentType: JSON_TYPE }, (signal) => this.vizEvents.body(query, signal));
  }
}
