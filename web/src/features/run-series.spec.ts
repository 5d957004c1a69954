import { describe, expect, it } from '@jest/globals';
import type { ListedRun } from './run-api.js';
import { quantile, runSeries } from './run-series.js';

const run = (
  duration_seconds: number,
  ...steps: readonly [name: string, seconds: number, counted?: boolean][]
): ListedRun => ({
  trace_id: null,
  start_time: '',
  end_time: '',
  duration_seconds,
  span_trace_id: '',
  steps: steps.map(([step_name, seconds, track_duration = true]) => ({
    step_name,
    step_time: '',
    track_duration,
    duration_seconds: seconds,
  })),
});

describe('runSeries', () => {
  it('shows the runs in the order of time with percentiles of the last ones', () => {
    const newestFirst = [run(9), run(1), run(3), run(2)];
    expect(runSeries(newestFirst, null, 3)).toEqual({
      x: [1, 2, 3, 4],
      each: [2, 3, 1, 9],
      p50: [2, 2.5, 2, 3],
      p95: [2, 2.95, 2.9, expect.closeTo(8.4)],
    });
  });

  it('adds up a step that a run has twice, and leaves a gap where it is missing or does not count', () => {
    const runs = [run(9, ['pay', 1], ['pay', 2]), run(9, ['wait', 5]), run(9, ['pay', 4, false]), run(9, ['pay', 5])];
    expect(runSeries(runs, 'pay').each).toEqual([5, null, null, 3]);
    expect(runSeries(runs, 'pay').p50).toEqual([5, null, null, 4]);
    expect(runSeries([], null).x).toEqual([]);
  });
});

it('takes quantiles between values', () => {
  expect([quantile([], 0.5), quantile([7], 0.95), quantile([1, 2], 0.5), quantile([1, 2, 3], 1)]).toEqual([
    null,
    7,
    1.5,
    3,
  ]);
});
