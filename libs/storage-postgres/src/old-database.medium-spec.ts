import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { DataSource } from 'typeorm';
import { sketchSpan } from '../../storage/src/testing/span-store.contract.js';
import { startTestDatabase, type TestDatabase } from '../../../test/support/postgres.js';
import { Database } from './database.js';
import { MIGRATIONS } from './migrations/index.js';
import { PostgresSpanStore } from './spans/postgres-span-store.js';

const SPANS = ['cart', 'pay', 'ship'].map((name, at) => sketchSpan({ id: `00000000000000a${at}`, name }));
const [{ traceId }] = SPANS as [(typeof SPANS)[0]];

/** What a restored dump of an earlier version is: its tables, its list of migrations, its rows. */
describe('a database of an earlier version', () => {
  let server: TestDatabase;
  let current: Database;
  let expected: unknown;
  let schema: string[];

  const databaseNamed = (name: string): string => server.url.replace('/tracer?', `/${name}?`);

  beforeAll(async () => {
    server = await startTestDatabase();
    current = new Database(server.url, silent);
    await current.open();
    const store = new PostgresSpanStore(current.source);
    await store.insert([{ tenant: '0', spans: SPANS }]);
    expected = await store.trace('0', traceId, { strict: true });
    schema = await schemaOf(current.source);
  }, 60_000);
  afterAll(async () => {
    await current.close();
    await server.stop();
  });

  it('has something to lose', () => {
    expect(expected).toHaveLength(SPANS.length);
    expect(schema.length).toBeGreaterThan(50);
  });

  it.each(MIGRATIONS.slice(0, -1).map(({ name }, at): [string, number] => [name, at + 1]))(
    'of %s is brought up by one of three replicas, with all that was in it',
    async (_, migrations) => {
      const url = databaseNamed(`old_${migrations}`);
      await current.source.query(`CREATE DATABASE old_${migrations}`);
      await makeOld(url, migrations, current.source);
      const replicas = Array.from({ length: 3 }, () => new Database(url, silent));
      await Promise.all(replicas.map((replica) => replica.open()));
      const [{ source }] = replicas as [Database];
      const done = await source.query<{ name: string }[]>('SELECT name FROM migrations ORDER BY id');
      expect(done.map(({ name }) => name)).toEqual(MIGRATIONS.map(({ name }) => name));
      expect(await schemaOf(source)).toEqual(schema);
      const store = new PostgresSpanStore(source);
      expect(await store.trace('0', traceId, { strict: true })).toEqual(expected);
      await store.insert([{ tenant: '0', spans: [sketchSpan({ id: '00000000000000ff' })] }]);
      expect(await store.trace('0', traceId, { strict: true })).toHaveLength(SPANS.length + 1);
      await Promise.all(replicas.map((replica) => replica.close()));
    },
  );
});

/** The first migrations only, and the spans of another database as far as its columns go. */
async function makeOld(url: string, migrations: number, from: DataSource): Promise<void> {
  const old = new DataSource({ type: 'postgres', url, migrations: MIGRATIONS.slice(0, migrations) });
  await old.initialize();
  await old.runMigrations();
  const columns = await old.query<{ name: string }[]>(
    `SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'span'`,
  );
  const names = columns.map(({ name }) => name);
  const places = names.map((_, at) => `$${at + 1}`).join(', ');
  for (const row of await from.query<Record<string, unknown>[]>('SELECT * FROM span'))
    await old.query(
      `INSERT INTO span (${names.join(', ')}) VALUES (${places})`,
      names.map((name) => row[name]),
    );
  for (const row of await from.query<Record<string, unknown>[]>('SELECT * FROM span_origin'))
    await old.query('INSERT INTO span_origin (id, resource, scope) VALUES ($1, $2, $3)', Object.values(row));
  await old.destroy();
}

/** Every column, index and function; partitions aside, which come with the days of the rows. */
async function schemaOf(source: DataSource): Promise<string[]> {
  const rows = await source.query<{ what: string }[]>(
    `SELECT table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable AS what
       FROM information_schema.columns WHERE table_schema = 'public' AND table_name !~ '^span_\\d'
     UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename !~ '^span_\\d'
     UNION ALL SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
     ORDER BY 1`,
  );
  return rows.map(({ what }) => what);
}
