import type { EpochBase } from '../output/trace-output.js';

const NS_PER_MS = 1_000_000;
/** A pair this exact is good enough to begin with. */
const GOOD_ENOUGH_NS = 20_000;
const MAX_SPIN_MS = 3;

/** The two clocks of the machine, replaceable in tests. */
export interface Clocks {
  monotonicNs(): bigint;
  realtimeMs(): number;
}

export const SYSTEM_CLOCKS: Clocks = { monotonicNs: () => process.hrtime.bigint(), realtimeMs: () => Date.now() };

/**
 * Time of a capture: nanoseconds of CLOCK_MONOTONIC since it began (the ring's `mono` clock is the same), and what they
 * are in epoch time.
 *
 * Node tells the time of day in milliseconds only. But every look at both clocks bounds their distance from two sides:
 *
 * ```
 *   time of day ∈ [n, n+1) ms, taken between monotonic a and b   ⇒   n - b  <  distance  <  n + 1 ms - a
 * ```
 * and the intersection of a few such bounds is microseconds wide. CLOCK_MONOTONIC follows the same frequency correction
 * as the time of day, so the distance changes only when somebody sets the clock; a look that contradicts the bounds is
 * such a step.
 */
export class CaptureClock {
  readonly baseNs: bigint;
  /** How often the time of day was set while the capture ran. */
  steps = 0;
  readonly #baseMs: number;
  /** Bounds of the time of day at time 0, in ns after `#baseMs`. */
  #lowNs = -Infinity;
  #highNs = Infinity;

  constructor(private readonly clocks: Clocks = SYSTEM_CLOCKS) {
    this.baseNs = clocks.monotonicNs();
    this.#baseMs = clocks.realtimeMs();
    this.#settle();
  }

  nowNs(): number {
    return Number(this.clocks.monotonicNs() - this.baseNs);
  }

  /** Looks at both clocks; once per drain. */
  sample(): void {
    const before = this.nowNs();
    const realNs = (this.clocks.realtimeMs() - this.#baseMs) * NS_PER_MS;
    const after = this.nowNs();
    const low = Math.max(this.#lowNs, realNs - after);
    const high = Math.min(this.#highNs, realNs + NS_PER_MS - before);
    if (low < high) {
      this.#lowNs = low;
      this.#highNs = high;
      return;
    }
    this.steps++;
    this.#lowNs = realNs - after;
    this.#highNs = realNs + NS_PER_MS - before;
    this.#settle();
  }

  /** Waits for the millisecond to turn, at most a few. */
  #settle(): void {
    const startNs = this.nowNs();
    while (this.#highNs - this.#lowNs > GOOD_ENOUGH_NS && this.nowNs() - startNs < MAX_SPIN_MS * NS_PER_MS) {
      const steps = this.steps;
      this.sample();
      if (this.steps !== steps) return;
    }
  }

  /** Epoch time of time 0 as known now. A session takes it once, so that its own times never jump. */
  epochBase(): EpochBase {
    const middleNs = Math.round((this.#lowNs + this.#highNs) / 2);
    const wholeUs = Math.floor(middleNs / 1000);
    return { epochUs: this.#baseMs * 1000 + wholeUs, restNs: middleNs - wholeUs * 1000 };
  }
}
