import { describe, expect, it } from '@jest/globals';
import { TracerError, type Log } from '@tracer/base';
import { InMemoryDmEventStore } from '@tracer/storage';
import { dmArrivals, dmBinlog } from '../../../../libs/storage/src/testing/dm-events.js';
import { UnixClock } from '../clock/unix-clock.js';
import { DmRetentionTimer } from './dm-retention.js';

function logged(): { log: Log; lines: [string, object][] } {
  const lines: [string, object][] = [];
  const say =
    (level: string) =>
    (facts: object): void => {
      lines.push([level, facts]);
    };
  return { log: { info: say('info'), warn: say('warn'), error: say('error') }, lines };
}

describe('DmRetentionTimer', () => {
  it('removes what is beyond the limits and says how much, and is silent otherwise', async () => {
    const store = new InMemoryDmEventStore();
    const { log, lines } = logged();
    const retention = new DmRetentionTimer(store, { events: 2, ageMs: 3_600_000 }, new UnixClock(), log);
    await store.append(dmArrivals(dmBinlog('a'), dmBinlog('b'), dmBinlog('c')), Date.now() * 1000);
    await retention.evict();
    await retention.evict();
    expect(lines).toEqual([['info', { traces: 1, events: 1, bytes: expect.any(Number) }]]);
    expect((await store.totals()).events).toBe(2);
  });

  it('waits while the database is away, and tells about anything else', async () => {
    const { log, lines } = logged();
    const failing = (error: Error): DmRetentionTimer =>
      new DmRetentionTimer(
        Object.assign(new InMemoryDmEventStore(), { evict: () => Promise.reject(error) }),
        {},
        new UnixClock(),
        log,
      );
    await failing(new TracerError('NOT_READY', 'away')).evict();
    await failing(new Error('broken')).evict();
    expect(lines).toEqual([['warn', { reason: 'broken' }]]);
  });
});
