import { expect, it } from '@jest/globals';
import { operationSeries } from './operation-series.js';

it('has a slice for every time, with gaps where nothing was called', () => {
  const row = { service: 's', name: 'get', calls: 4, failed: 1, errorRate: 0.25, p50Us: 5, p95Us: 7, p99Us: 9 };
  const series = operationSeries(
    [
      { ...row, bucketStartUs: 60e6 },
      { ...row, bucketStartUs: 180e6, calls: 2, failed: 0 },
      { ...row, bucketStartUs: 120e6, name: 'other' },
    ],
    'get',
    { fromUs: 61e6, toUs: 200e6, bucketUs: 60e6 },
  );
  expect(series).toEqual({
    x: [60, 120, 180],
    p50: [5, null, 5],
    p95: [7, null, 7],
    p99: [9, null, 9],
    calls: [4, 0, 2],
    failed: [1, 0, 0],
  });
});
