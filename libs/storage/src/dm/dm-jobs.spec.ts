import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dmBinlog, dmJob, dmText } from '../testing/dm-events.js';
import { DmJobState, type DmEvent, type StoredDmEvent } from './dm-event.js';
import { dmGroupInstances, dmJobsOf } from './dm-jobs.js';

const { queued, success, error } = DmJobState;
const stored = (...events: readonly DmEvent[]): StoredDmEvent[] =>
  events.map((event, index) => ({ event, seq: index + 1, trace: 1, receivedAtUs: index }));
const job = (sql: string, state: number, tso = 0n, more: Parameters<typeof dmJob>[1] = {}): DmEvent =>
  dmJob('m.syncer.t.1', { sql: dmText(sql), state, ...more, base: { tso } });
const summary = (events: readonly StoredDmEvent[]): unknown[] =>
  dmJobsOf(events).map(({ event, outcome, latencyNs }) => [event.sql.toString(), outcome, latencyNs]);

describe('dmJobsOf', () => {
  it('pairs what was queued with what became of it', () => {
    const events = stored(
      dmBinlog('m.syncer.t.1'),
      job('a', queued, 100n),
      job('b', queued, 110n),
      job('b', error, 150n),
      job('a', success, 190n),
      job('c', queued, 200n),
    );
    expect(summary(events)).toEqual([
      ['a', 'success', 90n],
      ['b', 'error', 40n],
      ['c', 'queued', undefined],
    ]);
  });

  it('does not mind a report that overtakes its announcement, nor a clock that goes backwards', () => {
    expect(summary(stored(job('a', success, 50n), job('a', queued, 60n)))).toEqual([['a', 'success', -10n]]);
  });

  it('takes the first of equal jobs to be the first done', () => {
    const events = stored(job('a', queued, 1n), job('a', queued, 2n), job('a', success, 10n));
    expect(summary(events)).toEqual([
      ['a', 'success', 9n],
      ['a', 'queued', undefined],
    ]);
  });

  it('tells jobs apart by everything but the checksum', () => {
    const at = { pos: { name: dmText('f'), pos: 1 } };
    const events = stored(
      job('a', queued, 0n, { ...at, argsChecksum: 7 }),
      job('a', success, 1n, { queueBucket: dmText('q_1') }),
      job('a', success, 2n, at),
    );
    expect(summary(events)).toEqual([
      ['a', 'success', 2n],
      ['a', 'lone success', undefined],
    ]);
  });

  it('does not expect an outcome of skipped events, nor take unknown states for anything', () => {
    const events = stored(job('', queued, 0n, { opType: 7 }), job('x', 0), job('x', 9), job('y', error));
    expect(summary(events)).toEqual([
      ['', 'skipped', undefined],
      ['y', 'lone error', undefined],
    ]);
  });

  it('uses every announcement and report exactly once, in any order', () => {
    const events = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(queued, success, error)), {
      maxLength: 30,
    });
    fc.assert(
      fc.property(events, (sketch) => {
        const list = stored(...sketch.map(([sql, state]) => job(sql, state)));
        const jobs = dmJobsOf(list);
        const used = jobs
          .flatMap(({ queued: from, done }) => [from?.seq, done?.seq])
          .filter((seq) => seq !== undefined);
        expect(used.sort((a, b) => a - b)).toEqual(list.map(({ seq }) => seq));
        for (const sql of ['a', 'b']) {
          const own = jobs.filter(({ event }) => event.sql.toString() === sql);
          // Nothing is left waiting on both sides.
          expect(own.some((one) => one.done === undefined) && own.some((one) => one.queued === undefined)).toBe(false);
        }
      }),
    );
  });
});

describe('dmGroupInstances', () => {
  it('shows what each instance did for one lock', () => {
    const ddl = (trace: string, exec: boolean, state: number, tso: bigint): DmEvent =>
      dmJob(trace, {
        base: { tso, groupId: dmText('lock.1') },
        opType: 4,
        state,
        ddlInfo: { lockId: dmText('l'), exec },
      });
    const events = stored(
      ddl('m1.syncer.t.7', true, queued, 5n),
      ddl('m2.syncer.t.9', false, queued, 3n),
      ddl('m1.syncer.t.7', true, success, 11n),
      dmBinlog('.4', { base: { tso: 1n } }),
    ).map((event, index) => ({ ...event, trace: [1, 2, 1, 3][index] ?? 0 }));
    const instances = dmGroupInstances([...events].reverse());
    expect(
      instances.map(({ source, executes, traces, firstTso, lastTso }) => [
        source,
        executes,
        traces.map(({ traceId, jobs }) => [traceId.toString(), jobs.map(({ outcome }) => outcome)]),
        [firstTso, lastTso],
      ]),
    ).toEqual([
      ['m1', true, [['m1.syncer.t.7', ['success']]], [5n, 11n]],
      ['m2', false, [['m2.syncer.t.9', ['queued']]], [3n, 3n]],
      [undefined, undefined, [['.4', []]], [1n, 1n]],
    ]);
  });
});
