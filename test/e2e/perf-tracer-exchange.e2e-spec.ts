import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ask } from './fixtures/dm-client.js';
import { SpanWorld } from './fixtures/span-world.js';

/**
 * A conversation with the perf-tracer service from an empty store on, line by line: what was asked, the status, and what
 * the answer looks like. `TIME` and `SECONDS` stand for clock readings; everything else is as it was asked for.
 */
const world = new SpanWorld();
beforeAll(() => world.start(), 60_000);
afterAll(() => world.close());

const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
const SECONDS = expect.any(Number);
const NOT_LIVE = { detail: 'Trace not found.' };
const started = (trace_tag: string, trace_id: string | null): object => ({
  message: 'Trace started',
  trace_tag,
  trace_id,
  start_time: TIME,
});
const step = (step_name: string, track_duration = true): object => ({
  step_name,
  step_time: TIME,
  track_duration,
  duration_seconds: SECONDS,
});
const added = (trace_tag: string, trace_id: string | null, name: string, tracked = true): object => ({
  message: 'Step added',
  trace_tag,
  trace_id,
  ...step(name, tracked),
});
const run = (trace_tag: string, trace_id: string | null, ...steps: readonly object[]): object => ({
  trace_tag,
  trace_id,
  start_time: TIME,
  end_time: TIME,
  duration_seconds: SECONDS,
  steps,
});
const ended = (trace_tag: string, trace_id: string | null, ...steps: readonly object[]): object => ({
  message: 'Trace ended',
  ...run(trace_tag, trace_id, ...steps),
});
const refused = (type: string, loc: readonly unknown[], input: unknown): object => ({
  detail: [expect.objectContaining({ type, loc, msg: expect.any(String), input })],
});

const JSON_TYPE = 'application/json';
const FORM = 'application/x-www-form-urlencoded';
const SHOP = [step('cart shown'), step('typing', false), step('paid')];

type Exchange = readonly [line: string, body: unknown, status: number, answer: unknown, type?: string];
const CONVERSATION: readonly Exchange[] = [
  ['POST /api/tracing/start', { trace_tag: 'shop' }, 200, started('shop', null)],
  ['POST /api/tracing/step', { trace_tag: 'shop', step_name: 'cart shown' }, 200, added('shop', null, 'cart shown')],
  [
    'POST /api/tracing/step',
    { trace_tag: 'shop', step_name: 'typing', track_duration: false },
    200,
    added('shop', null, 'typing', false),
  ],
  [
    'POST /api/tracing/step',
    { trace_tag: 'shop', step_name: 'paid', end_trace: true },
    200,
    ended('shop', null, ...SHOP),
  ],
  ['POST /api/tracing/end', { trace_tag: 'shop' }, 404, NOT_LIVE],
  ['GET /api/traces/shop', undefined, 200, [run('shop', null, ...SHOP)]],
  ['GET /api/traces', undefined, 200, ['shop']],
  ['GET /api/traces/nobody', undefined, 200, []],
  ['POST /api/tracing/start', { trace_tag: 'shop', trace_id: 'a' }, 200, started('shop', 'a')],
  ['POST /api/tracing/start', { trace_tag: 'shop', trace_id: '' }, 200, started('shop', '')],
  ['POST /api/tracing/end', { trace_tag: 'shop', trace_id: null }, 200, ended('shop', null)],
  ['POST /api/tracing/end', { trace_tag: 'shop', trace_id: 'a', more: 1 }, 200, ended('shop', 'a')],
  ['POST /api/tracing/start', { trace_tag: 'far' }, 200, started('far', null)],
  [
    'POST /api/tracing/end?timestamp=2099-01-01T00:00:00',
    { trace_tag: 'far' },
    200,
    { ...ended('far', null), end_time: '2099-01-01T00:00:00.000000Z' },
  ],
  ['POST /api/tracing/step', { trace_tag: 'gone', step_name: 's' }, 404, NOT_LIVE],
  [
    'POST /api/tracing/step',
    { trace_tag: 'shop' },
    422,
    refused('missing', ['body', 'step_name'], { trace_tag: 'shop' }),
  ],
  ['POST /api/tracing/start', {}, 422, refused('missing', ['body', 'trace_tag'], {})],
  ['POST /api/tracing/start', { trace_tag: 5 }, 422, refused('string_type', ['body', 'trace_tag'], 5)],
  ['POST /api/tracing/start', '{oops', 422, refused('json_invalid', ['body', 1], {})],
  [
    'POST /api/tracing/start',
    '{"trace_tag":"form"}',
    422,
    refused('model_attributes_type', ['body'], '{"trace_tag":"form"}'),
    FORM,
  ],
  ['POST /api/tracing/start', { trace_tag: 'a:b' }, 200, started('a:b', null)],
  // The published service takes these for one run.
  ['POST /api/tracing/step', { trace_tag: 'a', trace_id: 'b:default', step_name: 's' }, 404, NOT_LIVE],
  ['POST /api/tracing/step', { trace_tag: 'a:b', step_name: 's', track_duration: 'yes' }, 200, added('a:b', null, 's')],
  ['DELETE /api/traces/shop', undefined, 204, undefined],
  ['DELETE /api/traces/shop', undefined, 204, undefined],
  ['GET /api/traces', undefined, 200, ['far']],
  ['GET /api/tracing/start', undefined, 405, { detail: 'Method Not Allowed' }],
  ['GET /nope', undefined, 404, expect.objectContaining({ detail: 'Not Found' })],
];

describe('the conversation', () => {
  it.each(CONVERSATION)('%s %j', async (line, body, status, wanted, type = JSON_TYPE) => {
    const sent = body === undefined ? {} : { type, body: typeof body === 'string' ? body : JSON.stringify(body) };
    const reply = await ask(world.port, line, sent);
    expect([reply.status, reply.body === '' ? undefined : JSON.parse(reply.body)]).toEqual([status, wanted]);
    if (wanted !== undefined) expect(reply.headers['content-type']).toMatch(/^application\/json\b/);
  });

  it('ends with a preflight request', async () => {
    const { status, headers } = await ask(world.port, 'OPTIONS /api/tracing/start', {
      headers: {
        Origin: 'http://shop.example',
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'content-type',
      },
    });
    expect([status, headers['access-control-allow-origin'], headers['access-control-allow-headers']]).toEqual([
      200,
      '*',
      'content-type',
    ]);
  });
});
