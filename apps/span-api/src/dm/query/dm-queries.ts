import { TracerError } from '@tracer/base';
import type {
  DmEventsDto,
  DmEventsQueryDto,
  DmGroupDto,
  DmJobsDto,
  DmJobsQueryDto,
  DmTotalsDto,
  DmTraceJobsDto,
} from '@tracer/dtos';
import {
  DmEventType,
  dmGroupInstances,
  dmJobsOf,
  dmSourceOf,
  numberedTraceId,
  type DmCursor,
  type DmEventStore,
  type DmTrace,
  type DmTraceQuery,
  type StoredDmEvent,
} from '@tracer/storage';
import type { UnixClock } from '../../clock/unix-clock.js';
import { dmEventDto, dmJobDto } from './dm-event-dto.js';
import { cursorText, dmQueryOf } from './dm-filter.js';

const DEFAULT_JOBS = 50;
const DEFAULT_STUCK_MS = 60_000;
/** A page of jobs looks at so many pages of traces, then leaves the rest to the next request. */
const TRACE_PAGES = 20;
const TRACES_A_PAGE = 100;
/** A resolution of a lock has a handful of events for each instance. */
const GROUP_EVENTS = 10_000;
const PAGE_EVENTS = 1_000;

/** Queries beyond the published routes. */
export class DmQueries {
  constructor(
    private readonly store: DmEventStore,
    private readonly clock: UnixClock,
  ) {}

  async events(dto: DmEventsQueryDto): Promise<DmEventsDto> {
    const events = await this.store.search(dmQueryOf(dto));
    const last = events.at(-1);
    // A page may be short because its events are large: only an empty one is the end.
    return { events: events.map(dmEventDto), ...(last && { next: cursorText(cursorOf(last)) }) };
  }

  async jobs(dto: DmJobsQueryDto): Promise<DmJobsDto> {
    const { outcome, stuckAfterMs = DEFAULT_STUCK_MS, limit = DEFAULT_JOBS } = dto;
    const stuckBeforeUs = this.clock.nowUs() - stuckAfterMs * 1000;
    const found: DmTraceJobsDto[] = [];
    let before = dto.cursor;
    for (let page = 0; page < TRACE_PAGES && found.length < limit; page++) {
      const traces = await this.store.traces(traceQueryOf(dto, before, limit));
      for (const trace of traces) {
        if (found.length === limit) break;
        before = trace.trace;
        const jobs = traceJobsDto(trace, stuckBeforeUs);
        if (hasOutcome(jobs, outcome)) found.push(jobs);
      }
      if (traces.length === 0) return { traces: found };
    }
    return { traces: found, ...(before !== undefined && { next: before }) };
  }

  /** Throws NOT_FOUND when no event has the group id. */
  async group(groupId: string): Promise<DmGroupDto> {
    const events: StoredDmEvent[] = [];
    let after: DmCursor | undefined;
    for (;;) {
      const page = await this.store.search({
        groupId: Buffer.from(groupId),
        newestFirst: false,
        limit: PAGE_EVENTS,
        ...(after && { after }),
      });
      const last = page.at(-1);
      if (last === undefined || events.length >= GROUP_EVENTS) {
        if (events.length === 0) throw new TracerError('NOT_FOUND', `no event has the group id "${groupId}"`);
        return { groupId, instances: instancesOf(events), truncated: last !== undefined };
      }
      events.push(...page);
      after = cursorOf(last);
    }
  }

  totals(): Promise<DmTotalsDto> {
    return this.store.totals();
  }
}

const cursorOf = ({ event, seq }: StoredDmEvent): DmCursor => ({ tso: event.base.tso, seq });

function traceQueryOf(
  { source, task, outcome }: DmJobsQueryDto,
  before: number | undefined,
  limit: number,
): DmTraceQuery {
  return {
    unfinished: outcome === 'stuck' || outcome === 'queued',
    limit: Math.min(TRACES_A_PAGE, limit),
    ...(source !== undefined && { source }),
    ...(task !== undefined && { task }),
    ...(before !== undefined && { before }),
  };
}

function traceJobsDto({ trace, traceId, events, eventsLeft }: DmTrace, stuckBeforeUs: number): DmTraceJobsDto {
  return {
    trace,
    spanTraceId: numberedTraceId('dm', trace),
    traceId: traceId.toString(),
    ...dmSourceOf(traceId),
    binlog: events.filter(({ event }) => event.type === DmEventType.binlog).map(dmEventDto),
    jobs: dmJobsOf(events).map((job) => dmJobDto(job, stuckBeforeUs)),
    eventsLeft,
  };
}

function hasOutcome({ jobs }: DmTraceJobsDto, outcome: DmJobsQueryDto['outcome']): boolean {
  if (outcome === undefined) return true;
  return jobs.some((job) => (outcome === 'stuck' ? job.stuck : job.outcome === outcome));
}

function instancesOf(events: readonly StoredDmEvent[]): DmGroupDto['instances'] {
  return dmGroupInstances(events).map(({ source, task, executes, firstTso, lastTso, traces }) => ({
    ...(source !== undefined && { source }),
    ...(task !== undefined && { task }),
    ...(executes !== undefined && { executes }),
    firstTso: String(firstTso),
    lastTso: String(lastTso),
    traces: traces.map(({ trace, traceId, jobs }) => ({
      trace,
      spanTraceId: numberedTraceId('dm', trace),
      traceId: traceId.toString(),
      jobs: jobs.map((job) => dmJobDto(job, 0)),
    })),
  }));
}
