import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DensityGrid, type LaneKind } from './density-grid.js';
import type { TraceEvent } from './trace-event.js';

const event = (fields: Partial<TraceEvent>): TraceEvent => ({
  ...{
    name: 'read',
    cat: undefined,
    ph: 'X',
    pid: 1,
    tid: 2,
    ts: 0,
    dur: undefined,
    isMetadata: false,
    arg: () => undefined,
  },
  ...fields,
});
const grid = (events: readonly Partial<TraceEvent>[], bins = 4, lanes: LaneKind = 'thread'): DensityGrid => {
  const made = new DensityGrid({ beginUs: 100, endUs: 140, bins, lanes });
  for (const fields of events) made.accept(event(fields));
  return made;
};
const rows = (made: DensityGrid): unknown[] =>
  made.lanes.map(({ pid, tid, counts, busyUs, top }) => [
    pid,
    tid,
    [...counts],
    [...busyUs],
    [...top].map((id) => made.names[id]),
  ]);

describe('DensityGrid', () => {
  it('counts an event where it begins and its time where it stays', () => {
    expect(rows(grid([{ ts: 105, dur: 20 }]))).toEqual([
      [1, 2, [1, 0, 0, 0], [5, 10, 5, 0], ['read', 'read', 'read', undefined]],
    ]);
  });

  it('cuts what lies outside of the window and ignores what does not touch it', () => {
    const made = grid([
      { ts: 90, dur: 15 },
      { ts: 135, dur: 100 },
      { ts: 0, dur: 50 },
      { ts: 141 },
      { ts: 140 },
      { ts: undefined },
    ]);
    expect(rows(made)).toEqual([[1, 2, [1, 0, 0, 2], [5, 0, 0, 5], ['read', undefined, undefined, 'read']]]);
    expect(made.untimed).toBe(1);
  });

  it('names the event that stays longest, the first of equals', () => {
    const made = grid([
      { ts: 100, dur: 2, name: 'a' },
      { ts: 103, dur: 4, name: 'b' },
      { ts: 107, dur: 3, name: undefined },
      { ts: 110, name: 'c' },
      { ts: 111, name: 'd' },
    ]);
    expect(rows(made)).toEqual([[1, 2, [3, 2, 0, 0], [9, 0, 0, 0], ['b', '', undefined, undefined]]]);
  });

  it('has a lane per thread or per process, also for events that have neither', () => {
    const events = [{ tid: 2 }, { tid: 3 }, { pid: undefined, tid: undefined }, { tid: 2 }].map((fields) => ({
      ...fields,
      ts: 100,
    }));
    expect(grid(events).lanes.map(({ pid, tid, counts }) => [pid, tid, counts[0]])).toEqual([
      [1, 2, 2],
      [1, 3, 1],
      [undefined, undefined, 1],
    ]);
    expect(grid(events, 4, 'process').lanes.map(({ pid, tid, counts }) => [pid, tid, counts[0]])).toEqual([
      [1, undefined, 3],
      [undefined, undefined, 1],
    ]);
  });

  it('refuses more lanes than memory is meant for', () => {
    const made = new DensityGrid({ beginUs: 0, endUs: 1, bins: 1024 * 1024, lanes: 'thread' });
    for (let tid = 0; tid < 8; tid++) made.lane(1, tid);
    expect(() => made.lane(1, 9)).toThrow(expect.objectContaining({ code: 'VALIDATION' }));
  });

  it('loses no event and no time, whatever the window and the number of bins', () => {
    const events = fc.array(
      fc.record({ ts: fc.integer({ min: 0, max: 1000 }), dur: fc.integer({ min: 0, max: 300 }) }),
    );
    fc.assert(
      fc.property(
        events,
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 0, max: 500 }),
        (all, bins, beginUs, range) => {
          const endUs = beginUs + range;
          const made = new DensityGrid({ beginUs, endUs, bins, lanes: 'thread' });
          for (const fields of all) made.accept(event(fields));
          const touching = all.filter(({ ts, dur }) => ts <= endUs && ts + dur >= beginUs);
          const busy = touching.reduce(
            (sum, { ts, dur }) => sum + Math.min(endUs, ts + dur) - Math.max(beginUs, ts),
            0,
          );
          const total = (values: ArrayLike<number> = []): number => Array.from(values).reduce((a, b) => a + b, 0);
          expect(total(made.lanes[0]?.counts)).toBe(touching.length);
          expect(total(made.lanes[0]?.busyUs)).toBeCloseTo(busy, 3);
        },
      ),
    );
  });
});
