import { rankSumTest } from './rank-sum.js';
import { runDurationUs, stepDurationsUs, type FinishedRun } from './run.js';

/** Figures of one kind of times, in microseconds. */
export interface TimeFigures {
  readonly count: number;
  readonly minUs: number;
  readonly p50Us: number;
  readonly p95Us: number;
  readonly p99Us: number;
  readonly maxUs: number;
}

export interface StepFigures extends TimeFigures {
  readonly name: string;
}

export interface RunTrend {
  /** How much longer a run takes than the one before, in microseconds, by the median of all slopes (Theil, Sen). */
  readonly slopeUs: number;
  /** Probability of so clear a trend when there is none, by the rank-sum test between the older and the newer half. */
  readonly p: number;
}

export interface RunSummary {
  readonly total: TimeFigures;
  /** By name, in the order in which the steps come in the runs. */
  readonly steps: readonly StepFigures[];
  /** Absent below four runs. */
  readonly trend?: RunTrend;
}

export interface Difference {
  /** Undefined for the whole run. */
  readonly step: string | undefined;
  readonly a?: TimeFigures;
  readonly b?: TimeFigures;
  /** Median of all differences between a value of b and one of a (Hodges, Lehmann), in microseconds. */
  readonly shiftUs?: number;
  /** By the rank-sum test; absent when a side has no values. */
  readonly p?: number;
  /** The same when many steps are compared at once (Holm): what may be called significant. */
  readonly pAdjusted?: number;
}

/** Pairs that are looked at for a median of differences; beyond, every k-th value is. */
const MOST_PAIRS = 250_000;

/** The value below which a share `q` of the sorted values lies, interpolated between neighbours. */
export function quantile(sorted: readonly number[], q: number): number {
  const place = (sorted.length - 1) * q;
  const [low, high] = [sorted[Math.floor(place)] ?? NaN, sorted[Math.ceil(place)] ?? NaN];
  return low + (high - low) * (place - Math.floor(place));
}

/** Throws RangeError when there are no values. */
export function timeFigures(valuesUs: readonly number[]): TimeFigures {
  if (valuesUs.length === 0) throw new RangeError('no values');
  const sorted = [...valuesUs].sort((a, b) => a - b);
  return {
    count: sorted.length,
    minUs: quantile(sorted, 0),
    p50Us: quantile(sorted, 0.5),
    p95Us: quantile(sorted, 0.95),
    p99Us: quantile(sorted, 0.99),
    maxUs: quantile(sorted, 1),
  };
}

/** Times of each step name, those that are not tracked included, and how early the step comes on average. */
export function stepTimes(runs: readonly FinishedRun[]): Map<string, number[]> {
  const byName = new Map<string, { readonly timesUs: number[]; places: number }>();
  for (const run of runs) {
    const durations = stepDurationsUs(run);
    for (const [index, { name }] of run.steps.entries()) {
      const entry = byName.get(name) ?? { timesUs: [], places: 0 };
      entry.timesUs.push(durations[index] ?? 0);
      entry.places += index;
      byName.set(name, entry);
    }
  }
  const inOrder = [...byName].sort(([, a], [, b]) => a.places / a.timesUs.length - b.places / b.timesUs.length);
  return new Map(inOrder.map(([name, { timesUs }]) => [name, timesUs]));
}

/** Figures of runs in the order of finish; undefined when there are none. */
export function summarizeRuns(runs: readonly FinishedRun[]): RunSummary | undefined {
  if (runs.length === 0) return undefined;
  const totals = runs.map(runDurationUs);
  const trend = trendOf(totals);
  return {
    total: timeFigures(totals),
    steps: [...stepTimes(runs)].map(([name, timesUs]) => ({ name, ...timeFigures(timesUs) })),
    ...(trend && { trend }),
  };
}

/** What changed from runs `a` to runs `b`: the whole run first, then step by step in the order of `b`. */
export function compareRuns(a: readonly FinishedRun[], b: readonly FinishedRun[]): Difference[] {
  const [stepsA, stepsB] = [stepTimes(a), stepTimes(b)];
  const names = new Set([...stepsB.keys(), ...stepsA.keys()]);
  const differences = [
    differenceOf(undefined, a.map(runDurationUs), b.map(runDurationUs)),
    ...[...names].map((name) => differenceOf(name, stepsA.get(name) ?? [], stepsB.get(name) ?? [])),
  ];
  return adjusted(differences);
}

function differenceOf(step: string | undefined, a: readonly number[], b: readonly number[]): Difference {
  const test = rankSumTest(a, b);
  return {
    step,
    ...(a.length > 0 && { a: timeFigures(a) }),
    ...(b.length > 0 && { b: timeFigures(b) }),
    ...(test && { shiftUs: medianDifference(a, b), p: test.p }),
  };
}

function medianDifference(a: readonly number[], b: readonly number[]): number {
  const stride = Math.ceil(Math.sqrt((a.length * b.length) / MOST_PAIRS));
  const few = (values: readonly number[]): number[] =>
    [...values].sort((x, y) => x - y).filter((_, index) => index % Math.max(1, stride) === 0);
  const [fewA, fewB] = [few(a), few(b)];
  const differences = fewB.flatMap((y) => fewA.map((x) => y - x)).sort((x, y) => x - y);
  return quantile(differences, 0.5);
}

/** Holm's step-down correction: the smallest p counts as often as there are tests, the next one time less, and so on. */
function adjusted(differences: readonly Difference[]): Difference[] {
  const tested = differences.filter(({ p }) => p !== undefined).sort((a, b) => (a.p ?? 0) - (b.p ?? 0));
  const adjustedP = new Map<Difference, number>();
  let largest = 0;
  for (const [index, difference] of tested.entries()) {
    largest = Math.max(largest, Math.min(1, (difference.p ?? 0) * (tested.length - index)));
    adjustedP.set(difference, largest);
  }
  return differences.map((difference) => {
    const pAdjusted = adjustedP.get(difference);
    return pAdjusted === undefined ? difference : { ...difference, pAdjusted };
  });
}

function trendOf(totals: readonly number[]): RunTrend | undefined {
  if (totals.length < 4) return undefined;
  const stride = Math.max(1, Math.ceil(totals.length / Math.sqrt(2 * MOST_PAIRS)));
  const few = totals.map((total, index) => ({ total, index })).filter(({ index }) => index % stride === 0);
  const slopes = few
    .flatMap((earlier, place) =>
      few.slice(place + 1).map((later) => (later.total - earlier.total) / (later.index - earlier.index)),
    )
    .sort((x, y) => x - y);
  const half = Math.floor(totals.length / 2);
  const test = rankSumTest(totals.slice(0, half), totals.slice(half));
  return { slopeUs: quantile(slopes, 0.5), p: test?.p ?? 1 };
}
