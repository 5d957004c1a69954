import { describe, expect, it } from '@jest/globals';
import type { DmEvent, DmJob, TraceJobs } from './dm-api.js';
import { jobChains, outcomesOf } from './job-chain.js';

const NOW = 1_795_000_000_000_000_000n;
const at = (ns: number): string => String(NOW + BigInt(ns));
const read = (ns: number): DmEvent => ({
  seq: 1,
  receivedAtUs: 0,
  type: 'binlog',
  tso: at(ns),
  traceId: 't',
  opType: 1,
});
const job = (outcome: DmJob['outcome'], more: Partial<DmJob> = {}): DmJob => ({
  outcome,
  stuck: false,
  opType: 1,
  ...more,
});
const trace = (binlog: DmEvent[], ...jobs: DmJob[]): TraceJobs => ({
  trace: 1,
  traceId: 't',
  binlog,
  jobs,
  eventsLeft: 0,
});
const lines = (jobs: TraceJobs): string[] =>
  jobChains(jobs).map(({ steps }) =>
    steps
      .map(({ what, afterNs, stuck }) => `${what}${afterNs === undefined ? '' : `+${afterNs}`}${stuck ? '!' : ''}`)
      .join(' '),
  );

describe('jobChains', () => {
  it('shows the way of a change, with exact times between', () => {
    expect(
      lines(
        trace(
          [read(0)],
          job('success', { queuedTso: at(10), doneTso: at(61) }),
          job('error', { queuedTso: at(12), doneTso: at(15) }),
          job('queued', { queuedTso: at(20), stuck: true }),
          job('skipped', { queuedTso: at(3) }),
        ),
      ),
    ).toEqual(['binlog queued+10 success+51', 'binlog queued+12 error+3', 'binlog queued+20!', 'binlog skipped+3']);
  });

  it('shows reports without an announcement, and jobs of which no read is known', () => {
    expect(lines(trace([], job('lone error', { doneTso: at(5) }), job('queued', { queuedTso: at(9) })))).toEqual([
      'error',
      'queued',
    ]);
  });

  it('takes the read before the job when there are several, and keeps a clock that went backwards', () => {
    const twice = [read(100), read(0)];
    expect(
      lines(
        trace(
          twice,
          job('queued', { queuedTso: at(50) }),
          job('queued', { queuedTso: at(130) }),
          job('queued', { queuedTso: at(-4) }),
        ),
      ),
    ).toEqual(['binlog queued+50', 'binlog queued+30', 'binlog queued+-4']);
  });

  it('counts outcomes', () => {
    const counts = outcomesOf([trace([], job('queued', { stuck: true }), job('success')), trace([], job('success'))]);
    expect([...counts]).toEqual([
      ['queued', 1],
      ['stuck', 1],
      ['success', 2],
    ]);
  });
});
