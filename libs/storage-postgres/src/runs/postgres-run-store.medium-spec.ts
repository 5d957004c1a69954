import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { startTestDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { runStoreContract } from '../../../storage/src/testing/run-store.contract.js';
import { Database } from '../database.js';
import { PostgresRunStore } from './postgres-run-store.js';

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

async function emptyStore(mostSteps?: number): Promise<PostgresRunStore> {
  await database.source.query('TRUNCATE perf_live, perf_step, perf_run, perf_tag, perf_expired');
  await database.source.query('INSERT INTO perf_expired DEFAULT VALUES');
  return new PostgresRunStore(database.source, mostSteps);
}

runStoreContract('PostgresRunStore', emptyStore);

describe('PostgresRunStore', () => {
  const NOW = 1_700_000_000_000_000;

  it('adds every one of many steps that come at once', async () => {
    const store = await emptyStore();
    const key = { tag: 'a', id: null };
    await store.start(key, NOW);
    await Promise.all(Array.from({ length: 200 }, (_, index) => store.step(key, `s${index}`, true, NOW + index)));
    const finished = await store.finish(key, NOW);
    expect(new Set(finished?.steps.map(({ name }) => name)).size).toBe(200);
    const times = finished?.steps.map(({ atUs }) => atUs) ?? [];
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('keeps tags and runs together while some finish and others delete', async () => {
    const store = await emptyStore();
    const work = Array.from({ length: 120 }, async (_, index) => {
      const key = { tag: `t${index % 3}`, id: String(index) };
      await store.start(key, NOW);
      await store.finish(key, NOW);
      if (index % 7 === 0) await store.delete(key.tag);
      if (index % 11 === 0) await store.expire({ finished: 20 }, NOW);
    });
    await Promise.all(work);
    const [orphans] = await database.source.query<[{ runs: number; tags: number; steps: number }]>(
      `SELECT (SELECT count(*) FROM perf_run r WHERE NOT EXISTS (SELECT FROM perf_tag t WHERE t.digest = r.tag_digest))::int AS runs,
              (SELECT count(*) FROM perf_tag t WHERE NOT EXISTS (SELECT FROM perf_run r WHERE t.digest = r.tag_digest))::int AS tags,
              (SELECT count(*) FROM perf_step)::int AS steps`,
    );
    expect(orphans).toEqual({ runs: 0, tags: 0, steps: 0 });
  });

  it('keeps a flood of live runs within its limit: the oldest go, with their steps, and are counted', async () => {
    const store = await emptyStore();
    const flood = 30_000;
    await database.source.query(
      `INSERT INTO perf_live (digest, tag_digest, tag, id, start_us, last_us, steps)
       SELECT md5('k' || i)::uuid, md5('t')::uuid, 't', ('r' || i)::bytea, $1::bigint + i, $1::bigint + i, 1
       FROM generate_series(1, $2::int) i`,
      [NOW, flood],
    );
    await database.source.query(`INSERT INTO perf_step SELECT run, 0, start_us, true, 's' FROM perf_live`);
    expect(await store.expire({ live: 1_000 }, NOW)).toEqual({ live: flood - 1_000, finished: 0 });
    expect(await store.totals()).toMatchObject({ live: 1_000, expired: { live: flood - 1_000 } });
    const oldest = await database.source.query<[{ id: Buffer; steps: string }]>(
      `SELECT id, (SELECT count(*) FROM perf_step) AS steps FROM perf_live ORDER BY start_us LIMIT 1`,
    );
    expect([oldest[0].id.toString(), Number(oldest[0].steps)]).toEqual([`r${flood - 999}`, 1_000]);
  });

  it('reads runs with very long texts a few at a time', async () => {
    const store = await emptyStore();
    const steps = Array.from({ length: 3_000 }, () => ({ name: 'n'.repeat(1_000), atUs: NOW, tracked: true }));
    for (let index = 0; index < 5; index++)
      await store.add([{ tag: 'a', id: String(index), startUs: NOW, endUs: NOW, steps }], NOW);
    const pages: number[] = [];
    for await (const page of store.finished('a')) pages.push(page.length);
    expect(pages.reduce((sum, length) => sum + length)).toBe(5);
    expect(Math.max(...pages)).toBeLessThan(5);
  });
});
