import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { RingMerge } from '../ring/ring-merge.js';
import { PageBuilder } from '../testing/page-builder.js';
import { PageQueue } from '../testing/page-queue.js';
import { CaptureClock, type Clocks } from './capture-clock.js';
import { DrainLoop } from './drain-loop.js';

const PAGES_PER_CPU = 256;

describe('DrainLoop', () => {
  let nowNs = 0n;
  const clocks: Clocks = { monotonicNs: () => nowNs, realtimeMs: () => Number(nowNs / 1_000_000n) };
  let clock: CaptureClock;
  let queue: PageQueue;
  let drains: { atMs: number; releasedNs: number; isEmpty: boolean }[];
  let failures: unknown[];
  let isPaused: boolean;
  let loop: DrainLoop;
  let visited: number;

  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['performance'] });
    nowNs = 1_000_000_000n;
    // Every look takes a moment, so that settling the clock ends.
    clock = new CaptureClock({ ...clocks, monotonicNs: () => (nowNs += 10_000n) });
    queue = new PageQueue(0, clock.baseNs, 16);
    const merge = new RingMerge();
    merge.add(queue.cpu);
    drains = [];
    failures = [];
    isPaused = false;
    visited = 0;
    loop = new DrainLoop({
      merge,
      visitor: {
        visit: () => {
          visited++;
        },
        get isPaused() {
          return isPaused;
        },
      },
      clock,
      pagesPerCpu: () => PAGES_PER_CPU,
      afterDrain: (_, releasedNs, isEmpty) => {
        drains.push({ atMs: Number(nowNs / 1_000_000n), releasedNs, isEmpty });
      },
      onFailure: (error) => failures.push(error),
    });
  });
  afterEach(() => {
    loop.stop();
    jest.useRealTimers();
  });

  function pass(ms: number): void {
    for (let step = 0; step < ms; step++) {
      nowNs += 1_000_000n;
      jest.advanceTimersByTime(1);
    }
  }
  const page = (agoNs = 0): Buffer => new PageBuilder(nowNs - BigInt(agoNs)).record(0, Buffer.alloc(8)).build();
  const pausesMs = (): number[] => drains.slice(1).map(({ atMs }, index) => atMs - (drains[index]?.atMs ?? 0));

  it('looks less and less often at rings where nothing happens', () => {
    loop.start();
    loop.start();
    pass(1000);
    const pauses = pausesMs();
    expect([pauses[0] ?? 0, pauses.at(-1) ?? 0].map((pause) => Math.round(pause / 10) * 10)).toEqual([20, 50]);
    expect(drains.length).toBeLessThan(30);
  });

  it('looks every millisecond at rings that fill fast', () => {
    loop.start();
    for (let ms = 0; ms < 500; ms++) {
      queue.push(...Array.from({ length: 20 }, () => page()));
      pass(1);
    }
    expect(Math.max(...pausesMs().slice(-20))).toBeLessThanOrEqual(2);
    expect(visited).toBeGreaterThan(9000);
  });

  it('goes on at once while there is more than one turn takes', () => {
    loop.start();
    queue.push(...Array.from({ length: 3000 }, () => page(5_000_000)));
    pass(50);
    expect(visited).toBe(3000);
  });

  it('holds back the youngest events until the rings are stopped', () => {
    loop.start();
    pass(60);
    queue.push(page());
    loop.wake();
    jest.advanceTimersByTime(0);
    expect([visited, drains.at(-1)?.isEmpty]).toEqual([0, false]);
    loop.isLast = true;
    loop.wake();
    jest.advanceTimersByTime(0);
    expect([visited, drains.at(-1)]).toEqual([1, expect.objectContaining({ releasedNs: Infinity, isEmpty: true })]);
  });

  it('waits while there is no room for lines, and goes on when woken', () => {
    loop.start();
    isPaused = true;
    queue.push(page(5_000_000), page(4_000_000), page(3_000_000));
    pass(45);
    const before = visited;
    expect([before, drains.every(({ isEmpty }) => !isEmpty)]).toEqual([expect.any(Number), true]);
    expect(before).toBeLessThan(3);
    isPaused = false;
    loop.wake();
    pass(60);
    expect(visited).toBe(3);
  });

  it('stops at a failure and tells', () => {
    loop.start();
    queue.failure = new Error('EIO');
    pass(200);
    expect([failures, drains]).toEqual([[queue.failure], []]);
    loop.wake();
    pass(200);
    expect(drains).toEqual([]);
  });

  it('does nothing when it is stopped', () => {
    loop.wake();
    loop.start();
    loop.stop();
    pass(200);
    expect(drains).toEqual([]);
  });
});
