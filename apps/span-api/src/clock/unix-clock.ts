/** Further than this from the system's clock, the fine clock is set anew: somebody changed the time, or the machine slept. */
const DRIFT_NS = 5_000_000n;

/**
 * The time since 1970 in nanoseconds. JavaScript's own clock has milliseconds only; this one counts on with the monotonic
 * clock of the process and follows the system's when they part.
 */
export class UnixClock {
  #offsetNs: bigint;

  constructor(
    private readonly systemMs: () => number = Date.now,
    private readonly monotonicNs: () => bigint = () => process.hrtime.bigint(),
  ) {
    this.#offsetNs = this.#systemNs() - this.monotonicNs();
  }

  nowNs(): bigint {
    const [system, monotonic] = [this.#systemNs(), this.monotonicNs()];
    const drift = system - (monotonic + this.#offsetNs);
    if (drift > DRIFT_NS || drift < -DRIFT_NS) this.#offsetNs = system - monotonic;
    return monotonic + this.#offsetNs;
  }

  nowUs(): number {
    return Number(this.nowNs() / 1000n);
  }

  #systemNs(): bigint {
    return BigInt(this.systemMs()) * 1_000_000n;
  }
}
