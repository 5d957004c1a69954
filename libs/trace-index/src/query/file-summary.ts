import { DurationSketch } from './duration-sketch.js';
import type { TraceEvent } from './trace-event.js';

/** Totals over the events of one file (metadata records are none), kept with the file and never scanned for. */
export interface FileSummary {
  readonly totalEvents: number;
  /** Exact counts; events without the field count nowhere. */
  readonly categories: ReadonlyMap<string, number>;
  readonly names: ReadonlyMap<string, number>;
  /** `pid:tid` → count, of events that have both. */
  readonly pidTids: ReadonlyMap<string, number>;
  /** Smallest `ts`; `undefined` when no event has one. */
  readonly minTsUs: number | undefined;
  /** Largest `ts + (dur ?? 0)`. */
  readonly maxEndUs: number | undefined;
  readonly durations: DurationTotals;
}

/** Over the events that have `dur`. */
export interface DurationTotals {
  readonly count: number;
  readonly sumUs: number;
  readonly minUs: number;
  readonly maxUs: number;
  readonly meanUs: number;
  /** Sample standard deviation (n - 1); 0 of fewer than two. */
  readonly stddevUs: number;
  readonly sketch: DurationSketch;
}

/** Running mean and variance (Welford), stable over hundreds of millions of values. */
export class DurationAccumulator {
  count = 0;
  sumUs = 0;
  minUs = Infinity;
  maxUs = -Infinity;
  readonly sketch = new DurationSketch();
  #mean = 0;
  #squares = 0;

  add(durationUs: number): void {
    this.count++;
    this.sumUs += durationUs;
    if (durationUs < this.minUs) this.minUs = durationUs;
    if (durationUs > this.maxUs) this.maxUs = durationUs;
    const before = durationUs - this.#mean;
    this.#mean += before / this.count;
    this.#squares += before * (durationUs - this.#mean);
    this.sketch.add(durationUs);
  }

  totals(): DurationTotals {
    const { count, sumUs, sketch } = this;
    return {
      count,
      sumUs,
      sketch,
      minUs: count === 0 ? 0 : this.minUs,
      maxUs: count === 0 ? 0 : this.maxUs,
      meanUs: count === 0 ? 0 : sumUs / count,
      stddevUs: count < 2 ? 0 : Math.sqrt(this.#squares / (count - 1)),
    };
  }
}

/** Collects the summary of a file, event by event. */
export class SummaryBuilder {
  readonly #categories = new Map<string, number>();
  readonly #names = new Map<string, number>();
  /** Two levels: no key text is built per event. */
  readonly #lanes = new Map<number, Map<number, number>>();
  readonly #durations = new DurationAccumulator();
  #events = 0;
  #min = Infinity;
  #max = -Infinity;

  add(event: TraceEvent): void {
    this.#events++;
    const { name, cat, ts, dur } = event;
    if (cat !== undefined) this.#categories.set(cat, (this.#categories.get(cat) ?? 0) + 1);
    if (name !== undefined) this.#names.set(name, (this.#names.get(name) ?? 0) + 1);
    this.#addLane(event.pid, event.tid);
    if (dur !== undefined) this.#durations.add(dur);
    if (ts === undefined) return;
    if (ts < this.#min) this.#min = ts;
    const end = ts + (dur ?? 0);
    if (end > this.#max) this.#max = end;
  }

  #addLane(pid: number | undefined, tid: number | undefined): void {
    if (pid === undefined || tid === undefined) return;
    let threads = this.#lanes.get(pid);
    if (threads === undefined) this.#lanes.set(pid, (threads = new Map<number, number>()));
    threads.set(tid, (threads.get(tid) ?? 0) + 1);
  }

  summary(): FileSummary {
    const pidTids = new Map<string, number>();
    for (const [pid, threads] of this.#lanes) for (const [tid, n] of threads) pidTids.set(`${pid}:${tid}`, n);
    return {
      totalEvents: this.#events,
      categories: this.#categories,
      names: this.#names,
      pidTids,
      minTsUs: this.#min === Infinity ? undefined : this.#min,
      maxEndUs: this.#max === -Infinity ? undefined : this.#max,
      durations: this.#durations.totals(),
    };
  }
}
