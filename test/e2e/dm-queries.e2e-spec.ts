import { once } from 'node:events';
import { request as send, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DmJobState, type DmEvent } from '@tracer/storage';
import { Ajv } from 'ajv';
import { dmBinlog, dmJob, dmText } from '../../libs/storage/src/testing/dm-events.js';
import { ask, DmClient } from './fixtures/dm-client.js';
import { SpanWorld } from './fixtures/span-world.js';

const world = new SpanWorld();
let client: DmClient;
let document: { paths: Record<string, { get: Promised }>; components: object };

interface Promised {
  readonly responses: { readonly 200: { readonly content: Record<string, { readonly schema: object }> } };
}

const NOW_NS = BigInt(Date.now()) * 1_000_000n;
const LOCK = dmText('resolveDDLLock.7');
const place = (pos: number): { name: Buffer; pos: number } => ({ name: dmText('mysql-bin|000001.000004'), pos });
const { queued, success, error } = DmJobState;

/** Two upstreams that replicate inserts, and resolve one DDL lock. */
const EVENTS: readonly DmEvent[] = [
  dmBinlog('m1.syncer.shop.1', {
    base: { tso: NOW_NS, line: 10, filename: dmText('syncer.go') },
    opType: 1,
    eventType: 30,
    state: { safeMode: true, tryReSync: false, lastPos: place(100), currentPos: place(200) },
  }),
  dmJob('m1.syncer.shop.1', {
    base: { tso: NOW_NS + 10n },
    sql: dmText('INSERT INTO `a`'),
    currentPos: place(200),
    queueBucket: dmText('q_1'),
    argsChecksum: 7,
  }),
  dmJob('m1.syncer.shop.1', {
    base: { tso: NOW_NS + 60n },
    sql: dmText('INSERT INTO `a`'),
    currentPos: place(200),
    queueBucket: dmText('q_1'),
    state: success,
  }),
  dmJob('m1.syncer.shop.2', { base: { tso: NOW_NS + 70n }, opType: 2, sql: dmText('UPDATE `b`'), state: queued }),
  dmJob('m2.syncer.shop.9', {
    base: { tso: NOW_NS + 80n, groupId: LOCK },
    opType: 4,
    ddls: [dmText('ALTER TABLE c')],
    ddlInfo: { lockId: dmText('l'), exec: true },
  }),
  dmJob('m2.syncer.shop.9', {
    base: { tso: NOW_NS + 95n, groupId: LOCK },
    opType: 4,
    ddls: [dmText('ALTER TABLE c')],
    ddlInfo: { lockId: dmText('l'), exec: true },
    state: error,
  }),
  dmJob('m1.syncer.shop.3', {
    base: { tso: NOW_NS + 81n, groupId: LOCK },
    opType: 4,
    ddls: [dmText('ALTER TABLE c')],
    ddlInfo: { lockId: dmText('l'), exec: false },
  }),
  dmJob('.1', { base: { tso: -3n }, opType: 7 }),
];

beforeAll(async () => {
  await world.start();
  client = new DmClient(world.port);
  await client.upload(...EVENTS);
  document = await world.json('/docs-json');
}, 60_000);
afterAll(async () => {
  client.close();
  await world.close();
});

interface Page {
  readonly events: { seq: number; tso: string; traceId: string }[];
  readonly next?: string;
}

/** The body of a successful answer, after checking it against what the document promises. */
async function answer<T>(path: string, route = path.split('?')[0] ?? ''): Promise<T> {
  const body = await world.json<T>(`/api/v1/dm/${path}`);
  const schema = document.paths[`/api/v1/dm/${route}`]?.get.responses[200].content['application/json']?.schema;
  const validate = new Ajv({ strict: false, validateFormats: false }).compile({
    ...schema,
    components: document.components,
  });
  expect([validate(body), validate.errors]).toEqual([true, null]);
  return body;
}

const seqs = async (query: string): Promise<number[]> =>
  (await answer<Page>(`events?order=oldest&${query}`)).events.map(({ seq }) => seq);

describe('GET /api/v1/dm/events', () => {
  it('shows events newest first, with exact times and names of numbers', async () => {
    const { events } = await answer<Page>('events');
    expect(events.map(({ seq }) => seq)).toEqual([6, 7, 5, 4, 3, 2, 1, 8]);
    expect(events[6]).toEqual({
      seq: 1,
      trace: 1,
      spanTraceId: '646d2d74726163650000000000000001',
      receivedAtUs: expect.any(Number),
      type: 'binlog',
      tso: String(NOW_NS),
      traceId: 'm1.syncer.shop.1',
      source: 'm1',
      task: 'shop',
      filename: 'syncer.go',
      line: 10,
      opType: 1,
      op: 'insert',
      eventType: 30,
      safeMode: true,
      tryReSync: false,
      position: { name: 'mysql-bin|000001.000004', pos: 100 },
      currentPosition: { name: 'mysql-bin|000001.000004', pos: 200 },
    });
    expect(events[5]).toMatchObject({ type: 'job', state: 'queued', jobState: 1, argsChecksum: 7, queueBucket: 'q_1' });
    expect(events[2]).toMatchObject({
      ddls: ['ALTER TABLE c'],
      ddlInfo: { lockId: 'l', exec: true },
      groupId: 'resolveDDLLock.7',
    });
  });

  it.each([
    ['source=m2', [5, 6]],
    ['task=shop&type=binlog', [1]],
    ['op=ddl', [5, 7, 6]],
    ['op=4', [5, 7, 6]],
    ['op=skip', [8]],
    ['state=error', [6]],
    ['state=3', [6]],
    ['groupId=resolveDDLLock.7', [5, 7, 6]],
    ['sql=UPDATE', [4]],
    [`from=${NOW_NS + 60n}&to=${NOW_NS + 81n}`, [3, 4, 5]],
    [
      `from=${new Date(Number(NOW_NS / 1_000_000n)).toISOString().replace('Z', '000011Z')}&type=job&source=m1`,
      [3, 4, 7],
    ],
    ['to=1971-01-01', [8]],
    ['fromPosition=mysql-bin|000001.000004:200&toPosition=mysql-bin|000001.000004:200', [1, 2, 3]],
    ['fromPosition=mysql-bin|000001.000004:201', []],
  ])('finds %s', async (query, expected) => {
    expect(await seqs(query)).toEqual(expected);
  });

  it('pages', async () => {
    const seen: number[] = [];
    for (let cursor = ''; ;) {
      const page = await answer<Page>(`events?limit=3${cursor}`);
      seen.push(...page.events.map(({ seq }) => seq));
      if (page.next === undefined) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(seen).toEqual([6, 7, 5, 4, 3, 2, 1, 8]);
  });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=x', 'limit'],
    ['from=yesterday', 'from'],
    ['to=2026-13-01', 'to'],
    ['op=move', 'op'],
    ['state=done', 'state'],
    ['type=2', 'type'],
    ['fromPosition=f', 'fromPosition'],
    ['cursor=1', 'cursor'],
    ['nonsense=1', 'nonsense'],
    [`source=${'x'.repeat(600)}`, 'source'],
    ['source=a&source=b', 'source'],
  ])('refuses %s and names it', async (query, name) => {
    const { status, body } = await world.http().get(`/api/v1/dm/events?${query}`);
    expect([status, body.code]).toEqual([400, 'VALIDATION']);
    expect(body.message).toContain(name);
  });
});

describe('GET /api/v1/dm/jobs', () => {
  interface Jobs {
    readonly traces: {
      traceId: string;
      binlog: object[];
      jobs: { outcome: string; stuck: boolean; latencyNs?: string }[];
    }[];
    readonly next?: number;
  }
  const ids = async (query: string): Promise<string[]> =>
    (await answer<Jobs>(`jobs?${query}`)).traces.map(({ traceId }) => traceId);

  it('shows what became of each binlog event, newest first', async () => {
    const { traces } = await answer<Jobs>('jobs');
    expect(
      traces.map(({ traceId, binlog, jobs }) => [
        traceId,
        binlog.length,
        jobs.map(({ outcome, latencyNs }) => [outcome, latencyNs]),
      ]),
    ).toEqual([
      ['.1', 0, [['skipped', undefined]]],
      ['m1.syncer.shop.3', 0, [['queued', undefined]]],
      ['m2.syncer.shop.9', 0, [['error', '15']]],
      ['m1.syncer.shop.2', 0, [['queued', undefined]]],
      ['m1.syncer.shop.1', 1, [['success', '50']]],
    ]);
  });

  it('finds jobs by outcome, and those that are stuck', async () => {
    expect(await ids('outcome=queued')).toEqual(['m1.syncer.shop.3', 'm1.syncer.shop.2']);
    expect(await ids('outcome=stuck&stuckAfterMs=0')).toEqual(['m1.syncer.shop.3', 'm1.syncer.shop.2']);
    expect(await ids('outcome=stuck')).toEqual([]);
    expect(await ids('outcome=error&source=m2')).toEqual(['m2.syncer.shop.9']);
    expect(await ids('outcome=success&task=nothing')).toEqual([]);
  });

  it('pages', async () => {
    const first = await answer<Jobs>('jobs?limit=2&outcome=queued');
    expect(first.traces).toHaveLength(2);
    expect(await answer<Jobs>(`jobs?limit=2&outcome=queued&cursor=${String(first.next)}`)).toEqual({ traces: [] });
    await world.http().get('/api/v1/dm/jobs?outcome=lost').expect(400);
  });
});

describe('GET /api/v1/dm/groups/:groupId', () => {
  it('relates the instances of one lock', async () => {
    const group = await answer('groups/resolveDDLLock.7', 'groups/{groupId}');
    expect(group).toMatchObject({
      groupId: 'resolveDDLLock.7',
      truncated: false,
      instances: [
        {
          source: 'm2',
          task: 'shop',
          executes: true,
          firstTso: String(NOW_NS + 80n),
          lastTso: String(NOW_NS + 95n),
          traces: [{ jobs: [{ outcome: 'error' }] }],
        },
        { source: 'm1', executes: false, traces: [{ traceId: 'm1.syncer.shop.3', jobs: [{ outcome: 'queued' }] }] },
      ],
    });
    await world.http().get('/api/v1/dm/groups/nobody').expect(404);
  });
});

/** Reads server-sent events until `count` messages came. */
async function follow(query: string, count: number, headers = {}): Promise<{ ids: number[]; left: () => void }> {
  const request = send({ port: world.port, path: `/api/v1/dm/events/live?${query}`, headers });
  request.end();
  const [stream] = (await once(request, 'response')) as [IncomingMessage];
  expect([stream.statusCode, stream.headers['content-type']]).toEqual([200, 'text/event-stream']);
  let text = '';
  const messages = (): RegExpMatchArray[] => [...text.matchAll(/^id: (\d+)\ndata: (.*)\n\n/gm)];
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    text += chunk.toString();
    if (messages().length >= count) break;
  }
  for (const [, id, data] of messages()) expect(JSON.parse(data ?? '')).toMatchObject({ seq: Number(id) });
  return { ids: messages().map(([, id]) => Number(id)), left: () => request.destroy() };
}

describe('GET /api/v1/dm/events/live', () => {
  it('goes on behind a place', async () => {
    const { ids, left } = await follow('after=5', 3);
    left();
    expect(ids.slice(0, 3)).toEqual([6, 7, 8]);
    const resumed = await follow('after=1', 1, { 'Last-Event-ID': '7' });
    resumed.left();
    expect(resumed.ids[0]).toBe(8);
  });

  it('shows what comes, at once, filtered', async () => {
    const following = follow('op=rotate', 2);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await client.upload(
      dmBinlog('live', { opType: 8 }),
      dmBinlog('live', { opType: 1 }),
      dmBinlog('live', { opType: 8 }),
    );
    const { ids, left } = await following;
    left();
    expect((ids[1] ?? 0) - (ids[0] ?? 0)).toBe(2);
  });
});

describe('export and import', () => {
  it('moves all events, byte by byte', async () => {
    await client.upload(dmBinlog(Buffer.from([0xff, 0x00]), { base: { line: 5 } }));
    const whole = await ask(world.port, 'GET /api/v1/dm/export');
    const lines = whole.body.trimEnd().split('\n');
    const { events } = await answer<{ events: number }>('totals');
    expect([whole.headers['content-type'], lines.length]).toEqual(['application/x-ndjson', events]);
    const before = (await ask(world.port, 'GET /events/scan?limit=1000')).body;
    await ask(world.port, 'POST /events/truncate');
    const imported = await ask(world.port, 'POST /api/v1/dm/import', { body: lines.join('\n') });
    expect([imported.status, JSON.parse(imported.body)]).toEqual([200, { events }]);
    expect((await ask(world.port, 'GET /events/scan?limit=1000')).body).toBe(before);
    expect((await ask(world.port, 'GET /api/v1/dm/export?op=update')).body.split('\n')).toHaveLength(2);
  });

  it.each([
    ['{"type":"job"}', 'wire must be the event in base64'],
    ['{"type":"x","wire":""}', 'type must be "binlog" or "job"'],
    ['{"type":"job","wire":"Cg=="}', 'unexpected EOF'],
    ['{"type":"job","wire":""}', 'the event has no base'],
    ['null', 'type must be'],
    ['{', 'line 3'],
  ])('stops at a broken line and says where: %s', async (line, reason) => {
    const good = (await ask(world.port, 'GET /api/v1/dm/export?op=skip')).body.split('\n')[0] ?? '';
    const { events: before } = await answer<{ events: number }>('totals');
    const reply = await ask(world.port, 'POST /api/v1/dm/import', { body: `${good}\n\n${line}\n${good}\n` });
    const { code, message } = JSON.parse(reply.body) as { code: string; message: string };
    expect([reply.status, code]).toEqual([400, 'BODY_MALFORMED']);
    expect(message).toMatch(/^line 3: .*; 1 events were stored$/);
    expect(message).toContain(reason);
    expect((await answer<{ events: number }>('totals')).events).toBe(before + 1);
  });
});
