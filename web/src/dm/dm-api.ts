import type { ApiRequest, QueryValue } from '../api/index.js';

/** Requests and answers about replication events. `tso` is nanoseconds since 1970 by the worker's clock, decimal. */

export interface Position {
  readonly name: string;
  readonly pos: number;
}

export interface DmEvent {
  readonly seq: number;
  readonly spanTraceId?: string;
  readonly receivedAtUs: number;
  readonly type: 'binlog' | 'job';
  readonly tso: string;
  readonly traceId: string;
  readonly source?: string;
  readonly task?: string;
  readonly groupId?: string;
  readonly opType: number;
  readonly op?: string;
  readonly eventType?: number;
  readonly safeMode?: boolean;
  readonly position?: Position;
  readonly currentPosition?: Position;
  readonly sql?: string;
  readonly ddls?: readonly string[];
  readonly queueBucket?: string;
  readonly jobState?: number;
  readonly state?: string;
}

export type Outcome = 'queued' | 'success' | 'error' | 'skipped' | 'lone success' | 'lone error';

export interface DmJob {
  readonly outcome: Outcome;
  readonly stuck: boolean;
  readonly opType: number;
  readonly op?: string;
  readonly sql?: string;
  readonly ddls?: readonly string[];
  readonly queueBucket?: string;
  readonly currentPosition?: Position;
  readonly queuedTso?: string;
  readonly doneTso?: string;
  readonly latencyNs?: string;
}

export interface TraceJobs {
  readonly trace: number;
  readonly spanTraceId?: string;
  readonly traceId: string;
  readonly source?: string;
  readonly task?: string;
  readonly binlog: readonly DmEvent[];
  readonly jobs: readonly DmJob[];
  readonly eventsLeft: number;
}

export interface DmGroup {
  readonly groupId: string;
  readonly truncated: boolean;
  readonly instances: readonly {
    readonly source?: string;
    readonly task?: string;
    readonly executes?: boolean;
    readonly firstTso: string;
    readonly lastTso: string;
    readonly traces: readonly { readonly traceId: string; readonly jobs: readonly DmJob[] }[];
  }[];
}

export interface Totals {
  readonly traces: number;
  readonly events: number;
  readonly bytes: number;
  readonly evicted: { readonly traces: number; readonly events: number; readonly bytes: number };
}

export type Query = Readonly<Record<string, QueryValue>>;

export const eventsRequest = (
  query: Query,
): ApiRequest<{ readonly events: readonly DmEvent[]; readonly next?: string }> => ({
  path: '/api/v1/dm/events',
  query,
});

/** Events as they come, as server-sent events; behind `after` where that is given. */
export const liveEventsRequest = (query: Query): ApiRequest => ({
  path: '/api/v1/dm/events/live',
  query,
  headers: { Accept: 'text/event-stream' },
});

export const jobsRequest = (
  query: Query,
): ApiRequest<{ readonly traces: readonly TraceJobs[]; readonly next?: number }> => ({
  path: '/api/v1/dm/jobs',
  query,
});

export const groupRequest = (id: string): ApiRequest<DmGroup> => ({
  path: `/api/v1/dm/groups/${encodeURIComponent(id)}`,
});

export const totalsRequest: ApiRequest<Totals> = { path: '/api/v1/dm/totals' };

export const exportRequest = (query: Query): ApiRequest => ({ path: '/api/v1/dm/export', query });

/** All events of a trace in the published form, whose integers may be beyond 2^53. */
export const traceRequest = (traceId: string): ApiRequest => ({ path: '/events/query', query: { trace_id: traceId } });
