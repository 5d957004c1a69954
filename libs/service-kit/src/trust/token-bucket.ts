const ONE = 1000;

/**
 * A token bucket: `burst` requests at once, `perSecond` in the long run. Time is handed in (ms, may stand still or jump
 * back), so that it holds no timer and a million of them cost nothing.
 */
export class TokenBucket {
  /** In thousandths, so that whole milliseconds at a whole rate add up exactly. */
  #level: number;
  #atMs: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    nowMs: number,
  ) {
    this.#level = burst * ONE;
    this.#atMs = nowMs;
  }

  /** Takes one and returns 0, or takes nothing and returns the ms after which there is one. */
  take(nowMs: number): number {
    this.#fill(nowMs);
    if (this.#level < ONE) return Math.ceil((ONE - this.#level) / this.perSecond);
    this.#level -= ONE;
    return 0;
  }

  /** Whether it is as if it had never been used. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#level >= this.burst * ONE;
  }

  #fill(nowMs: number): void {
    if (nowMs > this.#atMs)
      this.#level = Math.min(this.burst * ONE, this.#level + (nowMs - this.#atMs) * this.perSecond);
    this.#atMs = nowMs;
  }
}
