import { Controller, Get, Inject, Res, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { CallTreeDto, DensityDto, HistogramDto, VizEventsDto } from '@tracer/dtos';
import type { Response } from 'express';
import { sendStream, Values, whilePresent } from '../http/answer-stream.js';
import { ApiEventErrors } from '../http/api-errors.js';
import {
  ApiParameters,
  choiceParameter,
  flagParameter,
  integerParameter,
  type QueryValues,
} from '../http/parameter.js';
import { LostIndexInterceptor } from '../http/lost-index.interceptor.js';
import { RetryAfterInterceptor } from '../http/retry-after.interceptor.js';
import { VizAnalysis } from './viz-analysis.js';
import { VizEvents } from './viz-events.js';
import { readVizQuery, VIEWPORT_WIDTH, VIZ_PARAMETERS } from './viz-query.js';
import { readWindowQuery, WINDOW_PARAMETERS } from './window-query.js';

/** Nothing when the client left meanwhile. */
type Answer<T> = Promise<T | undefined>;

const JSON_TYPE = 'application/json; charset=utf-8';

const LANE = choiceParameter('lane', {
  description: 'What a lane is: a thread or a process',
  ...{ choices: ['thread', 'process'], fallback: 'thread' },
});
const MERGE = flagParameter('merge', { description: '1 folds all lanes into one tree' });
const NODE_LIMIT = integerParameter('limit', {
  description: 'Most nodes to return, those with the most time',
  ...{ min: 1, max: 1_000_000, fallback: 10_000 },
});
const PER_OCTAVE = choiceParameter('per_octave', {
  description: 'Buckets from one power of two to the next',
  ...{ choices: ['1', '2', '4', '8', '16', '32', '64'], fallback: '1' },
});

@ApiTags('pictures')
@Controller('api/v1/viz')
@UseInterceptors(RetryAfterInterceptor, LostIndexInterceptor)
export class VizController {
  constructor(
    @Inject(VizEvents) private readonly vizEvents: VizEvents,
    @Inject(VizAnalysis) private readonly analysis: VizAnalysis,
  ) {}

  /** The events of a time window, for drawing. */
  @Get('events')
  @ApiParameters(...VIZ_PARAMETERS)
  @ApiOkResponse({ type: VizEventsDto })
  @ApiEventErrors()
  events(@Values() values: QueryValues, @Res() response: Response): Promise<void> {
    const query = readVizQuery(values);
    return sendStream(response, { contentType: JSON_TYPE }, (signal) => this.vizEvents.body(query, signal));
  }

  /** How full each lane is over time: per pixel the number of events, their time and the one that dominates. */
  @Get('density')
  @ApiParameters(...WINDOW_PARAMETERS, VIEWPORT_WIDTH, LANE)
  @ApiOkResponse({ type: DensityDto })
  @ApiEventErrors()
  density(@Values() values: QueryValues, @Res({ passthrough: true }) response: Response): Answer<DensityDto> {
    const query = { ...readWindowQuery(values), bins: VIEWPORT_WIDTH.read(values), lanes: LANE.read(values) };
    return whilePresent(response, (signal) => this.analysis.density(query, signal));
  }

  /** Which calls took the time, folded by who called them. */
  @Get('calltree')
  @ApiParameters(...WINDOW_PARAMETERS, MERGE, NODE_LIMIT)
  @ApiOkResponse({ type: CallTreeDto })
  @ApiEventErrors()
  callTree(@Values() values: QueryValues, @Res({ passthrough: true }) response: Response): Answer<CallTreeDto> {
    const query = { ...readWindowQuery(values), merge: MERGE.read(values), limit: NODE_LIMIT.read(values) };
    return whilePresent(response, (signal) => this.analysis.callTree(query, signal));
  }

  /** How long events take. */
  @Get('histogram')
  @ApiParameters(...WINDOW_PARAMETERS, PER_OCTAVE)
  @ApiOkResponse({ type: HistogramDto })
  @ApiEventErrors()
  histogram(@Values() values: QueryValues, @Res({ passthrough: true }) response: Response): Answer<HistogramDto> {
    const query = { ...readWindowQuery(values), perOctave: Number(PER_OCTAVE.read(values)) };
    return whilePresent(response, (signal) => this.analysis.histogram(query, signal));
  }
}
