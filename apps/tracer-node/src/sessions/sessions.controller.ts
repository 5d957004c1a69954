import { Controller, Delete, Get, Headers, HttpCode, Param, Post, Put, Query, Req, Res } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiBody,
  ApiHeader,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiParam,
  ApiProduces,
  ApiQuery,
  ApiTags,
} from '@nestjs/swagger';
import { ApiOkMap, ChangeSessionDto, CreateSessionDto, SessionDto, SessionSummaryDto } from '@tracer/dtos';
import type { Request, Response } from 'express';
import { RequestBody } from '../wire/request-body.decorator.js';
import { SessionsService } from './sessions.service.js';

const BY_ID = { name: 'id', description: 'Id of a session or of a group', type: String };
const BY_ID_OR_ALL = { ...BY_ID, description: 'Id of a session or of a group, or `all`' };
const DONE = { description: 'An empty object', schema: { type: 'object' } } as const;
const REFUSED = { description: 'A JSON string says why', type: String };

@ApiTags('sessions')
@Controller('v1/trace-session')
export class SessionsController {
  constructor(private readonly sessions: SessionsService) {}

  /** Defines a session on the containers that match. Nothing is traced before it is started. */
  @Post()
  @HttpCode(200)
  @ApiBody({ type: CreateSessionDto })
  @ApiHeader({ name: 'X-Tracer-Group', required: false, description: 'Given by the gateway; a second id' })
  @ApiOkMap(SessionDto, 'session id', 'The session')
  @ApiBadRequestResponse(REFUSED)
  @ApiNotFoundResponse(REFUSED)
  create(
    @RequestBody(CreateSessionDto) session: CreateSessionDto,
    @Headers('x-tracer-group') group?: string,
  ): Promise<Record<string, SessionDto>> {
    return this.sessions.create(session, group);
  }

  /** One session, the sessions of a group, or all. */
  @Get(':id')
  @ApiParam(BY_ID_OR_ALL)
  @ApiQuery({ name: 'processes', required: false, description: '1 adds which process was seen in which container' })
  @ApiOkMap(SessionDto, 'session id', 'Sessions')
  @ApiBadRequestResponse(REFUSED)
  get(@Param('id') id: string, @Query('processes') processes?: string): Record<string, SessionDto> {
    return this.sessions.get(id, processes === '1');
  }

  /** Starts the session on the processes that its containers have now, or stops it. */
  @Put(':id')
  @ApiParam(BY_ID)
  @ApiBody({ type: ChangeSessionDto })
  @ApiOkResponse(DONE)
  @ApiBadRequestResponse(REFUSED)
  @ApiNotFoundResponse(REFUSED)
  change(@Param('id') id: string, @RequestBody(ChangeSessionDto) change: ChangeSessionDto): Promise<object> {
    return this.sessions.change(id, change);
  }

  /** Stops and forgets the session. Its trace file stays, unless `purge` is 1. */
  @Delete(':id')
  @ApiParam(BY_ID_OR_ALL)
  @ApiQuery({ name: 'purge', required: false, description: '1 deletes the trace file as well' })
  @ApiOkResponse(DONE)
  @ApiNotFoundResponse(REFUSED)
  remove(@Param('id') id: string, @Query('purge') purge?: string): Promise<object> {
    return this.sessions.remove(id, purge === '1');
  }

  /** Events as they are written, until the session stops. A session that has not run yet is waited for. */
  @Get(':id/events')
  @ApiParam(BY_ID)
  @ApiProduces('application/x-ndjson', 'text/event-stream')
  @ApiOkResponse({
    description: 'Lines of the trace file; as SSE when asked for by Accept',
    schema: { type: 'string' },
  })
  @ApiNotFoundResponse(REFUSED)
  follow(@Param('id') id: string, @Req() request: Request, @Res() response: Response): void {
    this.sessions.follow(id, request, response);
  }

  /** Counts, errors and times by system call (or by phase, for other hooks) of the present run or the last one. */
  @Get(':id/summary')
  @ApiParam(BY_ID)
  @ApiOkResponse({ type: SessionSummaryDto })
  @ApiNotFoundResponse(REFUSED)
  summary(@Param('id') id: string): Promise<SessionSummaryDto> {
    return this.sessions.summary(id);
  }
}
