/**
 * What one session knows about lost events, per CPU. The kernel's statistics are the truth (`total`: lost since the ring
 * was made); the marks on pages say where in time the gaps are, but come late, sometimes without a number, and the first
 * ones may be about a time before the session.
 *
 * ```
 *   lost of the session = total now - total at its start        the gaps it was told of never sum up to more, and
 *                                                               the rest becomes one last gap when it ends
 * ```
 */
export class SessionLoss {
  readonly #reported: Float64Array;

  constructor(
    private readonly atStart: Float64Array,
    private readonly totals: Float64Array,
  ) {
    this.#reported = new Float64Array(atStart.length);
  }

  /** Lost so far on CPU number `index` of the ring. */
  lostOn(index: number): number {
    return (this.totals[index] ?? 0) - (this.atStart[index] ?? 0);
  }

  /** A page said that `marked` were lost before it. @returns how many of them the session has to tell */
  gap(index: number, marked: number): number {
    const told = this.#reported[index] ?? 0;
    const count = Math.max(0, Math.min(marked, this.lostOn(index) - told));
    this.#reported[index] = told + count;
    return count;
  }

  /** What is left to tell at the end. */
  rest(index: number): number {
    return this.gap(index, Infinity);
  }
}
