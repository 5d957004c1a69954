import { describe, expect, it } from '@jest/globals';
import { UnixClock } from './unix-clock.js';

/** As far as the clock lets itself part from the system's. */
const DRIFT_MS = 6;

describe('UnixClock', () => {
  it('counts in nanoseconds from the system time', () => {
    let [ms, ns] = [1_700_000_000_000, 55n];
    const clock = new UnixClock(
      () => ms,
      () => ns,
    );
    expect(clock.nowNs()).toBe(1_700_000_000_000_000_000n);
    ns += 1_234_567n;
    ms += 1;
    expect(clock.nowNs()).toBe(1_700_000_000_001_234_567n);
    expect(clock.nowUs()).toBe(1_700_000_000_001_234);
  });

  it.each([-3_600_000, 60_000])('follows the system when its time is changed by %i ms', (changeMs) => {
    let [ms, ns] = [1_700_000_000_000, 0n];
    const clock = new UnixClock(
      () => ms,
      () => ns,
    );
    ms += changeMs;
    ns += 1n;
    expect(clock.nowUs()).toBe(ms * 1000);
  });

  it('stays with the real time', () => {
    const clock = new UnixClock();
    for (let count = 0; count < 1000; count++) {
      const before = Date.now();
      const nowMs = clock.nowUs() / 1000;
      expect([nowMs >= before - DRIFT_MS, nowMs <= Date.now() + 1 + DRIFT_MS]).toEqual([true, true]);
    }
  });
});
