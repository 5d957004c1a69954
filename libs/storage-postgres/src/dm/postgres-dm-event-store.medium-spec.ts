import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { startTestDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { dmArrivals, dmBinlog, dmJob } from '../../../storage/src/testing/dm-events.js';
import { dmEventStoreContract } from '../../../storage/src/testing/dm-event-store.contract.js';
import { Database } from '../database.js';
import { PostgresDmEventStore } from './postgres-dm-event-store.js';

let server: TestDatabase;
let database: Database;

beforeAll(async () => {
  server = await startTestDatabase();
  database = new Database(server.url, silent);
  await database.open();
}, 60_000);
afterAll(async () => {
  await database.close();
  await server.stop();
});

async function emptyStore(): Promise<PostgresDmEventStore> {
  await database.source.query('TRUNCATE dm_event, dm_trace, dm_bucket, dm_source, dm_totals, ingest_batch');
  await database.source.query('INSERT INTO dm_totals DEFAULT VALUES');
  return new PostgresDmEventStore(database.source);
}

dmEventStoreContract('PostgresDmEventStore', emptyStore);

describe('PostgresDmEventStore', () => {
  it('puts concurrent writers of two processes into one order', async () => {
    const stores = [await emptyStore(), new PostgresDmEventStore(database.source)];
    const calls = Array.from({ length: 40 }, (_, call) =>
      stores[call % 2]?.append(dmArrivals(dmBinlog(`t${call % 7}`), dmJob(`u${call}`)), call),
    );
    await Promise.all([...calls, stores[0]?.delete(Buffer.from('t1'))]);
    const { traces, events } = (await stores[0]?.totals()) ?? {};
    const counted = await database.source.query(
      `SELECT (SELECT count(*) FROM dm_trace)::int AS traces, (SELECT count(*) FROM dm_event)::int AS events,
              (SELECT sum(traces) FROM dm_bucket WHERE level = 1)::int AS in_small,
              (SELECT sum(traces) FROM dm_bucket WHERE level = 2)::int AS in_large`,
    );
    expect(counted).toEqual([{ traces, events, in_small: traces, in_large: traces }]);
    const { events: all, upTo } = (await stores[1]?.tail(0, {}, 100)) ?? { events: [], upTo: 0 };
    expect([all.length, upTo]).toEqual([events, 80]);
    expect(all.map(({ seq }) => seq)).toEqual([...all.map(({ seq }) => seq)].sort((a, b) => a - b));
  });

  it('stores nothing of a batch whose transaction broke', async () => {
    const store = await emptyStore();
    await database.source.query(`ALTER TABLE dm_event ADD CONSTRAINT broken CHECK (op_type <> 13)`);
    try {
      const arrivals = dmArrivals(dmJob('a'), dmJob('b', { opType: 13 }));
      await expect(store.append(arrivals, 1)).rejects.toThrow('broken');
      expect(await store.totals()).toMatchObject({ traces: 0, events: 0, lastSeq: 0 });
      await database.source.query('ALTER TABLE dm_event DROP CONSTRAINT broken');
      await store.append(arrivals, 1);
      expect(await store.totals()).toMatchObject({ traces: 2, events: 2, lastSeq: 2 });
    } finally {
      await database.source.query('ALTER TABLE dm_event DROP CONSTRAINT IF EXISTS broken');
    }
  });

  it('gives large events a few at a time, all of them in the end', async () => {
    const store = await emptyStore();
    const sql = Buffer.alloc(3 << 20, 'x');
    for (let line = 0; line < 5; line++) await store.append(dmArrivals(dmJob('a', { base: { line }, sql })), line);
    const seen: number[] = [];
    for (let after = 0; ;) {
      const { events, upTo } = await store.tail(after, {}, 100);
      seen.push(...events.map(({ event }) => event.base.line));
      expect(events.length).toBeLessThan(3);
      if (events.length === 0) break;
      after = upTo;
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect((await store.search({ newestFirst: true, limit: 100 })).length).toBe(2);
    const [trace] = await store.traces({ unfinished: false, limit: 1 });
    expect([trace?.events.length, trace?.eventsLeft]).toEqual([1, 4]);
  });
});
