import type { EventBatch, EventField, EventSink } from './event-sink.js';
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

  acceptBatch({ count, lanes, ts, dur, threads }: EventBatch): undefined {
    const rows: (LaneRow | undefined)[] = [];
    for (let i = 0; i < count; i++) {
      const lane = lanes[i] ?? 0;
      const row = (rows[lane] ??= this.row(threads[lane]?.pid, threads[lane]?.tid));
      const start = ts[i] ?? NaN;
      const length = dur[i] ?? NaN;
      const durUs = Number.isNaN(length) ? 0 : length;
      row.events++;
      row.busyUs += durUs;
      // NaN is neither.
      if (start < row.minUs) row.minUs = start;
      if (start + durUs > row.maxUs) row.maxUs = start + durUs;
    }
  }

  /** Takes events of a lane that have been counted already. */
  add({ pid, tid, events, minUs, maxUs, busyUs }: LaneRow): void {
    const row = this.row(pid, tid);
    row.events += events;
    row.busyUs += busyUs;
    row.minUs = Math.min(row.minUs, minUs);
    row.maxUs = Math.max(row.maxUs, maxUs);
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
