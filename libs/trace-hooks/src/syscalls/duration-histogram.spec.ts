import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DurationHistogram, HISTOGRAM_ERROR } from './duration-histogram.js';

const durations = fc.oneof(
  fc.nat(200),
  fc.nat(2 ** 31 - 1),
  fc.integer({ min: 2 ** 31 - 5, max: 2 ** 32 + 5 }),
  fc.maxSafeNat(),
  fc.nat(52).map((exponent) => 2 ** exponent),
  fc.integer({ min: 1, max: 53 }).map((exponent) => 2 ** exponent - 1),
);

describe('DurationHistogram', () => {
  it('answers quantiles never below the true one and at most 1/32 above', () => {
    const check = (values: number[], part: number): void => {
      const histogram = new DurationHistogram();
      for (const value of values) histogram.record(value);
      const sorted = [...values].sort((a, b) => a - b);
      const exact = sorted[Math.max(1, Math.ceil(part * sorted.length)) - 1] ?? 0;
      const answer = histogram.quantile(part);
      expect(answer).toBeGreaterThanOrEqual(exact);
      expect(answer - exact).toBeLessThanOrEqual(exact * HISTOGRAM_ERROR);
    };
    const part = fc.constantFrom(0, 0.01, 0.5, 0.9, 0.99, 1);
    fc.assert(fc.property(fc.array(durations, { minLength: 1, maxLength: 200 }), part, check), { numRuns: 500 });
  });

  it('is exact below 64 ns', () => {
    const histogram = new DurationHistogram();
    for (let ns = 0; ns < 64; ns++) histogram.record(ns);
    expect([0, 1 / 64, 0.5, 63 / 64, 1].map((part) => histogram.quantile(part))).toEqual([0, 0, 31, 62, 63]);
  });

  it('answers 0 when nothing was recorded', () => {
    expect(new DurationHistogram().quantile(0.5)).toBe(0);
  });
});
