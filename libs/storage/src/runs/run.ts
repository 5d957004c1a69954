/** A run of a feature under a tag; the clients' word for it is trace. */
export interface RunKey {
  readonly tag: string;
  /** Tells live runs of a tag apart; `null`, as clients send it, and '' are the same run. */
  readonly id: string | null;
}

export interface RunStep {
  readonly name: string;
  /** Microseconds since 1970, not before the step before. */
  readonly atUs: number;
  /** False when the time of the step is none of the feature's, such as waiting for the user. */
  readonly tracked: boolean;
}

export interface FinishedRun extends RunKey {
  /** Place in the order of finish: never used again. */
  readonly seq: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly steps: readonly RunStep[];
}

/** Time from the step before, or from the start, to each step, in microseconds. */
export function stepDurationsUs({ startUs, steps }: Pick<FinishedRun, 'startUs' | 'steps'>): number[] {
  return steps.map(({ atUs }, index) => atUs - (steps[index - 1]?.atUs ?? startUs));
}

/** From start to end without the steps that are not tracked, in microseconds. */
export function runDurationUs(run: Omit<FinishedRun, 'seq'>): number {
  const durations = stepDurationsUs(run);
  const untracked = run.steps.reduce((sum, { tracked }, index) => sum + (tracked ? 0 : (durations[index] ?? 0)), 0);
  return run.endUs - run.startUs - untracked;
}
