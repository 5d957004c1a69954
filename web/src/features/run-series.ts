import type { ListedRun } from './run-api.js';

/** One step (or the whole run) over the runs of a tag, oldest first. */
export interface RunSeries {
  /** Numbers of the runs, from 1. */
  readonly x: readonly number[];
  /** Seconds of each run; null where it has no such step. */
  readonly each: readonly (number | null)[];
  /** Of the run and those before it, as many as the window holds. */
  readonly p50: readonly (number | null)[];
  readonly p95: readonly (number | null)[];
}

/** Runs that a percentile of the trend looks at. */
export const TREND_RUNS = 20;

/**
 * The trend of a step. A run that has a step several times counts with their sum. The percentiles are those of the last
 * `window` runs that have the step, so that a change shows as a slope and one slow run does not.
 *
 * @param runs newest first, as the server lists them
 * @param step name of the step, null for the whole run
 */
export function runSeries(runs: readonly ListedRun[], step: string | null, window = TREND_RUNS): RunSeries {
  const each = runs.toReversed().map((run) => secondsOf(run, step));
  const recent: number[] = [];
  const p50: (number | null)[] = [];
  const p95: (number | null)[] = [];
  for (const seconds of each) {
    if (seconds !== null) recent.push(seconds);
    if (recent.length > window) recent.shift();
    const sorted = recent.toSorted((a, b) => a - b);
    p50.push(seconds === null ? null : quantile(sorted, 0.5));
    p95.push(seconds === null ? null : quantile(sorted, 0.95));
  }
  return { x: each.map((_, at) => at + 1), each, p50, p95 };
}

function secondsOf({ steps, duration_seconds: whole }: ListedRun, step: string | null): number | null {
  if (step === null) return whole;
  const own = steps.filter(({ step_name: name, track_duration: isCounted }) => name === step && isCounted);
  return own.length === 0 ? null : own.reduce((sum, { duration_seconds: seconds }) => sum + seconds, 0);
}

/** Between the two nearest values, as the server computes its figures; null of nothing. */
export function quantile(sorted: readonly number[], part: number): number | null {
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low === undefined || high === undefined ? null : low + (high - low) * (at - Math.floor(at));
}
