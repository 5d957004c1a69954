import { describe, expect, it } from '@jest/globals';
import { dmBinlog } from '../../libs/storage/src/testing/dm-events.js';
import type { DmAsk, DmReply } from './fixtures/dm-client.js';
import { page, useDmWorld } from './fixtures/dm-world.js';

const world = useDmWorld();
const { http } = world;
const FORM = 'application/x-www-form-urlencoded';
const TEXT = 'text/plain; charset=utf-8';
const failure = (code: number, message: string): string =>
  `[code=${code}:class=dm-tracer:scope=internal:level=medium], Message: ${message}`;
/** Status, content type and body. */
const triple = ({ status, headers, body }: DmReply): unknown[] => [status, headers['content-type'], body];
const get = async (line: string, options?: DmAsk): Promise<unknown[]> => triple(await http(line, options));

describe('routes', () => {
  it.each(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('answers %s of the status', async (method) => {
    const reply = await http(`${method} /status?x=1`);
    expect(reply.body).toMatch(/^\{\n "version": "[^"]+",\n "git_hash": "None"\n\}$/);
    expect([reply.status, reply.headers['content-type']]).toEqual([200, 'application/json']);
    expect(reply.headers['content-length']).toBe(String(reply.body.length));
  });

  it('answers HEAD like GET without the body', async () => {
    const [head, whole] = [await http('HEAD /status'), await http('GET /status')];
    expect([head.status, head.body, head.headers['content-length']]).toEqual([200, '', String(whole.body.length)]);
  });

  it.each([
    '/',
    '/status/',
    '/metrics',
    '/events',
    '/events/',
    '/events/query/',
    '/Events/query',
    '/events/QUERY',
    '/debug/pprof',
    '/debug/pprof/heap',
    '/debug/pprof/cmdline',
    '/favicon.ico',
  ])('knows no %s', async (path) => {
    const reply = await http(`GET ${path}`);
    expect(triple(reply)).toEqual([404, TEXT, '404 page not found\n']);
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
  });

  it('keeps its own metrics for those who say what they accept', async () => {
    expect((await http('GET /metrics', { headers: { Accept: '*/*' } })).body).toContain('tracer_dm_events');
  });

  it('says that there are no symbols', async () => {
    expect(await get('GET /debug/pprof/symbol')).toEqual([200, TEXT, 'num_symbols: 1\n']);
  });

  it.each([
    ['GET', '//status', '/status'],
    ['GET', '/events//query?trace_id=a&x=%20', '/events/query?trace_id=a&x=%20'],
    ['GET', '/events/../status', '/status'],
    ['HEAD', '/./status', '/status'],
    ['POST', '/events//truncate', '/events/truncate'],
  ])('redirects %s %s', async (method, path, location) => {
    const { status, headers, body } = await http(`${method} ${path}`);
    const type = method === 'POST' ? undefined : 'text/html; charset=utf-8';
    const link = `<a href="${location.replaceAll('&', '&amp;')}">Moved Permanently</a>.\n\n`;
    expect([status, headers.location, headers['content-type']]).toEqual([301, location, type]);
    expect(body).toBe(method === 'GET' ? link : '');
  });

  it('compares paths after decoding', async () => {
    expect((await http('GET /%73tatus')).status).toBe(200);
    expect((await http('POST /%65vents/truncate')).status).toBe(200);
  });
});

describe('an empty store', () => {
  it.each<[string, number, string]>([
    ['GET /events/query', 400, failure(42005, 'trace id not provided')],
    ['GET /events/query?trace_id=', 400, failure(42005, 'trace id not provided')],
    ['GET /events/query?trace_id=nope', 404, failure(42004, 'trace event nope not found')],
    ['GET /events/scan?offset=1', 404, failure(42004, 'offset: 1, limit: 10 not found')],
    ['GET /events/scan?offset=1&limit=0', 404, failure(42004, 'offset: 1, limit: 0 not found')],
    ['GET /events/scan?offset=1&limit=-1', 404, failure(42004, 'offset: 1, limit: -1 not found')],
    [
      'GET /events/scan?offset=9223372036854775807&limit=1',
      404,
      failure(42004, 'offset: 9223372036854775807, limit: 1 not found'),
    ],
  ])('%s', async (line, status, text) => {
    expect(await get(line)).toEqual([status, TEXT, text]);
  });

  it.each(['', '?offset=0&limit=0', '?offset=0&limit=5', '?offset=&limit=', '?offset=-1&limit=0'])(
    'scans nothing: %s',
    async (query) => {
      expect(await get(`GET /events/scan${query}`)).toEqual([200, 'application/json', '[]']);
    },
  );

  it('deletes nothing and says so', async () => {
    const body = '{\n "result": false,\n "trace_id": "nope"\n}';
    expect(await get('POST /events/delete', { type: FORM, body: 'trace_id=nope' })).toEqual([
      200,
      'application/json',
      body,
    ]);
    expect(await get('POST /events/truncate')).toEqual([200, 'application/json', '{\n "result": true\n}']);
  });

  it('echoes what was asked for byte by byte, and calls it binary when it is', async () => {
    const reply = await http('GET /events/query?trace_id=%3Ca%3E%00%07');
    expect(triple(reply)).toEqual([404, 'application/octet-stream', failure(42004, 'trace event <a>\0\x07 not found')]);
  });
});

describe('paging over traces', () => {
  const upload = (count: number): Promise<void> =>
    world.client.upload(...Array.from({ length: count }, (_, number) => dmBinlog(`g${number}`)));
  const ids = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, at) => `g${from + at}`);

  it.each([
    ['', 0, 10],
    ['?offset=0&limit=0', 0, 0],
    ['?offset=3&limit=5', 3, 8],
    ['?offset=3&limit=20', 3, 15],
    ['?offset=10&limit=10', 10, 15],
    ['?offset=15&limit=10', 15, 15],
    ['?limit=9007199254740993', 0, 15],
    ['?limit=9223372036854775807', 0, 15],
  ])('%s', async (query, from, to) => {
    await upload(15);
    expect(await get(`GET /events/scan${query}`)).toEqual([200, 'application/json', page(...ids(from, to))]);
  });

  it.each(['0x1', '0X1', '0b1', '0o1', '01', '0_1', '%2B1', '0x_1', '1'])('reads the offset %s', async (offset) => {
    await upload(3);
    expect((await http(`GET /events/scan?offset=${offset}&limit=1`)).body).toBe(page('g1'));
    expect((await http(`GET /events/scan?offset=010&limit=0x2`)).status).toBe(404);
  });

  it.each([
    ['offset=abc', 'offset', 'abc'],
    ['limit=abc', 'limit', 'abc'],
    ['offset=a&limit=b', 'offset', 'a'],
    ['offset=08&limit=1', 'offset', '08'],
    ['offset=1.0', 'offset', '1.0'],
    ['offset=1e3', 'offset', '1e3'],
    ['offset=+1', 'offset', ' 1'],
    ['offset=99999999999999999999', 'offset', '99999999999999999999'],
    ['limit=99999999999999999999', 'limit', '99999999999999999999'],
    ['offset=%3Cx%3E&limit=0', 'offset', '<x>'],
    // The published tracer answers none of these: it panics, or dies.
    ['offset=-1', 'offset', '-1'],
    ['offset=-1&limit=1', 'offset', '-1'],
    ['limit=-1', 'limit', '-1'],
    ['offset=-5&limit=-1', 'limit', '-1'],
  ])('answers 400 once to %s', async (query, name, value) => {
    await upload(2);
    const text = failure(42006, `param ${name} value ${value} not valid`);
    expect(await get(`GET /events/scan?${query}`)).toEqual([400, TEXT, text]);
  });

  it('moves up when a trace is deleted, and puts one that comes again at the end', async () => {
    await upload(4);
    const form = { type: FORM, body: 'trace_id=g1' };
    expect((await http('POST /events/delete', form)).body).toBe('{\n "result": true,\n "trace_id": "g1"\n}');
    expect((await http('GET /events/scan?offset=1&limit=1')).body).toBe(page('g2'));
    await world.client.upload(dmBinlog('g1'));
    expect((await http('GET /events/scan')).body).toBe(page('g0', 'g2', 'g3', 'g1'));
    expect((await http('GET /events/query?trace_id=g1')).status).toBe(200);
  });

  it('ends with an empty page for a client that pages by what it got', async () => {
    await upload(20);
    const seen: unknown[] = [];
    for (;;) {
      const { status, body } = await http(`GET /events/scan?offset=${seen.length}&limit=10`);
      expect(status).toBe(200);
      const groups = JSON.parse(body) as unknown[];
      seen.push(...groups);
      if (groups.length < 10) break;
    }
    expect(seen).toHaveLength(20);
  });
});

describe('methods that change something', () => {
  const POST_ONLY = failure(42007, 'post method only');
  it.each(['delete?trace_id=x', 'delete', 'truncate'])('takes POST only: %s', async (path) => {
    await world.client.upload(dmBinlog('x'));
    for (const method of ['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])
      expect(await get(`${method} /events/${path}`)).toEqual([400, TEXT, POST_ONLY]);
    expect((await http(`HEAD /events/${path}`)).headers['content-length']).toBe(String(POST_ONLY.length));
    expect((await http('GET /events/query?trace_id=x')).status).toBe(200);
  });

  it.each<[string, DmAsk]>([
    ['nothing', {}],
    ['an empty value', { type: FORM, body: 'trace_id=' }],
    ['JSON', { type: 'application/json', body: '{"trace_id":"x"}' }],
    ['broken JSON', { type: 'application/json', body: '{' }],
  ])('deletes nothing for %s', async (_, options) => {
    const expected = [400, TEXT, failure(42005, 'trace id not provided')];
    expect(await get('POST /events/delete', options)).toEqual(expected);
  });

  it('takes the id from the URL of a POST, and needs no proper body to truncate', async () => {
    await world.client.upload(dmBinlog('x'), dmBinlog('y'));
    expect((await http('POST /events/delete?trace_id=x')).body).toContain('true');
    expect((await http('POST /events/truncate', { type: FORM, body: '{}' })).body).toBe('{\n "result": true\n}');
    expect((await http('GET /events/query?trace_id=y')).status).toBe(404);
  });
});
