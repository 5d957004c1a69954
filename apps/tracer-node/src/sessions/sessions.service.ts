import { Injectable } from '@nestjs/common';
import { TracerError, type TracerErrorCode } from '@tracer/base';
import { ChangeSessionDto, CreateSessionDto, SessionDto, SessionSummaryDto } from '@tracer/dtos';
import { LiveReaders, noteForAudit } from '@tracer/service-kit';
import type { Request, Response } from 'express';
import { NodeAgent } from '../agent/node-agent.js';
import { followAll } from './followers.js';
import type { LiveSession } from './live-session.js';
import { LiveTail } from './live-tail.js';
import { sessionDto, summaryDto } from './session-dto.js';

const ALL = 'all';
/** Clients that may follow sessions at a time, without the gateway, and what may wait for all of them together. */
const FOLLOWERS = { most: 2_000, totalBytes: 128 << 20 };
const TCP_KEEP_ALIVE_MS = 30_000;

/** The routes of sessions: ids, statuses and shapes of the published agent around the session registry. */
@Injectable()
export class SessionsService {
  readonly followers = new LiveReaders(FOLLOWERS);

  constructor(private readonly agent: NodeAgent) {}

  async create(dto: CreateSessionDto, group: string | undefined): Promise<Record<string, SessionDto>> {
    const { 'time-limit-ms': timeMs, 'event-limit': events, 'byte-limit': bytes } = dto;
    const session = await this.agent.sessions.create({
      pod: dto.pod,
      container: dto.container,
      hook: dto['trace-hook'],
      args: dto['trace-arguments'],
      context: dto['trace-user-context'],
      ...(group === undefined ? {} : { group }),
      limits: {
        ...(timeMs === undefined ? {} : { timeMs }),
        ...(events === undefined ? {} : { events }),
        ...(bytes === undefined ? {} : { bytes }),
      },
    });
    noteForAudit(touched([session]));
    return this.#dtos([session]);
  }

  /** An unknown id is answered with 400 here, as published. */
  get(id: string, withProcesses = false): Record<string, SessionDto> {
    const found = id === ALL ? this.agent.sessions.all() : this.#find(id, 'SESSION_ID_INVALID');
    return this.#dtos(found, withProcesses);
  }

  async change(id: string, { run }: ChangeSessionDto): Promise<object> {
    const { sessions } = this.agent;
    const found = this.#find(id, 'SESSION_NOT_FOUND');
    noteForAudit(touched(found));
    await (run ? sessions.start(found) : sessions.stop(found));
    return {};
  }

  async remove(id: string, purge: boolean): Promise<object> {
    const { sessions } = this.agent;
    const found = id === ALL ? sessions.all() : this.#find(id, 'SESSION_NOT_FOUND');
    noteForAudit({ purge, ...touched(found) });
    if (id === ALL) await sessions.removeAll({ purge });
    else await sessions.remove(found, { purge });
    return {};
  }

  async summary(id: string): Promise<SessionSummaryDto> {
    const [session, ...others] = this.agent.sessions.find(id);
    if (session === undefined || others.length > 0)
      throw new TracerError(
        'SESSION_CONFLICT',
        `${others.length + 1} sessions of this node are in group ${id}; ask by id`,
      );
    return summaryDto(await session.summary(), this.agent.config.nodeName);
  }

  /** Streams the events of running sessions until they have ended or the client leaves. */
  follow(id: string, request: Request, response: Response): void {
    const found = this.agent.sessions.find(id);
    const format =
      request.accepts(['application/x-ndjson', 'text/event-stream']) === 'text/event-stream' ? 'sse' : 'ndjson';
    const tail = new LiveTail(this.followers.add(response, format), format, found.length);
    const leave = followAll(found, tail);
    response.once('close', leave);
    response.socket?.setKeepAlive(true, TCP_KEEP_ALIVE_MS);
    response.writeHead(200, {
      'Content-Type': format === 'sse' ? 'text/event-stream' : 'application/x-ndjson',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
  }

  /** The published agent gives ids that it does not know, and texts that are no ids, the same status per method. */
  #find(id: string, code: TracerErrorCode): LiveSession[] {
    try {
      return this.agent.sessions.find(id);
    } catch (error) {
      throw error instanceof TracerError ? new TracerError(code, error.message, { cause: error }) : error;
    }
  }

  #dtos(sessions: readonly LiveSession[], withProcesses = false): Record<string, SessionDto> {
    const { nodeName } = this.agent.config;
    const dto = (session: LiveSession): SessionDto =>
      sessionDto(session.view(), nodeName, withProcesses ? session.processes : undefined);
    return Object.fromEntries(sessions.map((session) => [session.definition.id, dto(session)]));
  }
}

/** For the audit log: which sessions, of whom, with what. */
function touched(sessions: readonly LiveSession[]): Record<string, unknown> {
  return {
    sessions: sessions.map(({ definition: { id, group, hookGroup, hook, params, containers } }) => ({
      id,
      ...(group === undefined ? {} : { group }),
      hook: `${hookGroup}/${hook}`,
      args: params,
      containers: containers.map(({ namespace = '', pod, container }) => `${namespace}/${pod}/${container}`),
    })),
  };
}
