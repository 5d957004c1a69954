import { Body, Controller, Get, HttpCode, Inject, Post, Res, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CountersDto, EventNamesDto, LanesDto, TraceGroupsDto, TraceQueryDto } from '@tracer/dtos';
import type { Response } from 'express';
import { Values, whilePresent } from '../http/answer-stream.js';
import { ApiEventErrors } from '../http/api-errors.js';
import { FILTER_PARAMETERS, readSelection, TS_MAX, TS_MIN } from '../http/event-parameters.js';
import { ApiParameters, integerParameter, type QueryValues } from '../http/parameter.js';
import { LostIndexInterceptor } from '../http/lost-index.interceptor.js';
import { RetryAfterInterceptor } from '../http/retry-after.interceptor.js';
import { AnalysisService } from './analysis.service.js';
import { readGroupQuery } from './group-query.js';

/** Nothing when the client left meanwhile. */
type Answer<T> = Promise<T | undefined>;

const NAME_LIMIT = integerParameter('limit', {
  description: 'Most names to return, those with the most time',
  ...{ min: 1, max: 1_000_000, fallback: 1000 },
});
const BUCKETS = integerParameter('buckets', {
  description:
    'Number of equal parts of the time from ts_min (default: earliest event) to ts_max (default: latest end)',
  ...{ min: 1, max: 100_000, fallback: 200 },
});

@ApiTags('tables')
@Controller('api/v1')
@UseInterceptors(RetryAfterInterceptor, LostIndexInterceptor)
export class AnalysisController {
  constructor(@Inject(AnalysisService) private readonly analysis: AnalysisService) {}

  /** The names of a selection with their number and time. */
  @Get('names')
  @ApiParameters(...FILTER_PARAMETERS, NAME_LIMIT)
  @ApiOkResponse({ type: EventNamesDto })
  @ApiEventErrors()
  names(@Values() values: QueryValues, @Res({ passthrough: true }) response: Response): Answer<EventNamesDto> {
    const query = { ...readSelection(values), limit: NAME_LIMIT.read(values) };
    return whilePresent(response, (signal) => this.analysis.names(query, signal));
  }

  /** The threads of a selection: names, ranks, hosts, and what they did. */
  @Get('lanes')
  @ApiParameters(...FILTER_PARAMETERS)
  @ApiOkResponse({ type: LanesDto })
  @ApiEventErrors()
  lanes(@Values() values: QueryValues, @Res({ passthrough: true }) response: Response): Answer<LanesDto> {
    const query = readSelection(values);
    return whilePresent(response, (signal) => this.analysis.lanes(query, signal));
  }

  /** Operations and bytes over time. */
  @Get('counters')
  @ApiParameters(...FILTER_PARAMETERS, BUCKETS)
  @ApiOkResponse({ type: CountersDto })
  @ApiEventErrors()
  counters(@Values() values: QueryValues, @Res({ passthrough: true }) response: Response): Answer<CountersDto> {
    const span = { minUs: TS_MIN.read(values), maxUs: TS_MAX.read(values) };
    const query = { ...readSelection(values), ...span, buckets: BUCKETS.read(values) };
    return whilePresent(response, (signal) => this.analysis.counters(query, signal));
  }

  /** Totals of a selection by any combination of fields. */
  @Post('query')
  @HttpCode(200)
  @ApiOkResponse({ type: TraceGroupsDto })
  @ApiEventErrors()
  query(@Body() body: TraceQueryDto, @Res({ passthrough: true }) response: Response): Answer<TraceGroupsDto> {
    const query = readGroupQuery(body);
    return whilePresent(response, (signal) => this.analysis.groups(query, signal));
  }
}
