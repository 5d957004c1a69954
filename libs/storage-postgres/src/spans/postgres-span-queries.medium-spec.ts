import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { Endpoint, SpanKind, type Span } from '@tracer/span-model';
import {
  InMemoryAtsNames,
  InMemorySpanQueries,
  InMemorySpanStore,
  type FoundSpan,
  type SpanBatch,
  type SpanFilter,
  type SpanOrder,
  type SpanQueries,
} from '@tracer/storage';
import { sketchSpan } from '../../../storage/src/testing/span-store.contract.js';
import { startTestDatabase, type TestDatabase } from '../../../../test/support/postgres.js';
import { Database } from '../database.js';
import { PostgresAtsNames } from './postgres-ats-names.js';
import { PostgresSpanQueries } from './postgres-span-queries.js';
import { PostgresSpanStore } from './postgres-span-store.js';

const HOUR_US = 3_600_000_000;
const NOW_US = Math.floor(Date.now() / 3_600_000) * HOUR_US;
const WINDOW: SpanFilter = { fromUs: NOW_US - HOUR_US, toUs: NOW_US };
const hex = (number: number): string => number.toString(16).padStart(16, '0');

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
beforeEach(async () => {
  await database.source.query('TRUNCATE span, span_name, span_origin, ingest_batch, ats_name');
});

/** Spans that differ in everything that is asked for, some at the same moment or of the same duration. */
function spans(count: number): Span[] {
  return Array.from({ length: count }, (_, index) => {
    const span = sketchSpan({
      trace: hex(1 + (index % 7)),
      id: hex(index + 1),
      service: ['shop', 'cart', 'stock'][index % 3] ?? '',
      name: index % 4 === 0 ? 'GET' : 'post /Items',
      kind: index % 2 === 0 ? SpanKind.server : SpanKind.client,
      atUs: NOW_US - (index % 25) * 1_000_000,
      durationUs: (index * 37) % 50,
      tags: index % 5 === 0 ? { error: 'true' } : {},
    });
    if (index % 11 === 0) span.durationNs = undefined;
    if (index % 13 === 0) span.startNs = undefined;
    return span;
  });
}

async function bothWith(batches: readonly SpanBatch[]): Promise<[SpanQueries, SpanQueries]> {
  const expected = new InMemorySpanQueries();
  for (const batch of batches) expected.add(batch);
  await new PostgresSpanStore(database.source).insert(batches);
  return [expected, new PostgresSpanQueries(database.source)];
}

async function all(queries: SpanQueries, filter: SpanFilter, order: SpanOrder, size: number): Promise<string[]> {
  const ids: string[] = [];
  let page: FoundSpan[];
  let after: FoundSpan['position'] | undefined;
  do {
    page = await queries.page('0', filter, { order, size, ...(after === undefined ? {} : { after }) });
    ids.push(...page.map(({ span }) => span.id));
    after = page.at(-1)?.position;
  } while (page.length === size);
  return ids;
}

describe('PostgresSpanQueries answers as the store in memory does', () => {
  const filters: Record<string, Partial<SpanFilter>> = {
    'nothing but time': {},
    'a part of the time': { fromUs: NOW_US - 3_000_000, toUs: NOW_US - 1_000_000 },
    'a service': { serviceName: 'cart' },
    'a name in lower case': { spanName: 'post /items' },
    'a kind': { kind: SpanKind.client },
    failures: { failed: true },
    successes: { failed: false },
    'least duration': { minDurationUs: 20 },
    'most duration': { maxDurationUs: 20 },
    everything: { serviceName: 'shop', failed: false, minDurationUs: 1, maxDurationUs: 45, kind: SpanKind.server },
    'quotes and NUL': { serviceName: `'; DROP TABLE span; --\0` },
  };

  it.each(Object.entries(filters))('pages by %s', async (_, filter) => {
    const [expected, queries] = await bothWith([{ tenant: '0', spans: spans(120) }]);
    for (const order of ['newest', 'slowest'] as const) {
      const ids = await all(queries, { ...WINDOW, ...filter }, order, 7);
      expect(ids).toEqual(await all(expected, { ...WINDOW, ...filter }, order, 1_000));
    }
    expect(await queries.page('1', WINDOW, { order: 'newest', size: 5 })).toEqual([]);
  });

  it('filters by the place of the sender, where it named one', async () => {
    const [, north = sketchSpan(), south = sketchSpan(), nowhere = sketchSpan()] = spans(4);
    const batches: SpanBatch[] = [
      { tenant: '0', spans: [north], clusterId: 'north', namespace: 'a' },
      { tenant: '0', spans: [south], clusterId: 'south', namespace: 'a' },
      { tenant: '0', spans: [nowhere] },
    ];
    const [expected, queries] = await bothWith(batches);
    for (const place of [{ clusterId: 'north' }, { clusterId: 'north', namespace: 'b' }, { namespace: 'a' }]) {
      const found = await all(queries, { ...WINDOW, ...place }, 'newest', 10);
      expect(found).toEqual(await all(expected, { ...WINDOW, ...place }, 'newest', 10));
    }
    const { traceId } = north;
    expect(await queries.placesOf('0', traceId)).toEqual([{ clusterId: 'north', namespace: 'a' }]);
    expect(await queries.placesOf('0', nowhere.traceId)).toEqual([{ clusterId: undefined, namespace: undefined }]);
    expect(await queries.placesOf('1', traceId)).toEqual([]);
  });

  it('summarises operations by slices of time', async () => {
    const [expected, queries] = await bothWith([{ tenant: '0', spans: spans(500) }]);
    for (const bucketUs of [5_000_000, HOUR_US]) {
      const rows = await queries.operations('0', WINDOW, bucketUs, 1_000);
      expect(rows).toEqual(await expected.operations('0', WINDOW, bucketUs, 1_000));
      expect(rows.length).toBeGreaterThan(5);
      expect(await queries.operations('0', WINDOW, bucketUs, 2)).toEqual(rows.slice(0, 2));
    }
  });
});

describe('PostgresAtsNames answers as the lists in memory do', () => {
  it('by group, place, application and age', async () => {
    const call = sketchSpan({ service: 'Shop', name: 'Shop:shop-1:GET_/a:b', tags: { monitorGroup: 'retail' } });
    call.localEndpoint = Endpoint.of('Shop', '10.0.0.1', undefined, 8080);
    const old = sketchSpan({ service: 'old', name: 'x', atUs: NOW_US - 48 * HOUR_US });
    const batches: SpanBatch[] = [
      { tenant: '0', spans: [call, old], clusterId: 'north', namespace: 'a' },
      { tenant: '0', spans: spans(30) },
      { tenant: '1', spans: [sketchSpan({ service: 'other' })] },
    ];
    const expected = new InMemoryAtsNames();
    const names = new PostgresAtsNames(database.source);
    for (const batch of [...batches, ...batches])
      await Promise.all([expected, names].map((lists) => lists.record(batch)));
    const recent = { tenant: '0', sinceUs: NOW_US - 24 * HOUR_US };
    expect(await names.applications({ ...recent, monitorGroup: 'retail' })).toEqual(['shop:8080']);
    expect(await names.names('transaction', 'shop', { ...recent, clusterId: 'north' })).toContain('GET_/a:b');
    for (const more of [{}, { monitorGroup: 'retail' }, { clusterId: 'south' }, { namespace: 'a' }, { sinceUs: 0 }]) {
      const filter = { ...recent, ...more };
      expect(await names.monitorGroups(filter)).toEqual(await expected.monitorGroups(filter));
      expect(await names.applications(filter)).toEqual(await expected.applications(filter));
      for (const kind of ['instance', 'transaction'] as const)
        expect(await names.names(kind, 'shop', filter)).toEqual(await expected.names(kind, 'shop', filter));
    }
  });
});

describe('PostgresSpanStore.dependencies', () => {
  it('tells the halves of a shared span apart by their addresses', async () => {
    const client = sketchSpan({ id: hex(1), service: 'front', remote: 'back', kind: SpanKind.client });
    const half = sketchSpan({ id: hex(1), service: 'back', kind: SpanKind.server });
    half.shared = true;
    half.localEndpoint = Endpoint.of('back', '10.0.0.2', 'fe80::2', 31_049);
    const nested = sketchSpan({ id: hex(2), parent: hex(1), service: 'back', remote: 'db', kind: SpanKind.client });
    const batch = { tenant: '0', spans: [client, half, nested] };
    const [expected, store] = [new InMemorySpanStore(), new PostgresSpanStore(database.source)];
    for (const each of [expected, store]) await each.insert([batch]);
    const times = [0, NOW_US * 2] as const;
    expect(await store.dependencies('0', ...times)).toEqual(await expected.dependencies('0', ...times));
    expect(await store.dependencies('0', ...times)).toContainEqual(
      expect.objectContaining({ parent: 'front', child: 'back', callCount: 2 }),
    );
  });
});
