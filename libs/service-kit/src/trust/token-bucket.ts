/**
 * A token bucket: `burst` requests at once, `perSecond` in the long run. Time is handed in (ms, may stand still or jump
 * back), so that it holds no timer and a million of them cost nothing.
 */
export class TokenBucket {
  #level: number;
  #atMs: number;

  constructor(
    private readonly perSecond: number,
    private readonly burst: number,
    nowMs: number,
  ) {
    this.#level = burst;
    this.#atMs = nowMs;
  }

  /** Takes one and returns 0, or takes nothing and returns the ms after which there is one. */
  take(nowMs: number): number {
    this.#fill(nowMs);
    // A whole one that got lost in rounding is one.
    if (this.#level >= 1 - 1e-9) {
      this.#level = Math.max(0, this.#level - 1);
      return 0;
    }
    return Math.max(1, Math.ceil(((1 - this.#level) / this.perSecond) * 1000));
  }

  /** Whether it is as if it had never been used. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#level >= this.burst;
  }

  #fill(nowMs: number): void {
    if (nowMs > this.#atMs)
      this.#level = Math.min(this.burst, this.#level + ((nowMs - this.#atMs) / 1000) * this.perSecond);
    this.#atMs = nowMs;
  }
}
