import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { startTestDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { Database } from './database.js';
import { MIGRATIONS } from './migrations/index.js';

describe('several replicas that start at once', () => {
  let server: TestDatabase;
  beforeAll(async () => {
    server = await startTestDatabase();
  }, 60_000);
  afterAll(() => server.stop());

  it('migrate an empty database once, and all are ready', async () => {
    const replicas = Array.from({ length: 3 }, () => new Database(server.url, silent));
    await Promise.all(replicas.map((replica) => replica.open()));
    const [first] = replicas;
    const done = await first?.source.query<{ name: string }[]>('SELECT name FROM migrations ORDER BY id');
    expect(done?.map(({ name }) => name)).toEqual(MIGRATIONS.map(({ name }) => name));
    expect(await Promise.all(replicas.map((replica) => replica.problem()))).toEqual([undefined, undefined, undefined]);
    expect(first?.connections).toMatchObject({ busy: 0, waiting: 0 });
    expect(first?.connections.idle).toBeGreaterThan(0);
    await Promise.all(replicas.map((replica) => replica.close()));
  });

  it('wait for the one that holds the lock, and find nothing left to do', async () => {
    const holder = new Database(server.url, silent);
    await holder.open();
    const runner = holder.source.createQueryRunner();
    await runner.query('SELECT pg_advisory_lock(7246355)');
    const waiting = new Database(server.url, silent);
    const opened = waiting.open();
    const isWaiting = `SELECT count(*)::int AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
    while ((await holder.source.query<{ n: number }[]>(isWaiting))[0]?.n === 0)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await waiting.problem()).toBe('not connected yet');
    await runner.query('SELECT pg_advisory_unlock(7246355)');
    await runner.release();
    await opened;
    expect(await waiting.problem()).toBeUndefined();
    await Promise.all([holder.close(), waiting.close()]);
  });
});
