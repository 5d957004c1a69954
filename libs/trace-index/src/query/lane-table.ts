import type { EventField, EventSink } from './event-sink.js';
import type { TraceEvent } from './trace-event.js';

export interface LaneRow {
  readonly pid: number | undefined;
  readonly tid: number | undefined;
  events: number;
  /** Earliest start and latest end of the events that have a time. */
  minUs: number;
  maxUs: number;
  /** Sum of durations; nested events count each. */
  busyUs: number;
}

/** One row per process and thread. */
export class LaneTable implements EventSink {
  readonly reads: ReadonlySet<EventField> = new Set<EventField>(['pid', 'tid', 'ts', 'dur']);
  readonly rows: LaneRow[] = [];
  readonly #lanes = new Map<number | undefined, Map<number | undefined, LaneRow>>();

  accept(event: TraceEvent): undefined {
    const row = this.row(event.pid, event.tid);
    const { ts, dur } = event;
    row.events++;
    row.busyUs += dur ?? 0;
    if (ts === undefined) return;
    row.minUs = Math.min(row.minUs, ts);
    row.maxUs = Math.max(row.maxUs, ts + (dur ?? 0));
  }

  row(pid: number | undefined, tid: number | undefined): LaneRow {
    let threads = this.#lanes.get(pid);
    if (threads === undefined) this.#lanes.set(pid, (threads = new Map<number | undefined, LaneRow>()));
    const known = threads.get(tid);
    if (known !== undefined) return known;
    const row: LaneRow = { pid, tid, events: 0, minUs: Infinity, maxUs: -Infinity, busyUs: 0 };
    threads.set(tid, row);
    this.rows.push(row);
    return row;
  }
}
