import type { DmJob, TraceJobs } from './dm-api.js';

/** A step on the way of a change from the binlog to the target. */
export interface ChainStep {
  readonly what: 'binlog' | 'queued' | 'success' | 'error' | 'skipped';
  /** Nanoseconds since 1970; absent when nobody reported it. */
  readonly tso?: string;
  /** After the step before, nanoseconds; negative when the clocks of two workers disagree. */
  readonly afterNs?: bigint;
  /** Nothing has come after this for too long. */
  readonly stuck?: boolean;
}

export interface JobChain {
  readonly job: DmJob;
  readonly steps: readonly ChainStep[];
}

/**
 * What became of the jobs of one binlog event, each as a line of steps. The events of a trace belong to one event of the binlog;
 * when several were read (a reconnect), the last one that is not later than the job counts, else the first.
 */
export function jobChains({ binlog, jobs }: TraceJobs): JobChain[] {
  const reads = binlog.map(({ tso }) => BigInt(tso)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return jobs.map((job) => ({ job, steps: stepsOf(job, reads) }));
}

function stepsOf(job: DmJob, reads: readonly bigint[]): ChainStep[] {
  const { queuedTso, doneTso, outcome, stuck } = job;
  const begun = queuedTso ?? doneTso;
  const read = begun === undefined ? reads[0] : (reads.findLast((tso) => tso <= BigInt(begun)) ?? reads[0]);
  const steps: ChainStep[] = [];
  const add = (what: ChainStep['what'], tso: string | undefined): void => {
    const before = steps.at(-1)?.tso;
    const afterNs = before === undefined || tso === undefined ? undefined : BigInt(tso) - BigInt(before);
    steps.push({ what, ...(tso !== undefined && { tso }), ...(afterNs !== undefined && { afterNs }) });
  };
  if (read !== undefined) add('binlog', String(read));
  if (outcome === 'skipped') add('skipped', begun);
  else {
    if (queuedTso !== undefined) add('queued', queuedTso);
    if (outcome !== 'queued') add(outcome.endsWith('error') ? 'error' : 'success', doneTso);
  }
  const last = steps.at(-1);
  if (stuck && last !== undefined) steps[steps.length - 1] = { ...last, stuck: true };
  return steps;
}

/** How many jobs ended how; `stuck` ones are counted as queued as well. */
export function outcomesOf(traces: readonly TraceJobs[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const count = (key: string): void => void counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { jobs } of traces)
    for (const { outcome, stuck } of jobs) {
      count(outcome);
      if (stuck) count('stuck');
    }
  return counts;
}
