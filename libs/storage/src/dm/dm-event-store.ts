import type { DmArrival, DmText, StoredDmEvent } from './dm-event.js';
import type { DmEventFilter, DmEventQuery } from './dm-query.js';

/** Events come in pages of bounded size, each of at least one event. */
export type DmEventPages = AsyncIterable<readonly StoredDmEvent[]>;

/** What is stored, and what retention has removed since the beginning. */
export interface DmTotals {
  readonly traces: number;
  readonly events: number;
  /** Bytes of the events as they came, without tables and indexes. */
  readonly bytes: number;
  /** `seq` of the newest event that ever came. */
  readonly lastSeq: number;
  readonly evicted: DmEvicted;
}

export interface DmEvicted {
  readonly traces: number;
  readonly events: number;
  readonly bytes: number;
}

/** Limits of what is kept; absent ones do not limit. */
export interface DmRetention {
  readonly ageMs?: number;
  readonly events?: number;
  readonly bytes?: number;
}

export interface DmTraceQuery {
  readonly source?: string;
  readonly task?: string;
  /** Only traces with more queued jobs than outcomes. */
  readonly unfinished: boolean;
  /** Only traces that came first before this one. */
  readonly before?: number;
  readonly limit: number;
  /** Most events of each trace; default `DM_TRACE_EVENTS`. */
  readonly events?: number;
}

/** A trace with its first events. */
export interface DmTrace {
  readonly trace: number;
  readonly traceId: DmText;
  readonly events: readonly StoredDmEvent[];
  /** Events of the trace that are not in `events`. */
  readonly eventsLeft: number;
}

/** Most events that `traces` gives of one trace unless it is told otherwise. */
export const DM_TRACE_EVENTS = 500;

export interface DmTail {
  readonly events: readonly StoredDmEvent[];
  /** Everything up to here has been looked at. */
  readonly upTo: number;
}

/**
 * Where replication events live. Implementations pass `dmEventStoreContract`.
 *
 * A trace is the list of events with the same trace id, in the order in which they came; it exists while it has events.
 * Traces are ordered by the arrival of their first event; one that was deleted and comes again is a new one at the end.
 */
export interface DmEventStore {
  /**
   * Stores all events in their order or none. When it resolves they survive a crash; when it rejects the caller may call
   * again with the same array and nothing is stored twice.
   */
  append(arrivals: readonly DmArrival[], receivedAtUs: number): Promise<void>;

  /** All events of a trace; nothing when it is unknown. */
  trace(traceId: DmText): DmEventPages;

  /**
   * The traces from index `offset` (0 ≤ offset) on, at most `limit`, each complete, and how many traces there are.
   * Finding the first one costs about the same at any offset. Traces that come or go while the pages are read may or may
   * not be among them.
   */
  scan(offset: number, limit: number): Promise<{ readonly traces: number; readonly pages: DmEventPages }>;

  /** False when there is no such trace. */
  delete(traceId: DmText): Promise<boolean>;

  /** Removes everything; `seq` and trace numbers go on. */
  truncate(): Promise<void>;

  /** At most `query.limit` events that `dmEventMatches`; fewer when they are very large, none only when there are none. */
  search(query: DmEventQuery): Promise<StoredDmEvent[]>;

  /** Events after `seq` that match, in the order of arrival, at most `limit`; fewer when they are very large. */
  tail(after: number, filter: DmEventFilter, limit: number): Promise<DmTail>;

  /** Traces that came first most recently, newest first. */
  traces(query: DmTraceQuery): Promise<DmTrace[]>;

  totals(): Promise<DmTotals>;

  /** Removes the events that came first until the limits hold, and resolves with what went. */
  evict(limits: DmRetention, nowUs: number): Promise<DmEvicted>;
}
