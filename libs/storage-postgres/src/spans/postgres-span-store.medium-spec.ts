import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import type { SpanBatch } from '@tracer/storage';
import { sketchSpan, spanStoreContract } from '../../../storage/src/testing/span-store.contract.js';
import { startTestDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { Database } from '../database.js';
import { PostgresSpanStore } from './postgres-span-store.js';
import { SpanRetention } from './span-retention.js';

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

async function emptyStore(): Promise<PostgresSpanStore> {
  await database.source.query('TRUNCATE span, span_name, span_origin, ingest_batch');
  return new PostgresSpanStore(database.source, { tagKeys: ['env'] });
}

spanStoreContract('PostgresSpanStore', emptyStore);

describe('PostgresSpanStore', () => {
  it('stores nothing twice when the answer to a commit was lost', async () => {
    const store = await emptyStore();
    const batches: SpanBatch[] = [{ tenant: '0', spans: [sketchSpan()] }];
    await store.insert(batches);
    // The writer that comes back after a lost answer knows the batches by identity, another one does not.
    await store.insert(batches);
    await store.insert([...batches]);
    expect(await store.trace('0', sketchSpan().traceId, { strict: true })).toHaveLength(2);
  });

  it('stores all batches of a call or none', async () => {
    const store = await emptyStore();
    const broken = sketchSpan({ id: 'not hexadecimal!' });
    await expect(store.insert([{ tenant: '0', spans: [sketchSpan(), broken] }])).rejects.toMatchObject({
      code: 'NOT_READY',
    });
    expect(await store.trace('0', sketchSpan().traceId, { strict: true })).toEqual([]);
  });

  it('gives its connection back when the service graph cannot be read', async () => {
    const store = await emptyStore();
    await store.insert([{ tenant: '0', spans: [sketchSpan({ remote: 'db' })] }]);
    const links = () => store.dependencies('0', 0, Date.now() * 1000 + 1e9);
    await database.source.query('ALTER TABLE span RENAME COLUMN remote_service TO gone');
    try {
      // More often than the pool has connections.
      for (let time = 0; time < 12; time++) await expect(links()).rejects.toThrow('remote_service');
    } finally {
      await database.source.query('ALTER TABLE span RENAME COLUMN gone TO remote_service');
    }
    const ended = Promise.allSettled(Array.from({ length: 4 }, links));
    await database.source.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%links_of%'`,
    );
    await ended;
    expect(await links()).toEqual([{ parent: 'db', child: 'frontend', callCount: 1, errorCount: 0 }]);
  });

  it('asks one partition key per trace, by an index', async () => {
    const store = await emptyStore();
    const spans = Array.from({ length: 5_000 }, (_, at) =>
      sketchSpan({ trace: (at + 1).toString(16).padStart(16, '0') }),
    );
    await store.insert([{ tenant: '0', spans }]);
    await database.source.query('ANALYZE span');
    const plan = await database.source.query<Record<string, string>[]>(
      `EXPLAIN SELECT record FROM span WHERE trace_low = ANY ('{1}'::bigint[]) AND tenant = '0'`,
    );
    expect(plan.map((row) => row['QUERY PLAN']).join('\n')).toMatch(/Index.*trace_low/);
  });
});

describe('SpanRetention', () => {
  const DAY_US = 86_400_000_000;
  const today = Math.floor(Date.now() / 86_400_000) * DAY_US;
  const stored = async (): Promise<number> => {
    const [{ spans }] = await database.source.query<[{ spans: number }]>('SELECT count(*)::int AS spans FROM span');
    return spans;
  };

  it('drops days by age, says so before, and leaves today and undated spans', async () => {
    const store = await emptyStore();
    const undated = sketchSpan();
    undated.startNs = undefined;
    const spans = [0, 1, 2, 5].map((days) => sketchSpan({ atUs: today - days * DAY_US }));
    const ancient = sketchSpan({ atUs: today - 9_000 * DAY_US });
    await store.insert([{ tenant: '0', spans: [...spans, undated, ancient] }]);
    const retention = new SpanRetention(database.source, { days: 2 });
    const planned = (await retention.plan()).filter(({ purge }) => purge === 'age').map(({ day }) => day);
    expect(planned).toContain(new Date(Date.now() - 5 * 86_400_000).toISOString().slice(0, 10));
    expect(await stored()).toBe(6);
    const gone = await retention.purge();
    expect(gone.map(({ day }) => day)).toEqual(planned);
    expect(await stored()).toBe(5);
    // A day that was dropped can come back.
    await new PostgresSpanStore(database.source).insert([
      { tenant: '0', spans: [sketchSpan({ atUs: today - 5 * DAY_US })] },
    ]);
    expect(await stored()).toBe(6);
  });

  it('drops the oldest days when there are too many bytes', async () => {
    const store = await emptyStore();
    await store.insert([{ tenant: '0', spans: [0, 1, 2].map((days) => sketchSpan({ atUs: today - days * DAY_US })) }]);
    const gone = await new SpanRetention(database.source, { bytes: 1 }).purge();
    expect(gone.every(({ purge, day }) => purge === 'bytes' && day !== undefined)).toBe(true);
    expect(await stored()).toBe(1);
  });
});
