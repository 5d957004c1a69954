import { Controller, Get, Headers, HttpCode, Inject, Param, Post, Query, Req, Res } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBody,
  ApiConsumes,
  ApiHeader,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiProduces,
  ApiTags,
  ApiTooManyRequestsResponse,
} from '@nestjs/swagger';
import {
  DmEventFilterDto,
  DmEventsDto,
  DmEventsQueryDto,
  DmGroupDto,
  DmImportedDto,
  DmJobsDto,
  DmJobsQueryDto,
  DmLiveQueryDto,
  DmTotalsDto,
} from '@tracer/dtos';
import type { Request, Response } from 'express';
import { leftSignal, sendStream } from '../../streaming/send-stream.js';
import { dmFilterOf } from './dm-filter.js';
import { DmFollowers } from './dm-followers.js';
import { liveEvents } from './dm-live.js';
import { DmQueries } from './dm-queries.js';
import { DmTransfer } from './dm-transfer.js';

const LINES = { description: 'One event a line', schema: { type: 'string' } } as const;
const REFUSED = { description: 'A parameter is wrong; the message names it' };

/** Replication events beyond the routes of the published tracer. */
@ApiTags('replication events')
@Controller('api/v1/dm')
export class DmEventsController {
  constructor(
    @Inject(DmQueries) private readonly queries: DmQueries,
    @Inject(DmFollowers) private readonly followers: DmFollowers,
    @Inject(DmTransfer) private readonly transfer: DmTransfer,
  ) {}

  /** Events that match, by their own time. */
  @Get('events')
  @ApiOkResponse({ type: DmEventsDto })
  @ApiBadRequestResponse(REFUSED)
  events(@Query() query: DmEventsQueryDto): Promise<DmEventsDto> {
    return this.queries.events(query);
  }

  /** Events that match as they come, as server-sent events; `id` is their `seq`. */
  @Get('events/live')
  @ApiHeader({ name: 'Last-Event-ID', required: false, description: 'As `after`, and wins over it' })
  @ApiProduces('text/event-stream')
  @ApiOkResponse({ description: '`data` is an event as in the list', schema: { type: 'string' } })
  @ApiTooManyRequestsResponse({ description: 'Too many follow already' })
  async live(
    @Query() query: DmLiveQueryDto,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Res() response: Response,
  ): Promise<void> {
    const { after, ...filter } = query;
    const from = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : after;
    const events = liveEvents(this.followers, dmFilterOf(filter), from, leftSignal(response));
    await sendStream(response, 'text/event-stream', events);
  }

  /** Binlog events with what became of their statements, newest trace first. */
  @Get('jobs')
  @ApiOkResponse({ type: DmJobsDto })
  @ApiBadRequestResponse(REFUSED)
  jobs(@Query() query: DmJobsQueryDto): Promise<DmJobsDto> {
    return this.queries.jobs(query);
  }

  /** What all instances did for one resolution of a DDL lock. */
  @Get('groups/:groupId')
  @ApiOkResponse({ type: DmGroupDto })
  @ApiNotFoundResponse({ description: 'No event has this group id' })
  group(@Param('groupId') groupId: string): Promise<DmGroupDto> {
    return this.queries.group(groupId);
  }

  /** How much is stored, and what retention has removed. */
  @Get('totals')
  @ApiOkResponse({ type: DmTotalsDto })
  totals(): Promise<DmTotalsDto> {
    return this.queries.totals();
  }

  /** Events that match in the order of arrival, for `import` and for other programs. */
  @Get('export')
  @ApiProduces('application/x-ndjson')
  @ApiOkResponse(LINES)
  async export(@Query() query: DmEventFilterDto, @Res() response: Response): Promise<void> {
    await sendStream(response, 'application/x-ndjson', this.transfer.export(dmFilterOf(query)));
  }

  /** Stores the lines of an export behind the events that are there; only `type` and `wire` of a line count. */
  @Post('import')
  @HttpCode(200)
  @ApiConsumes('application/x-ndjson')
  @ApiBody(LINES)
  @ApiOkResponse({ type: DmImportedDto })
  @ApiBadRequestResponse({ description: 'A line is broken; the message names it and how many events were stored' })
  async import(@Req() request: Request): Promise<DmImportedDto> {
    return { events: await this.transfer.import(request) };
  }
}
