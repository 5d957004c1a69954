import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { StorageDto, StoredKindDto } from '@tracer/dtos';
import { startFakeAgent, type FakeAgent } from '../../apps/tracer-svc/src/testing/fake-agent.js';
import { gateway, http } from '../support/gateway.js';
import { IndexerWorld } from './fixtures/indexer-world.js';
import { SpanWorld } from './fixtures/span-world.js';

const DAY_MS = 86_400_000;
const kindOf = ({ kinds }: StorageDto, kind: string): StoredKindDto => {
  const found = kinds.find((candidate) => candidate.kind === kind);
  if (found === undefined) throw new Error(`nothing about ${kind}`);
  return found;
};
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

describe('GET /api/v1/storage', () => {
  const spans = new SpanWorld();
  const indexer = new IndexerWorld();
  let agent: FakeAgent;
  let app: NestExpressApplication;

  const span = (id: string, atMs: number): object => ({
    traceId: id.padStart(16, '0'),
    id: id.padStart(16, '0'),
    timestamp: Math.floor(atMs) * 1000,
    duration: 5,
    localEndpoint: { serviceName: 'shop' },
  });

  beforeAll(async () => {
    await spans.start({ TRACER_RETENTION_DAYS: '2', TRACER_RUNS_DAYS: '30', TRACER_DM_RETENTION_HOURS: '12' });
    indexer.write('a.pfw.gz', ['{"id":1,"name":"read","cat":"posix","pid":1,"tid":1,"ts":1,"dur":2,"ph":"X"}']);
    indexer.write('b/c.pfw', ['{"id":1,"name":"read","cat":"posix","pid":1,"tid":1,"ts":1,"dur":2,"ph":"X"}']);
    indexer.writeBytes('index/a.pfw.gz-0123.idx', Buffer.alloc(1000));
    indexer.writeBytes('index/not-an-index', Buffer.alloc(1000));
    await indexer.start(['--index-dir', join(indexer.directory, 'index')]);
    agent = await startFakeAgent({ name: 'a', pods: {} });
    app = await gateway({
      TRACER_NODES: agent.url,
      TRACER_INDEXER_URL: indexer.url,
      TRACER_SPAN_API_URL: `http://127.0.0.1:${spans.port}`,
    });
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await agent.close();
    await indexer.close();
    await spans.close();
  });

  it('says of an empty store that nothing is in it and nothing will go', async () => {
    const storage = await spans.json<StorageDto>('/api/v1/storage');
    expect(storage.kinds.map(({ kind, count }) => [kind, count])).toEqual([
      ['spans', 0],
      ['replication events', 0],
      ['feature runs', 0],
    ]);
    for (const kind of storage.kinds) {
      expect(kind).not.toHaveProperty('nextPurge');
      expect(kind).not.toHaveProperty('oldest');
    }
  });

  it('tells the age of spans by day, and when the oldest day goes', async () => {
    await spans.postV2([span('1', Date.now()), span('2', Date.now() - DAY_MS)]);
    const stored = kindOf(await spans.json<StorageDto>('/api/v1/storage'), 'spans');
    expect(stored).toMatchObject({
      service: 'span-api',
      limits: { days: 2 },
      oldest: `${daysAgo(1)}T00:00:00.000Z`,
      newest: `${daysAgo(0)}T00:00:00.000Z`,
      nextPurge: { at: `${daysAgo(-2)}T00:00:00.000Z`, because: 'age' },
    });
    expect(stored.bytes).toBeGreaterThan(8192);
    expect(stored.nextPurge?.bytes).toBeLessThan(stored.bytes);
  });

  it('tells what the next run of retention drops', async () => {
    await spans.postV2([span('3', Date.now() - 5 * DAY_MS)]);
    const { nextPurge } = kindOf(await spans.json<StorageDto>('/api/v1/storage'), 'spans');
    expect(nextPurge?.because).toBe('age');
    expect(Date.parse(nextPurge?.at ?? '')).toBeLessThanOrEqual(Date.now() + 600_000);
    await spans.http().post('/api/v1/retention/run').expect(200);
    const after = kindOf(await spans.json<StorageDto>('/api/v1/storage'), 'spans');
    expect(after.nextPurge?.at).toBe(`${daysAgo(-2)}T00:00:00.000Z`);
  });

  it('counts runs, and knows when the oldest is forgotten', async () => {
    const before = Date.now();
    const run = { trace_tag: 'checkout', trace_id: '1' };
    await spans.http().post('/api/tracing/start').send(run).expect(200);
    const live = kindOf(await spans.json<StorageDto>('/api/v1/storage'), 'feature runs');
    expect(live).toMatchObject({ count: 1, limits: { days: 30, count: 1_000_000 }, oldest: expect.any(String) });
    expect(live).not.toHaveProperty('nextPurge');
    await spans.http().post('/api/tracing/end').send(run).expect(200);
    const { nextPurge, count } = kindOf(await spans.json<StorageDto>('/api/v1/storage'), 'feature runs');
    const finishedMs = Date.parse(nextPurge?.at ?? '') - 30 * DAY_MS;
    expect(count).toBe(1);
    expect(finishedMs).toBeGreaterThanOrEqual(before - 1);
    expect(finishedMs).toBeLessThanOrEqual(Date.now() + 1);
  });

  it('counts trace files and indexes, and what is left for them', async () => {
    const storage = await indexer.answer<StorageDto>('/api/v1/storage');
    expect(kindOf(storage, 'trace files')).toMatchObject({ count: 2, limits: {}, freeBytes: expect.any(Number) });
    expect(kindOf(storage, 'indexes').bytes).toBeGreaterThanOrEqual(1000);
    expect(storage.bytes).toBe(kindOf(storage, 'trace files').bytes + kindOf(storage, 'indexes').bytes);
  });

  it('is all in one place at the gateway', async () => {
    const { body } = await http(app).get('/api/v1/storage').expect(200);
    const storage = body as StorageDto;
    expect(storage.kinds.map(({ kind }) => kind).sort()).toEqual([
      'feature runs',
      'indexes',
      'replication events',
      'spans',
      'trace files',
    ]);
    expect(storage).not.toHaveProperty('missing');
    expect(storage.bytes).toBe(storage.kinds.reduce((sum, { bytes }) => sum + bytes, 0));
  });

  it('names the service whose part is missing, instead of showing less', async () => {
    await spans.stopDatabase();
    const { body } = await http(app).get('/api/v1/storage').expect(200);
    expect(body.missing).toEqual([{ service: 'span-api', reason: 'status 503' }]);
    expect((body as StorageDto).kinds.map(({ kind }) => kind)).toEqual(['trace files', 'indexes']);
  });
});
