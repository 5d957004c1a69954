import { DurationHistogram } from './syscalls/duration-histogram.js';
import { errnoName } from './syscalls/errno.js';

/** Times are nanoseconds. `p50Ns` and `p99Ns` are at most 1/32 above the true quantile and never below it. */
export interface CallTotals {
  readonly name: string;
  /** Finished ones. */
  readonly count: number;
  /** How many of them failed, by error name. */
  readonly errors: Readonly<Record<string, number>>;
  readonly totalNs: number;
  readonly meanNs: number;
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly maxNs: number;
  /** Begun and not finished: the task or the session ended inside, or the end was lost. Not in the times. */
  readonly unfinished: number;
}

/** What a session saw, by name of the call (or of the phase, for other hooks), most time first. */
export interface CallSummary {
  readonly calls: readonly CallTotals[];
  /** What a hook counted with `TraceSink.count`. */
  readonly counters: Readonly<Record<string, number>>;
}

/** The running totals of one name. */
export class CallStats {
  #count = 0;
  #totalNs = 0;
  #maxNs = 0;
  #unfinished = 0;
  /** Made with the first duration: most calls of a kernel are never made. */
  #durations: DurationHistogram | undefined;
  readonly #errors = new Map<number, number>();

  constructor(readonly name: string) {}

  finished(durationNs: number): void {
    this.#count++;
    this.#totalNs += durationNs;
    if (durationNs > this.#maxNs) this.#maxNs = durationNs;
    this.#durations ??= new DurationHistogram();
    this.#durations.record(durationNs);
  }

  failed(errno: number): void {
    this.#errors.set(errno, (this.#errors.get(errno) ?? 0) + 1);
  }

  unfinished(): void {
    this.#unfinished++;
  }

  get isEmpty(): boolean {
    return this.#count + this.#unfinished === 0;
  }

  totals(): CallTotals {
    const count = this.#count;
    const errors = [...this.#errors].sort(([, a], [, b]) => b - a).map(([errno, times]) => [errnoName(errno), times]);
    const quantile = (part: number): number => Math.min(this.#durations?.quantile(part) ?? 0, this.#maxNs);
    return {
      name: this.name,
      count,
      errors: Object.fromEntries(errors) as Record<string, number>,
      totalNs: this.#totalNs,
      meanNs: count === 0 ? 0 : this.#totalNs / count,
      p50Ns: quantile(0.5),
      p99Ns: quantile(0.99),
      maxNs: this.#maxNs,
      unfinished: this.#unfinished,
    };
  }
}

/** The totals of all names of one session. */
export class SummaryBuilder {
  readonly #stats = new Map<string, CallStats>();
  readonly #counters = new Map<string, number>();

  /** The totals of a name, to be kept by who records often. */
  of(name: string): CallStats {
    let stats = this.#stats.get(name);
    if (stats === undefined) this.#stats.set(name, (stats = new CallStats(name)));
    return stats;
  }

  count(name: string, by: number): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by);
  }

  build(): CallSummary {
    const calls = [...this.#stats.values()].filter((stats) => !stats.isEmpty).map((stats) => stats.totals());
    calls.sort((a, b) => b.totalNs - a.totalNs || b.count - a.count || a.name.localeCompare(b.name));
    return { calls, counters: Object.fromEntries(this.#counters) };
  }
}
