import {
  All,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  MethodNotAllowedException,
  Param,
  Post,
  Req,
  Res,
  UseFilters,
} from '@nestjs/common';
import {
  ApiBody,
  ApiConsumes,
  ApiExcludeEndpoint,
  ApiExtraModels,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiQuery,
  ApiTags,
  ApiUnprocessableEntityResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import {
  AddedStepDto,
  AddStepDto,
  EndedRunDto,
  FinishedRunDto,
  RunBatchDto,
  RunProblemsDto,
  StartedRunDto,
  StartRunDto,
  StoredBatchDto,
} from '@tracer/dtos';
import type { Request, Response } from 'express';
import { sendStream } from '../streaming/send-stream.js';
import { PerfTracer } from './perf-tracer.js';
import { readBatchBody, readRunBody } from './run-body.js';
import { RunProblemsFilter } from './run-problems.filter.js';

const NOT_LIVE = { description: 'No such run is live' };
const REFUSED = { type: RunProblemsDto, description: 'All that is wrong with the request' };
const STEP_OR_END = { anyOf: [{ $ref: getSchemaPath(AddedStepDto) }, { $ref: getSchemaPath(EndedRunDto) }] };

/** The routes of the published perf-tracer service, and batches. */
@ApiTags('perf-tracer, published')
@ApiExtraModels(AddedStepDto, EndedRunDto)
@UseFilters(RunProblemsFilter)
@Controller('api')
export class PerfTracerController {
  constructor(@Inject(PerfTracer) private readonly runs: PerfTracer) {}

  /** Begins a run. A live one with the same tag and id is forgotten. */
  @Post('tracing/start')
  @HttpCode(200)
  @ApiBody({ type: StartRunDto })
  @ApiOkResponse({ type: StartedRunDto })
  @ApiUnprocessableEntityResponse(REFUSED)
  async start(@Req() request: Request): Promise<StartedRunDto> {
    return this.runs.start(await readRunBody(request));
  }

  /** Adds a step to a run; with `end_trace` the run ends with it. */
  @Post('tracing/step')
  @HttpCode(200)
  @ApiBody({ type: AddStepDto })
  @ApiOkResponse({ schema: STEP_OR_END })
  @ApiNotFoundResponse(NOT_LIVE)
  @ApiUnprocessableEntityResponse(REFUSED)
  async step(@Req() request: Request): Promise<AddedStepDto | EndedRunDto> {
    return this.runs.step(await readRunBody(request));
  }

  /** Ends a run, now or at `timestamp`. */
  @Post('tracing/end')
  @HttpCode(200)
  @ApiBody({ type: StartRunDto })
  @ApiQuery({ name: 'timestamp', required: false, description: 'ISO 8601; UTC when it has no zone' })
  @ApiOkResponse({ type: EndedRunDto })
  @ApiNotFoundResponse(NOT_LIVE)
  @ApiUnprocessableEntityResponse(REFUSED)
  async end(@Req() request: Request): Promise<EndedRunDto> {
    return this.runs.end(await readRunBody(request), request.query['timestamp']);
  }

  /** Stores runs that the client timed itself; takes JSON of any content type, as `sendBeacon` sends it. */
  @Post('tracing/batch')
  @HttpCode(200)
  @ApiConsumes('application/json', 'text/plain')
  @ApiBody({ type: RunBatchDto })
  @ApiOkResponse({ type: StoredBatchDto })
  @ApiUnprocessableEntityResponse(REFUSED)
  async batch(@Req() request: Request): Promise<StoredBatchDto> {
    return this.runs.batch(await readBatchBody(request));
  }

  /** Tags with finished runs, in the order in which they came to have some. */
  @Get('traces')
  @ApiOkResponse({ type: [String] })
  tags(): Promise<string[]> {
    return this.runs.tags();
  }

  /** Finished runs of a tag in the order of finish; none when it is unknown. */
  @Get('traces/:tag')
  @ApiOkResponse({ type: [FinishedRunDto] })
  async list(@Param('tag') tag: string, @Res() response: Response): Promise<void> {
    await sendStream(response, 'application/json', this.runs.runs(tag));
  }

  /** Forgets the finished runs of a tag; live ones stay. */
  @Delete('traces/:tag')
  @HttpCode(204)
  @ApiNoContentResponse({ description: 'There are none now, whether there were or not' })
  delete(@Param('tag') tag: string): Promise<void> {
    return this.runs.delete(tag);
  }

  @All(['tracing/start', 'tracing/step', 'tracing/end', 'tracing/batch', 'traces', 'traces/:tag'])
  @ApiExcludeEndpoint()
  otherMethod(): never {
    throw new MethodNotAllowedException('Method Not Allowed');
  }
}
