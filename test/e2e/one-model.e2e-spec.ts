import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DM_OPS } from '@tracer/dtos';
import { DM_OP_NAMES, DmJobState } from '@tracer/storage';
import { dmBinlog, dmJob, dmText } from '../../libs/storage/src/testing/dm-events.js';
import { ask, DmClient } from './fixtures/dm-client.js';
import { SpanWorld } from './fixtures/span-world.js';

/** Replication traces and feature runs, read by the routes that are there for spans. */
const world = new SpanWorld();
const T = 1_700_000_000_000_000_000n;
const ID = 'mysql-replica-01.syncer.orders.7';
let dmTrace: string;
let runTrace: string;

interface Row {
  readonly name: string;
  readonly depth: number;
  readonly failed?: boolean;
}
interface Window {
  readonly total: number;
  readonly orphanCount: number;
  readonly rows: readonly Row[];
}
interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  readonly timestamp?: number;
  readonly duration?: number;
  readonly localEndpoint: { readonly serviceName: string };
  readonly tags: Record<string, string>;
}

beforeAll(async () => {
  await world.start();
  const client = new DmClient(world.port);
  const job = (state: number, tso: bigint): ReturnType<typeof dmJob> =>
    dmJob(ID, { state, sql: dmText('REPLACE INTO `t` VALUES (?)'), base: { tso } });
  await client.upload(
    dmBinlog('another.syncer.orders.1', { opType: 2, base: { tso: T } }),
    dmBinlog(ID, { opType: 1, eventType: 30, base: { tso: T } }),
    job(DmJobState.queued, T + 1_000_000n),
    job(DmJobState.error, T + 9_000_000n),
  );
  client.close();
  const { events } = await world.json<{ events: { spanTraceId: string }[] }>('/api/v1/dm/events?state=error');
  dmTrace = events[0]?.spanTraceId ?? '';
  const steps = [
    { step_name: 'load', offset_ms: 100 },
    { step_name: 'draw', offset_ms: 150, track_duration: false },
  ];
  const runs = [{ trace_tag: 'page/x', trace_id: 'b1', steps, end_ms: 160 }];
  await ask(world.port, 'POST /api/tracing/batch', { body: JSON.stringify({ runs }) });
  const page = await world.json<{ runs: { span_trace_id: string }[] }>('/api/v1/perf/tags/page%2Fx/runs');
  runTrace = page.runs[0]?.span_trace_id ?? '';
}, 60_000);
afterAll(() => world.close());

const zipkin = (id: string): Promise<ZipkinSpan[]> => world.json(`/api/v2/trace/${id}`);

describe('a replication trace', () => {
  it('is drawn as a tree', async () => {
    const { total, orphanCount, rows } = await world.json<Window>(`/api/v1/traces/${dmTrace}`);
    expect([total, orphanCount]).toEqual([3, 0]);
    expect(rows.map(({ name, depth }) => [depth, name])).toEqual([
      [0, ID],
      [1, 'binlog insert'],
      [2, 'job insert'],
    ]);
  });

  it('is what Zipkin and Jaeger read', async () => {
    const spans = await zipkin(dmTrace);
    expect(spans.map(({ traceId, name, localEndpoint }) => [traceId, name, localEndpoint.serviceName])).toEqual([
      [dmTrace, ID, 'dm/mysql-replica-01'],
      [dmTrace, 'binlog insert', 'dm/mysql-replica-01'],
      [dmTrace, 'job insert', 'dm/mysql-replica-01'],
    ]);
    expect(spans[2]).toMatchObject({
      parentId: spans[1]?.id,
      timestamp: Number(T / 1000n) + 1_000,
      duration: 8_000,
      tags: { 'db.statement': 'REPLACE INTO `t` VALUES (?)', 'dm.outcome': 'error', error: 'the job failed' },
    });
    const jaeger = await world.json<{ data: { spans: unknown[] }[] }>(`/jaeger/api/traces/${dmTrace}`);
    expect(jaeger.data[0]?.spans).toHaveLength(3);
    const many = await world.json<ZipkinSpan[][]>(`/zipkin/api/v2/traceMany?traceIds=${dmTrace},${runTrace},1`);
    expect(many.map((trace) => trace[0]?.traceId).sort()).toEqual([dmTrace, runTrace].sort());
  });

  it('is gone when its events are', async () => {
    const [, other] = await Promise.all(
      ['1', '2'].map((number) => world.http().get(`/api/v1/traces/646d2d7472616365${number.padStart(16, '0')}`)),
    );
    expect(other?.status).toBe(200);
    await ask(world.port, 'POST /events/delete?trace_id=another.syncer.orders.1');
    const gone = await world.http().get('/api/v1/traces/646d2d74726163650000000000000001');
    expect([gone.status, (gone.body as { code: string }).code]).toEqual([404, 'NOT_FOUND']);
  });
});

describe('a feature run', () => {
  it('is drawn as a tree, and read by Zipkin', async () => {
    const { rows } = await world.json<Window>(`/api/v1/traces/${runTrace}`);
    expect(rows.map(({ name, depth }) => [depth, name])).toEqual([
      [0, 'page/x'],
      [1, 'load'],
      [1, 'draw'],
    ]);
    const [root, load, draw] = await zipkin(runTrace);
    expect([root, load, draw].map((span) => [span?.duration, span?.localEndpoint.serviceName])).toEqual([
      [160_000, 'perf-tracer/page/x'],
      [100_000, 'perf-tracer/page/x'],
      [50_000, 'perf-tracer/page/x'],
    ]);
    expect(root?.tags).toMatchObject({ 'perf.trace_id': 'b1', 'perf.duration_seconds': '0.11' });
    expect(draw?.tags['perf.track_duration']).toBe('false');
  });
});

describe('both', () => {
  it.each(['zipkin', 'otlp', 'chrome', 'ats'])('are exported as %s', async (format) => {
    for (const id of [dmTrace, runTrace]) {
      const answer = await world.http().get(`/api/v1/traces/${id}/export?format=${format}`);
      expect([answer.status, answer.headers['content-disposition']]).toEqual([
        200,
        `attachment; filename="${id}.${format}.json"`,
      ]);
      expect(JSON.stringify(answer.body)).toContain(id === dmTrace ? 'REPLACE INTO' : 'load');
    }
  });

  it('come back as spans when their export is reported', async () => {
    const { text } = await world.http().get(`/api/v1/traces/${dmTrace}/export?format=otlp`);
    const moved = text.replaceAll(dmTrace, 'c'.repeat(32));
    await world.http().post('/v1/traces').type('application/json').send(moved).expect(200);
    expect((await zipkin('c'.repeat(32))).map(({ name }) => name)).toEqual(
      (await zipkin(dmTrace)).map(({ name }) => name),
    );
  });

  it('belong to the default tenant', async () => {
    for (const id of [dmTrace, runTrace])
      expect((await world.http().get(`/api/v1/traces/${id}`).set('X-Project-Id', '7')).status).toBe(404);
  });

  it.each(['646d2d7472616365ffffffffffffffff', '706572662d72756effffffffffffffff', '706572662d72756e0000000000ffffff'])(
    'are not there under %s',
    async (id) => {
      expect((await world.http().get(`/api/v1/traces/${id}`)).status).toBe(404);
      expect((await world.http().get(`/zipkin/api/v2/trace/${id}`)).status).toBe(404);
    },
  );

  it('name operations alike in answers and in spans', () => {
    expect(DM_OP_NAMES).toEqual(DM_OPS);
  });
});

describe('lists of feature runs', () => {
  const start = (tag: string, id: string): Promise<unknown> =>
    ask(world.port, 'POST /api/tracing/start', { body: JSON.stringify({ trace_tag: tag, trace_id: id }) });

  it('page through tags and runs, newest first', async () => {
    const runs = Array.from({ length: 5 }, (_, index) => ({
      trace_tag: `tag-${index % 2}`,
      trace_id: `r${index}`,
      steps: [],
    }));
    await ask(world.port, 'POST /api/tracing/batch', { body: JSON.stringify({ runs }) });
    await start('tag-1', 'live');
    interface Tags {
      tags: { trace_tag: string; runs: number; live: number; last_end_time: string }[];
      next?: number;
    }
    const first = await world.json<Tags>('/api/v1/perf/tags?limit=2');
    expect(first.tags.map(({ trace_tag, runs: count, live }) => [trace_tag, count, live])).toEqual([
      ['tag-1', 2, 1],
      ['tag-0', 3, 0],
    ]);
    const second = await world.json<Tags>(`/api/v1/perf/tags?limit=2&cursor=${first.next ?? ''}`);
    expect([second.tags.map(({ trace_tag }) => trace_tag), second.next]).toEqual([['page/x'], undefined]);
    const found = await world.json<Tags>('/api/v1/perf/tags?contains=g-0');
    expect(found.tags.map(({ trace_tag }) => trace_tag)).toEqual(['tag-0']);

    interface Runs {
      runs: { trace_id: string; steps: unknown[] }[];
      next?: number;
    }
    const seen: string[][] = [];
    for (let next: number | undefined = 0; next !== undefined;) {
      const query: string = next === 0 ? '' : `&cursor=${next}`;
      const page: Runs = await world.json<Runs>(`/api/v1/perf/tags/tag-0/runs?limit=2${query}`);
      seen.push(page.runs.map(({ trace_id }) => trace_id));
      next = page.next;
    }
    expect(seen).toEqual([['r4', 'r2'], ['r0'], []]);
    expect((await world.json<Runs>('/api/v1/perf/tags/tag-0/runs?id=r2')).runs).toHaveLength(1);
    expect((await world.json<Runs>('/api/v1/perf/tags/nobody/runs')).runs).toEqual([]);
  });

  it('show what is live', async () => {
    await start('other', 'x');
    const { runs } = await world.json<{ runs: { trace_tag: string; steps: number }[] }>('/api/v1/perf/live?limit=1');
    expect(runs).toMatchObject([{ trace_tag: 'other', trace_id: 'x', steps: 0 }]);
  });

  it.each(['tags?limit=0', 'tags?cursor=-1', 'tags/a/runs?limit=1001', 'tags/a/runs?cursor=x', 'live?limit=x'])(
    'refuse %s',
    async (path) => {
      const { status, body } = await world.http().get(`/api/v1/perf/${path}`);
      expect([status, (body as { code: string }).code]).toEqual([400, 'VALIDATION']);
    },
  );
});
