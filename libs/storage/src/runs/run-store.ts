import type { FinishedRun, RunKey, RunStep } from './run.js';

/** The step that was added: when it really was, and how long it took. */
export interface AddedStep {
  readonly atUs: number;
  readonly durationUs: number;
}

/** A run that a client timed by itself. */
export type TimedRun = Omit<FinishedRun, 'seq'>;

export interface RunLimits {
  /** Live runs; beyond it those that started first are forgotten. */
  readonly live?: number;
  /** A live run that nothing was heard of for so long is forgotten. */
  readonly idleMs?: number;
  /** Finished runs; beyond it those that finished first are forgotten. */
  readonly finished?: number;
  /** A run that finished so long ago is forgotten. */
  readonly ageMs?: number;
}

/** Runs that were forgotten. */
export interface RunsExpired {
  readonly live: number;
  readonly finished: number;
}

export interface RunTotals {
  readonly live: number;
  readonly finished: number;
  readonly tags: number;
  readonly expired: RunsExpired;
}

/** Which finished runs of a tag, and how many at most: the ones that finished last. */
export interface RunSelection {
  readonly idPrefix?: string;
  /** Inclusive, by the end of the run. */
  readonly fromUs?: number;
  /** Exclusive. */
  readonly toUs?: number;
  /** Only runs that finished before the one with this `seq`. */
  readonly beforeSeq?: number;
  readonly limit: number;
}

export interface TagSelection {
  /** Only tags with this text in them. */
  readonly contains?: string;
  /** Only tags that came to have runs before the one at this place. */
  readonly beforePlace?: number;
  readonly limit: number;
}

/** A tag with finished runs at a glance. */
export interface TagFigures {
  readonly tag: string;
  /** Place in the order in which tags came to have runs: never used again. */
  readonly place: number;
  readonly runs: number;
  /** Runs that have not finished. */
  readonly live: number;
  /** End of the run that finished last. */
  readonly lastEndUs: number;
}

/** A live run at a glance. */
export interface LiveRun extends RunKey {
  readonly startUs: number;
  /** Of the last action. */
  readonly lastUs: number;
  readonly steps: number;
  readonly lastStep?: string;
}

/** Most steps of a run. */
export const RUN_STEPS = 10_000;

/**
 * Where runs live. Implementations pass `runStoreContract`. Whatever has resolved survives a crash. The time of an action
 * never counts as earlier than that of the action before on the same run, whatever the clock says.
 */
export interface RunStore {
  /** Begins a run; a live one with the same key is forgotten. Resolves with the time it began. */
  start(key: RunKey, nowUs: number): Promise<number>;

  /** Adds a step; undefined when no such run is live. Throws TOO_MANY when it has RUN_STEPS steps already. */
  step(key: RunKey, name: string, tracked: boolean, nowUs: number): Promise<AddedStep | undefined>;

  /**
   * Finishes a run, after a last step when there is one; undefined when no such run is live. The run ends with its last
   * step, or now, or at `endUs` when that is given, even if that lies before its start. It is known by the id of this call
   * (`null` or '') from then on. Throws TOO_MANY as `step` does.
   */
  finish(
    key: RunKey,
    nowUs: number,
    more?: { readonly step?: Omit<RunStep, 'atUs'>; readonly endUs?: number },
  ): Promise<FinishedRun | undefined>;

  /** Stores runs that are finished already, in their order, all or none. */
  add(runs: readonly TimedRun[], nowUs: number): Promise<void>;

  /** Finished runs of a tag in the order of finish, in pages of bounded size. */
  finished(tag: string): AsyncIterable<readonly FinishedRun[]>;

  /** The last finished runs that match, in the order of finish; fewer when they are very large. */
  select(tag: string, selection: RunSelection): Promise<FinishedRun[]>;

  /** The finished run with this number; undefined when there is none. */
  run(seq: number): Promise<FinishedRun | undefined>;

  /** Live runs of a tag, those that began first in front, at most `limit`. */
  live(tag: string, limit: number): Promise<LiveRun[]>;

  /** Live runs of all tags, those that began last in front, at most `limit`. */
  newestLive(limit: number): Promise<LiveRun[]>;

  /** Tags with finished runs, in the order in which they came to have some. */
  tags(): Promise<string[]>;

  /** The same tags with figures, those that came last in front. */
  tagFigures(selection: TagSelection): Promise<TagFigures[]>;

  /** Forgets the finished runs of a tag; live ones stay. */
  delete(tag: string): Promise<void>;

  totals(): Promise<RunTotals>;

  /** Forgets what is beyond the limits, and resolves with how much. */
  expire(limits: RunLimits, nowUs: number): Promise<RunsExpired>;
}
