import { describe, expect, it } from '@jest/globals';
import { CaptureClock, type Clocks } from './capture-clock.js';

/** Every look at a clock takes `lookNs`. */
class FakeClocks implements Clocks {
  ns: bigint;
  offsetNs: bigint;
  constructor(
    readonly lookNs: bigint,
    startNs: bigint,
    offsetNs: bigint,
  ) {
    this.ns = startNs;
    this.offsetNs = offsetNs;
  }
  monotonicNs(): bigint {
    return (this.ns += this.lookNs);
  }
  realtimeMs(): number {
    this.ns += this.lookNs;
    return Number((this.ns + this.offsetNs) / 1_000_000n);
  }
}

const OFFSET_NS = 1_763_719_800_123_456_789n;

/** How far the clock's idea of epoch time is off, in ns. */
function errorNs(clock: CaptureClock, clocks: FakeClocks): number {
  const { epochUs, restNs } = clock.epochBase();
  return Number(BigInt(epochUs) * 1000n + BigInt(restNs) - (clock.baseNs + clocks.offsetNs));
}

describe('CaptureClock', () => {
  it.each([100n, 2_000n, 8_000n])('finds the time of day from milliseconds, a look taking %s ns', (lookNs) => {
    const clocks = new FakeClocks(lookNs, 123_456_789_012n, OFFSET_NS);
    const clock = new CaptureClock(clocks);
    expect(Math.abs(errorNs(clock, clocks))).toBeLessThan(30_000);
    const { restNs } = clock.epochBase();
    expect(restNs >= 0 && restNs < 1000).toBe(true);
  });

  it('becomes more exact with every look and sees no step where there is none', () => {
    const clocks = new FakeClocks(500n, 1n, OFFSET_NS);
    const clock = new CaptureClock(clocks);
    for (let look = 0; look < 5000; look++) {
      clocks.ns += 1_234_567n;
      clock.sample();
    }
    expect(clock.steps).toBe(0);
    expect(Math.abs(errorNs(clock, clocks))).toBeLessThan(1500);
  });

  it('notices that the clock was set', () => {
    const clocks = new FakeClocks(500n, 1n, OFFSET_NS);
    const clock = new CaptureClock(clocks);
    clocks.ns += 5_000_000_000n;
    clock.sample();
    clocks.offsetNs += 3_600_000_000_000n;
    clock.sample();
    expect(clock.steps).toBe(1);
    expect(Math.abs(errorNs(clock, clocks))).toBeLessThan(1_100_000);
  });

  it('does not wait for ever on a clock that stands still', () => {
    const clocks: Clocks = {
      monotonicNs: (() => {
        let ns = 0n;
        return () => (ns += 1000n);
      })(),
      realtimeMs: () => 7,
    };
    const { epochUs } = new CaptureClock(clocks).epochBase();
    expect(Math.abs(epochUs - 7000)).toBeLessThan(5000);
  });

  it('counts from 0', () => {
    const clocks = new FakeClocks(10n, 1_000_000n, OFFSET_NS);
    const clock = new CaptureClock(clocks);
    const before = clock.nowNs();
    clocks.ns += 1_000n;
    expect(clock.nowNs() - before).toBe(1010);
  });
});
