import { describe, expect, it } from '@jest/globals';
import { dotAt, scatterOf } from './scatter.js';

const SIZE = { width: 100, height: 60 };
const trace = (startUs: number | undefined, durationUs: number | undefined, errorCount = 0): object => ({
  traceId: 'a',
  errorCount,
  spanCount: 1,
  ...(startUs !== undefined && { startUs }),
  ...(durationUs !== undefined && { durationUs }),
});

describe('scatterOf', () => {
  it('places time linearly and duration by powers of ten', () => {
    const scatter = scatterOf([trace(1000, 10), trace(1500, 1000, 1), trace(2000, 10_000)] as never, SIZE);
    expect(scatter.dots.map(({ x, y, failed }) => [x, y, failed])).toEqual([
      [0, 60, false],
      [50, 20, true],
      [100, 0, false],
    ]);
    expect(scatter.rows).toEqual([
      { value: 10, at: 60 },
      { value: 100, at: 40 },
      { value: 1000, at: 20 },
      { value: 10_000, at: 0 },
    ]);
  });

  it('counts traces without a place, takes one alone, none, and a duration of nothing', () => {
    expect(scatterOf([trace(undefined, 5), trace(5, undefined)] as never, SIZE)).toMatchObject({
      dots: [],
      left: 2,
      rows: [],
    });
    expect(scatterOf([trace(7, 0)] as never, SIZE).dots).toMatchObject([{ x: 50, y: 60 }]);
    expect(scatterOf([], SIZE).left).toBe(0);
  });

  it('finds the dot under the pointer, the upper one of two, and none far away', () => {
    const scatter = scatterOf([trace(0, 10), trace(0, 10), trace(9, 100)] as never, SIZE);
    expect([dotAt(scatter, 1, 59)?.at, dotAt(scatter, 99, 1)?.at, dotAt(scatter, 50, 30)]).toEqual([1, 2, undefined]);
  });
});
