import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv } from 'ajv';
import { ask, type DmReply as Reply } from './fixtures/dm-client.js';
import { SpanWorld } from './fixtures/span-world.js';

const world = new SpanWorld();
let document: { paths: Partial<Record<string, Partial<Record<string, Promised>>>>; components: object };
beforeAll(async () => {
  await world.start();
  document = await world.json('/docs-json');
}, 60_000);
afterAll(() => world.close());

interface Promised {
  readonly responses: Partial<Record<string, { readonly content?: Record<string, { readonly schema: object }> }>>;
}

const JSON_TYPE = 'application/json';
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const post = (action: string, body: unknown): Promise<Reply> =>
  ask(world.port, `POST /api/tracing/${action}`, { type: JSON_TYPE, body: JSON.stringify(body) });

/** Status and body, after checking the body against what the document promises. */
async function answered(reply: Promise<Reply>, method: string, route: string): Promise<[number, never]> {
  const { status, headers, body } = await reply;
  expect(headers['content-type']).toMatch(/^application\/json\b/);
  const parsed = JSON.parse(body) as never;
  const promised = document.paths[route]?.[method]?.responses[String(status)];
  const schema = promised?.content?.['application/json']?.schema;
  if (schema === undefined) throw new Error(`${method} ${route} promises no ${status}: ${body}`);
  const validate = new Ajv({ strict: false, validateFormats: false }).compile({
    ...schema,
    components: document.components,
  });
  expect([validate(parsed), validate.errors]).toEqual([true, null]);
  return [status, parsed];
}

/** Compares a part of the body. */
function holds([status, body]: readonly [number, unknown], wantedStatus: number, wanted: object): void {
  expect(status).toBe(wantedStatus);
  expect({ body }).toMatchObject({ body: wanted });
}

const act = (action: string, body: unknown): Promise<[number, never]> =>
  answered(
    post(action.split('?')[0] === action ? action : action, body),
    'post',
    `/api/tracing/${action.split('?')[0] ?? ''}`,
  );
const see = (path: string, route = '/api/traces/{tag}'): Promise<[number, never]> =>
  answered(ask(world.port, `GET /api/traces${path}`), 'get', route);
const detailOf = async (reply: Promise<Reply>): Promise<[number, unknown]> => {
  const { status, body } = await reply;
  return [status, (JSON.parse(body) as { detail: unknown }).detail];
};

describe('the published exchange', () => {
  it('follows a feature from start to end', async () => {
    const tag = { trace_tag: 'my-feature' };
    const [, started] = await act('start', tag);
    expect(started).toEqual({
      message: 'Trace started',
      ...tag,
      trace_id: null,
      start_time: expect.stringMatching(TIME),
    });
    const [, step] = await act('step', { ...tag, step_name: 'step-1' });
    expect(step).toEqual({
      message: 'Step added',
      ...tag,
      trace_id: null,
      step_name: 'step-1',
      step_time: expect.stringMatching(TIME),
      track_duration: true,
      duration_seconds: expect.any(Number),
    });
    await act('step', { ...tag, step_name: 'wait', track_duration: false });
    const [, ended] = await act('step', { ...tag, step_name: 'step-3', end_trace: true });
    const { steps, ...run } = ended as {
      steps: Record<string, unknown>[];
      start_time: string;
      duration_seconds: number;
    };
    expect(run).toMatchObject({
      message: 'Trace ended',
      ...tag,
      trace_id: null,
      start_time: (started as { start_time: string }).start_time,
    });
    expect(steps.map(({ step_name, track_duration }) => [step_name, track_duration])).toEqual([
      ['step-1', true],
      ['wait', false],
      ['step-3', true],
    ]);
    const counted = steps
      .filter(({ track_duration }) => track_duration === true)
      .reduce((sum, { duration_seconds }) => sum + Number(duration_seconds), 0);
    expect(run.duration_seconds).toBeCloseTo(counted, 9);
    expect(await see('/my-feature')).toEqual([
      200,
      [{ ...(ended as object), message: undefined }].map((one) => JSON.parse(JSON.stringify(one)) as object),
    ]);
    expect(await see('', '/api/traces')).toEqual([200, ['my-feature']]);
    expect(await detailOf(post('end', tag))).toEqual([404, 'Trace not found.']);
    expect(await detailOf(post('step', { ...tag, step_name: 's' }))).toEqual([404, 'Trace not found.']);
  });

  it('takes null, "" and nothing for one id, and echoes what it was given', async () => {
    const tag = { trace_tag: 'ids' };
    for (const [first, second] of [
      [null, ''],
      ['', null],
      [undefined, ''],
    ] as const) {
      expect((await act('start', { ...tag, trace_id: first }))[1]).toMatchObject({ trace_id: first ?? null });
      expect((await act('end', { ...tag, trace_id: second, extra: 1 }))[1]).toMatchObject({
        trace_id: second,
        steps: [],
      });
    }
  });

  it('keeps tags and ids with colons apart', async () => {
    await act('start', { trace_tag: 'a:b' });
    expect(await detailOf(post('step', { trace_tag: 'a', trace_id: 'b:default', step_name: 's' }))).toEqual([
      404,
      'Trace not found.',
    ]);
    expect((await act('step', { trace_tag: 'a:b', step_name: 's', track_duration: 'yes' }))[1]).toMatchObject({
      track_duration: true,
    });
  });

  it('ends a run at a given time', async () => {
    await act('start', { trace_tag: 'x' });
    const [, ended] = await act('end?timestamp=2099-01-01T00:00:00', { trace_tag: 'x' });
    const { start_time, end_time, duration_seconds } = ended as Record<string, string | number>;
    expect(end_time).toBe('2099-01-01T00:00:00.000000Z');
    expect(duration_seconds).toBeCloseTo((Date.parse(String(end_time)) - Date.parse(String(start_time))) / 1000, 2);
  });

  it('forgets finished runs, always with 204', async () => {
    for (let times = 0; times < 2; times++) {
      const { status, body } = await ask(world.port, 'DELETE /api/traces/x');
      expect([status, body]).toEqual([204, '']);
    }
    expect(await see('/x')).toEqual([200, []]);
  });

  it.each<[string, string, string, unknown]>([
    [
      'step',
      JSON_TYPE,
      '{"trace_tag":"my-feature"}',
      { type: 'missing', loc: ['body', 'step_name'], msg: 'Field required', input: { trace_tag: 'my-feature' } },
    ],
    ['start', JSON_TYPE, '{}', { type: 'missing', loc: ['body', 'trace_tag'], msg: 'Field required', input: {} }],
    [
      'start',
      'application/ld+json; charset=utf-8',
      '{"trace_tag":5}',
      { type: 'string_type', loc: ['body', 'trace_tag'], msg: 'Input should be a valid string', input: 5 },
    ],
    ['start', JSON_TYPE, '{bad', { type: 'json_invalid', loc: ['body', 1], msg: 'JSON decode error', input: {} }],
    [
      'start',
      'application/x-www-form-urlencoded',
      '{"trace_tag":"noct"}',
      { type: 'model_attributes_type', loc: ['body'], input: '{"trace_tag":"noct"}' },
    ],
    ['end', JSON_TYPE, '', { type: 'missing', loc: ['body'], input: null }],
  ])('refuses a %s of %s %s with 422', async (action, type, body, problem) => {
    const reply = ask(world.port, `POST /api/tracing/${action}`, { type, body });
    const [status, { detail }] = (await answered(reply, 'post', `/api/tracing/${action}`)) as [
      number,
      { detail: unknown[] },
    ];
    holds([status, detail], 422, [problem as object]);
  });

  it('bounds texts and bodies', async () => {
    const [status, detail] = await detailOf(post('start', { trace_tag: 'x'.repeat(1 << 19) }));
    expect([status, JSON.stringify(detail).length < 400]).toEqual([422, true]);
    expect(await detailOf(post('start', { trace_tag: 'x'.repeat(1 << 20) }))).toEqual([
      413,
      'body is larger than 1048576 bytes',
    ]);
    const broken = ask(world.port, 'POST /api/tracing/start', { type: JSON_TYPE, body: Buffer.from([0x22, 0xff]) });
    expect(await detailOf(broken)).toEqual([400, 'There was an error parsing the body']);
    expect(await see(`/${'x'.repeat(5_000)}`)).toEqual([200, []]);
  });

  it('survives bodies that are deep, and numbers that are none', async () => {
    const nested = `{"trace_tag":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    for (const body of [nested, '['.repeat(400_000), '{"trace_tag":1e400}', '{"trace_tag":NaN}'])
      expect((await ask(world.port, 'POST /api/tracing/start', { type: JSON_TYPE, body })).status).toBe(422);
    for (const timestamp of ['9'.repeat(400), '1e400', '-', 'NaN', '0x10', '2026-13-01', '%FF', ''])
      expect([timestamp, (await post(`end?timestamp=${timestamp}`, { trace_tag: 'nobody' })).status]).toEqual([
        timestamp,
        422,
      ]);
    for (const query of ['last=0', 'last=99999999999999999999', 'last=1.5', 'last=x'])
      expect((await ask(world.port, `GET /api/traces/x/summary?${query}`)).status).toBe(400);
  });

  it('takes empty names and any text, and refuses paths that are none', async () => {
    const odd = ['', ' ', '__proto__', 'a/b', '..', '%2e', '\0', '☂ 😀'];
    for (const trace_tag of odd) {
      expect((await act('start', { trace_tag, trace_id: trace_tag }))[0]).toBe(200);
      const ended = await act('step', { trace_tag, trace_id: trace_tag, step_name: trace_tag, end_trace: true });
      holds(ended, 200, { trace_tag, steps: [{ step_name: trace_tag }] });
      // Without a name the path is that of the list of tags.
      if (trace_tag !== '') holds(await see(`/${encodeURIComponent(trace_tag)}`), 200, [{ trace_tag }]);
    }
    expect((await see('', '/api/traces'))[1]).toEqual(expect.arrayContaining(odd));
    for (const path of ['/%FF', '/%', '/%zz'])
      expect((await ask(world.port, `GET /api/traces${path}`)).status).toBe(400);
    for (const path of ['/api/traces//', '//api/traces', '/api//traces', '/api/traces/x//summary'])
      expect((await ask(world.port, `GET ${path}`)).status).toBe(404);
    for (const path of ['/api/tracing/start', '/api/traces/x'])
      expect((await ask(world.port, `PATCH ${path}`)).status).toBe(405);
  });

  it('says that a method is not there, and a path', async () => {
    for (const line of [
      'GET /api/tracing/start',
      'PUT /api/traces/x',
      'DELETE /api/traces',
      'OPTIONS /api/tracing/end',
    ])
      expect(await detailOf(ask(world.port, line))).toEqual([405, 'Method Not Allowed']);
    expect(await detailOf(ask(world.port, 'GET /nope'))).toEqual([404, 'Not Found']);
    expect(await detailOf(ask(world.port, 'POST /api/tracing/zzz'))).toEqual([404, 'Not Found']);
  });

  it('lets any web page call', async () => {
    const origin = { Origin: 'http://e.x' };
    const preflight = await ask(world.port, 'OPTIONS /api/tracing/start', {
      headers: { ...origin, 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type' },
    });
    expect([preflight.status, preflight.body]).toEqual([200, 'OK']);
    expect(preflight.headers).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'content-type',
    });
    expect(preflight.headers['access-control-allow-methods']).toContain('DELETE');
    for (const line of ['POST /api/tracing/end', 'GET /api/traces'])
      expect(
        (await ask(world.port, line, { headers: origin, type: JSON_TYPE, body: '{}' })).headers[
          'access-control-allow-origin'
        ],
      ).toBe('*');
  });

  it('goes on with a run after a restart', async () => {
    const tag = { trace_tag: 'survivor', trace_id: '1' };
    await act('start', tag);
    await act('step', { ...tag, step_name: 'before' });
    await world.restart();
    await act('step', { ...tag, step_name: 'after' });
    const [, ended] = await act('end', tag);
    expect((ended as { steps: object[] }).steps).toMatchObject([{ step_name: 'before' }, { step_name: 'after' }]);
  });
});

describe('figures of runs', () => {
  /** Runs of two steps, `load` and `draw`, with these durations in milliseconds. */
  const batch = async (tag: string, id: string, durations: readonly (readonly [number, number])[]): Promise<void> => {
    const runs = durations.map(([load, draw], index) => ({
      trace_tag: tag,
      trace_id: `${id}-${index}`,
      steps: [
        { step_name: 'load', offset_ms: load },
        { step_name: 'draw', offset_ms: load + draw },
      ],
    }));
    const reply = ask(world.port, 'POST /api/tracing/batch', {
      type: 'text/plain;charset=UTF-8',
      body: JSON.stringify({ runs }),
    });
    expect(await answered(reply, 'post', '/api/tracing/batch')).toEqual([
      200,
      { message: 'Batch stored', runs: runs.length },
    ]);
  };

  beforeAll(async () => {
    await batch(
      'page/x',
      'old',
      Array.from({ length: 12 }, (_, index) => [100 + (index % 3), 50 + index]),
    );
    await batch(
      'page/x',
      'new',
      Array.from({ length: 12 }, (_, index) => [100 + (index % 3), 80 + index]),
    );
    await act('start', { trace_tag: 'page/x', trace_id: 'running' });
    await act('step', { trace_tag: 'page/x', trace_id: 'running', step_name: 'load' });
  });
  const path = `/${encodeURIComponent('page/x')}`;

  it('summarize the last runs, and show those that are live', async () => {
    const [status, summary] = await see(`${path}/summary?last=12`, '/api/traces/{tag}/summary');
    holds([status, summary], 200, {
      trace_tag: 'page/x',
      runs: 12,
      total: { count: 12, min_seconds: 0.18, max_seconds: 0.193 },
      steps: [
        { step_name: 'load', p50_seconds: 0.101 },
        { step_name: 'draw', p50_seconds: 0.0855, max_seconds: 0.091 },
      ],
      live: [{ trace_id: 'running', steps: 1, last_step: 'load' }],
    });
    const { recent, trend } = summary as {
      recent: { trace_id: string }[];
      trend: { seconds_per_run: number; p_value: number };
    };
    expect([recent[0]?.trace_id, recent.length]).toEqual(['new-0', 12]);
    expect(trend.seconds_per_run).toBeCloseTo(0.001, 4);
    holds(await see('/nobody/summary', '/api/traces/{tag}/summary'), 200, { runs: 0, steps: [], recent: [] });
    holds(await see(`${path}/summary?id=old`, '/api/traces/{tag}/summary'), 200, { runs: 12 });
  });

  it('compare two sets of runs', async () => {
    const [status, comparison] = await see(`${path}/compare?a=old-&b=new-`, '/api/traces/{tag}/compare');
    const { differences } = comparison as {
      differences: { step_name: string | null; shift_seconds: number; significant: boolean }[];
    };
    expect([status, differences.map(({ step_name, significant }) => [step_name, significant])]).toEqual([
      200,
      [
        [null, true],
        ['load', false],
        ['draw', true],
      ],
    ]);
    expect(differences[2]?.shift_seconds).toBeCloseTo(0.03, 9);
    const now = new Date().toISOString();
    holds(await see(`${path}/compare?a=..${now}&b=2020-01-01..&last=5`, '/api/traces/{tag}/compare'), 200, {
      a: { runs: 5 },
      b: { runs: 5 },
    });
    expect(await detailOf(ask(world.port, `GET /api/traces${path}/compare?a=none&b=new`))).toEqual([
      404,
      'no finished run of "page/x" is selected by a="none"',
    ]);
    expect((await detailOf(ask(world.port, `GET /api/traces${path}/compare?a=x`)))[0]).toBe(400);
  });

  it('keep a budget, or not', async () => {
    const budget = (query: string): Promise<[number, never]> =>
      see(`${path}/budget?${query}`, '/api/traces/{tag}/budget');
    holds(await budget('step=draw&p95_ms=100&max_ms=91'), 200, { ok: true, runs: 24, step_name: 'draw' });
    holds(await budget('p50_ms=150&p95_ms=1'), 412, {
      ok: false,
      step_name: null,
      checks: [
        { figure: 'p50', limit_ms: 150, ok: false },
        { figure: 'p95', limit_ms: 1, ok: false },
      ],
    });
    for (const [query, status] of [
      ['step=draw', 400],
      ['p95_ms=x', 400],
      ['p95_ms=1&step=none', 404],
      ['p95_ms=1&min_runs=100', 404],
      ['p95_ms=-1', 400],
    ] as const)
      expect((await detailOf(ask(world.port, `GET /api/traces${path}/budget?${query}`)))[0]).toBe(status);
  });

  it('refuse a batch that is wrong, as a whole', async () => {
    const runs = [
      { trace_tag: 'broken', steps: [] },
      { trace_tag: 'broken', steps: [{ step_name: 's', offset_ms: -1 }] },
    ];
    const [status, detail] = await detailOf(post('batch', { runs }));
    holds([status, detail], 422, [{ loc: ['body', 'runs', 1, 'steps', 0, 'offset_ms'] }]);
    expect(await see('/broken')).toEqual([200, []]);
  });
});
