import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { rankSumTest } from './rank-sum.js';
import type { FinishedRun } from './run.js';
import { compareRuns, quantile, summarizeRuns, timeFigures } from './run-statistics.js';

/** Every way to choose which of the sorted values belong to b, and how many of them are as extreme. */
function slowExact(a: readonly number[], b: readonly number[]): number {
  const all = [...a, ...b].sort((x, y) => x - y);
  const uOf = (chosen: readonly number[]): number => {
    const rest = all.filter((value) => !chosen.includes(value));
    return chosen.flatMap((y) => rest.map((x) => 0.5 + Math.sign(y - x) / 2)).reduce((s, v) => s + v, 0);
  };
  const pairs = a.length * b.length;
  const own = Math.min(uOf(b), pairs - uOf(b));
  let [extreme, total] = [0, 0];
  const choose = (from: number, chosen: number[]): void => {
    if (chosen.length === b.length) {
      total++;
      if (uOf(chosen) <= own) extreme++;
      return;
    }
    for (let index = from; index < all.length; index++) choose(index + 1, [...chosen, all[index] ?? 0]);
  };
  choose(0, []);
  return Math.min(1, (2 * extreme) / total);
}

describe('rankSumTest', () => {
  it('is exact for small samples', () => {
    const samples = fc
      .uniqueArray(fc.integer({ min: 0, max: 100 }), { minLength: 2, maxLength: 9 })
      .chain((values) => fc.tuple(fc.constant(values), fc.integer({ min: 1, max: values.length - 1 })))
      .map(([values, cut]) => [values.slice(0, cut), values.slice(cut)] as const);
    fc.assert(
      fc.property(samples, ([a, b]) => {
        expect(rankSumTest(a, b)?.p).toBeCloseTo(slowExact(a, b), 12);
      }),
    );
  });

  it.each([
    // Published tables and textbook examples.
    [[1, 2, 3], [4, 5, 6], 9, 0.1],
    [[1, 2, 3, 4, 5], [6, 7, 8, 9, 10], 25, 2 / 252],
    [[1, 2], [1, 2], 2, 1],
    [[5, 5, 5], [5, 5], 3, 1],
  ])('%j and %j', (a, b, u, p) => {
    const test = rankSumTest(a, b);
    expect(test?.u).toBe(u);
    expect(test?.p).toBeCloseTo(p, 9);
  });

  it('has the probabilities of the normal distribution for large samples', () => {
    // z = (|U - mean| - 0.5) / sigma of these samples is 1.9599…: the two sides together hold 5 %.
    const n = 200;
    const mean = (n * n) / 2;
    const sigma = Math.sqrt((n * n * (2 * n + 1)) / 12);
    const a = Array.from({ length: n }, (_, index) => index * 2);
    const shifted = (by: number): number[] => a.map((value) => value + by);
    for (const by of [1, 11, 41, 81]) {
      const test = rankSumTest(a, shifted(by));
      const z = (Math.abs((test?.u ?? 0) - mean) - 0.5) / sigma;
      expect(test?.p).toBeCloseTo(2 * slowTail(z), 6);
    }
  });

  it('does not care which side is which, nor about the unit', () => {
    const sample = fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 });
    const tested = (a: readonly number[], b: readonly number[]): { u: number; p: number } => {
      const test = rankSumTest(a, b);
      if (test === undefined) throw new Error('no test');
      return test;
    };
    fc.assert(
      fc.property(sample, sample, (a, b) => {
        const [forth, back] = [tested(a, b), tested(b, a)];
        expect(forth.p).toBeCloseTo(back.p, 12);
        expect(forth.u + back.u).toBeCloseTo(a.length * b.length);
        const inOtherUnit = [a, b].map((values) => values.map((value) => value * 1e6)) as [number[], number[]];
        expect(tested(...inOtherUnit).p).toBeCloseTo(forth.p, 12);
        expect(forth.p >= 0 && forth.p <= 1).toBe(true);
      }),
    );
  });

  it('says nothing about an empty sample', () => {
    expect([rankSumTest([], [1]), rankSumTest([1], [])]).toEqual([undefined, undefined]);
  });
});

/** Simpson's rule over the density. */
function slowTail(z: number): number {
  const [steps, end] = [20_000, 12];
  const width = (end - z) / steps;
  let sum = 0;
  for (let index = 0; index <= steps; index++) {
    const x = z + index * width;
    const weight = index === 0 || index === steps ? 1 : index % 2 === 1 ? 4 : 2;
    sum += weight * Math.exp((-x * x) / 2);
  }
  return (sum * width) / 3 / Math.sqrt(2 * Math.PI);
}

describe('figures', () => {
  it('interpolate between neighbours', () => {
    expect([0, 0.25, 0.5, 0.9, 1].map((q) => quantile([10, 20, 30, 40, 50], q))).toEqual([10, 20, 30, 46, 50]);
    expect(timeFigures([3, 1])).toEqual({ count: 2, minUs: 1, p50Us: 2, p95Us: 2.9, p99Us: 2.98, maxUs: 3 });
    expect(() => timeFigures([])).toThrow(RangeError);
  });

  it('lie between the smallest and the largest value', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1e9, max: 1e15 }), { minLength: 1 }), (values) => {
        const { minUs, p50Us, p95Us, p99Us, maxUs } = timeFigures(values);
        expect([minUs, maxUs]).toEqual([Math.min(...values), Math.max(...values)]);
        expect([minUs, p50Us, p95Us, p99Us, maxUs]).toEqual([minUs, p50Us, p95Us, p99Us, maxUs].sort((a, b) => a - b));
      }),
    );
  });
});

/** A run of steps with these durations; a name in capitals is not tracked. */
function run(...steps: readonly (readonly [name: string, durationUs: number])[]): FinishedRun {
  let atUs = 0;
  return {
    tag: 't',
    id: null,
    seq: 1,
    startUs: 0,
    steps: steps.map(([name, durationUs]) => ({
      name,
      atUs: (atUs += durationUs),
      tracked: name !== name.toUpperCase(),
    })),
    endUs: atUs,
  };
}

describe('summarizeRuns', () => {
  it('has each step in the order in which steps come, and totals without what is not tracked', () => {
    const summary = summarizeRuns([run(['a', 10], ['WAIT', 500], ['b', 20]), run(['a', 30], ['b', 40]), run(['b', 1])]);
    expect(summary?.steps.map(({ name, count, p50Us }) => [name, count, p50Us])).toEqual([
      ['a', 2, 20],
      ['WAIT', 1, 500],
      ['b', 3, 20],
    ]);
    expect(summary?.total).toMatchObject({ count: 3, minUs: 1, p50Us: 30, maxUs: 70 });
    expect(summary?.trend).toBeUndefined();
  });

  it('sees a trend', () => {
    const rising = Array.from({ length: 20 }, (_, index) => run(['a', 1_000 + index * 10 + (index % 2)]));
    expect(summarizeRuns(rising)?.trend?.slopeUs).toBeCloseTo(10, 0);
    expect(summarizeRuns(rising)?.trend?.p).toBeLessThan(0.001);
    const level = Array.from({ length: 20 }, (_, index) => run(['a', 1_000 + ((index * 7) % 13)]));
    expect(summarizeRuns(level)?.trend?.p).toBeGreaterThan(0.05);
  });

  it('has nothing to say about no runs', () => {
    expect(summarizeRuns([])).toBeUndefined();
  });
});

describe('compareRuns', () => {
  const runs = (count: number, stepUs: (index: number) => number): FinishedRun[] =>
    Array.from({ length: count }, (_, index) => run(['load', 1_000 + (index % 5)], ['draw', stepUs(index)]));

  it('finds the step that changed, by how much, and not the one that did not', () => {
    const [total, load, draw] = compareRuns(
      runs(15, (index) => 500 + index),
      runs(15, (index) => 700 + index),
    );
    expect([total?.step, load?.step, draw?.step]).toEqual([undefined, 'load', 'draw']);
    expect(draw?.shiftUs).toBe(200);
    expect(draw?.pAdjusted).toBeLessThan(0.001);
    expect(total?.pAdjusted).toBeLessThan(0.001);
    expect([load?.shiftUs, load?.pAdjusted]).toEqual([0, 1]);
  });

  it('calls hardly anything significant when nothing changed', () => {
    let false_ = 0;
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 }), (noise) => {
        const [a, b] = [runs(20, (index) => noise[index] ?? 0), runs(20, (index) => noise[index + 20] ?? 0)];
        if (compareRuns(a, b).some(({ pAdjusted }) => (pAdjusted ?? 1) < 0.05)) false_++;
      }),
      { numRuns: 200, seed: 7 },
    );
    expect(false_).toBeLessThan(20);
  });

  it('names steps that only one side has, and copes with an empty side', () => {
    const differences = compareRuns([run(['old', 1])], [run(['new', 2])]);
    expect(differences.map(({ step, a, b, p }) => [step, a?.count, b?.count, p])).toEqual([
      [undefined, 1, 1, 1],
      ['new', undefined, 1, undefined],
      ['old', 1, undefined, undefined],
    ]);
    expect(compareRuns([], [run(['x', 1])])).toMatchObject([{ b: { count: 1 } }, { step: 'x' }]);
    expect(compareRuns([], [])).toEqual([{ step: undefined }]);
  });

  it('is quick for many runs', () => {
    const startedAt = performance.now();
    compareRuns(
      runs(5_000, (index) => index),
      runs(5_000, (index) => index + 3),
    );
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });
});
