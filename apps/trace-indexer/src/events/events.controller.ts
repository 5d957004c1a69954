import { Controller, Get, Inject, Res, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { Response } from 'express';
import { ApiEventErrors } from '../http/api-errors.js';
import { sendStream, Values } from '../http/answer-stream.js';
import {
  FILTER_PARAMETERS,
  limitOf,
  METADATA,
  PAGE_LIMIT,
  readEventsQuery,
  RESOLVE,
  STREAM_LIMIT,
} from '../http/event-parameters.js';
import { ApiParameters, type QueryValues } from '../http/parameter.js';
import { RetryAfterInterceptor } from '../http/retry-after.interceptor.js';
import { EventStream } from './event-stream.js';

const NDJSON = 'application/x-ndjson';
const LINES = {
  description: 'One event per line, each byte for byte as in its file',
  content: { [NDJSON]: { schema: { type: 'string' } } },
} as const;

@ApiTags('trace files')
@Controller('api/v1/events')
@UseInterceptors(RetryAfterInterceptor)
export class EventsController {
  constructor(@Inject(EventStream) private readonly stream: EventStream) {}

  /** The first events of a selection. */
  @Get()
  @ApiParameters(...FILTER_PARAMETERS, PAGE_LIMIT, METADATA, RESOLVE)
  @ApiOkResponse(LINES)
  @ApiEventErrors()
  page(@Values() values: QueryValues, @Res() response: Response): Promise<void> {
    const limit = PAGE_LIMIT.read(values);
    const query = readEventsQuery(values, limit);
    const head = { contentType: NDJSON, headers: { 'X-Limit': limit } };
    return sendStream(response, head, (signal) => this.stream.lines(query, signal));
  }

  /** All events of a selection, as fast as the client reads. */
  @Get('stream')
  @ApiParameters(...FILTER_PARAMETERS, STREAM_LIMIT, METADATA, RESOLVE)
  @ApiOkResponse(LINES)
  @ApiEventErrors()
  all(@Values() values: QueryValues, @Res() response: Response): Promise<void> {
    const limit = STREAM_LIMIT.read(values);
    const query = readEventsQuery(values, limitOf(limit));
    const head = { contentType: NDJSON, headers: limit === undefined ? {} : { 'X-Limit': limit } };
    return sendStream(response, head, (signal) => this.stream.lines(query, signal));
  }
}
