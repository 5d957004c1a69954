import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type request from 'supertest';
import { IndexerWorld } from './fixtures/indexer-world.js';

const RANK_0 = [
  '{"id":1,"name":"HH","cat":"dftracer","pid":7,"tid":7,"ph":"M","args":{"name":"node1","value":"h1"}}',
  '{"id":2,"name":"process_name","cat":"dftracer","pid":7,"tid":7,"ph":"M","args":{"name":"Rank 0","value":"process_name"}}',
  '{"id":3,"name":"thread_name","cat":"dftracer","pid":7,"tid":7,"ph":"M","args":{"name":"main","value":"thread_name"}}',
  '{"id":4,"name":"PR","cat":"dftracer","pid":7,"tid":7,"ph":"M","args":{"name":"rank","value":"0"}}',
  '{"id":5,"name":"FH","cat":"dftracer","pid":7,"tid":7,"ph":"M","args":{"name":"/data/a","value":"f1"}}',
  '{"id":6,"name":"read","cat":"POSIX","pid":7,"tid":7,"ts":1010,"dur":10,"ph":"X","args":{"hhash":"h1","fhash":"f1","ret":1000}}',
  '{"id":7,"name":"read","cat":"POSIX","pid":7,"tid":7,"ts":1030,"dur":30,"ph":"X","args":{"hhash":"h1","fhash":"f1","ret":3000}}',
  '{"id":8,"name":"step","cat":"APP","pid":7,"tid":7,"ts":1000,"dur":100,"ph":"X","args":{"hhash":"h1","epoch":1}}',
  '{"id":9,"name":"mark","cat":"APP","pid":7,"tid":8,"ph":"i"}',
];
const RANK_1 = [
  '{"id":"1","name":"write","cat":"POSIX","pid":"9","tid":"9","ts":"1200","dur":"0","ph":"X","args":{"hostname":"node2","fname":"/data/b","ret":"500"}}',
  '{"id":"2","name":"open","cat":"POSIX","pid":"9","tid":"9","ts":"1100","dur":"50","ph":"X","args":{"hostname":"node2","fname":"/data/b","ret":"3"}}',
];

const world = new IndexerWorld();
beforeAll(async () => {
  world.write('r0.pfw.gz', RANK_0);
  world.write('r1.pfw', RANK_1);
  await world.start();
});
afterAll(() => world.close());

const get = <T = Record<string, unknown>>(url: string): Promise<T> => world.answer<T>(`/api/v1/${url}`);

describe('/viz/density', () => {
  it('draws everything when nothing is asked', async () => {
    expect(await get('viz/density?viewport_width=2')).toEqual({
      begin: 0,
      end: 200,
      bins: 2,
      bin_us: 100,
      ts_normalized: true,
      global_min_timestamp_us: 1000,
      events: 5,
      names: ['step', 'open'],
      lanes: [
        { pid: 7, tid: 7, bin: [0], count: [3], busy_us: [140], top: [0] },
        { pid: 9, tid: 9, bin: [1], count: [2], busy_us: [50], top: [1] },
      ].map((lane) => (lane.pid === 7 ? { ...lane, bin: [0], count: [3] } : lane)),
    });
  });

  it('draws a window, and what reaches into it, by thread or by process', async () => {
    const window = await get<{ lanes: object[]; events: number }>(
      'viz/density?begin=1040&end=1050&ts_normalize=0&viewport_width=1&lane=process',
    );
    expect(window).toMatchObject({ begin: 1040, end: 1050, ts_normalized: false, events: 2 });
    expect(window.lanes).toEqual([{ pid: 7, tid: null, bin: [0], count: [2], busy_us: [20], top: [0] }]);
    expect(await get('viz/density?cat=none')).toMatchObject({ events: 0, lanes: [], names: [] });
  });
});

describe('/viz/calltree', () => {
  it('folds each lane, or all of them', async () => {
    expect(await get('viz/calltree')).toEqual({
      lanes: [
        {
          pid: 7,
          tid: 7,
          total_us: 100,
          children: [
            {
              name: 'step',
              count: 1,
              total_us: 100,
              self_us: 60,
              children: [{ name: 'read', count: 2, total_us: 40, self_us: 40, children: [] }],
            },
          ],
        },
        {
          pid: 9,
          tid: 9,
          total_us: 50,
          children: [
            { name: 'open', count: 1, total_us: 50, self_us: 50, children: [] },
            { name: 'write', count: 1, total_us: 0, self_us: 0, children: [] },
          ],
        },
      ],
      events: 5,
      untimed: 1,
      left_out: 0,
      cut: 0,
      too_deep: 0,
      pruned: 0,
    });
    expect(await get('viz/calltree?merge=1&limit=2')).toMatchObject({
      lanes: [{ pid: null, tid: null, total_us: 150, children: [{ name: 'step', children: [] }, { name: 'open' }] }],
      pruned: 2,
    });
    expect(await get('viz/calltree?pid=9&begin=190')).toMatchObject({
      lanes: [{ pid: 9, children: [{ name: 'write' }] }],
      events: 1,
    });
  });
});

describe('/viz/histogram', () => {
  it('counts durations between powers of two', async () => {
    const histogram = await get<{ buckets: { from_us: number; count: number }[] }>('viz/histogram');
    expect(histogram).toMatchObject({ count: 5, without_duration: 1, zero: 1, negative: 0, max_us: 100 });
    expect(histogram.buckets.map(({ from_us, count }) => [from_us, count])).toEqual([
      [8, 1],
      [16, 1],
      [32, 1],
      [64, 1],
    ]);
    expect(await get('viz/histogram?name=nothing')).toEqual({
      count: 0,
      without_duration: 0,
      zero: 0,
      negative: 0,
      p50_us: null,
      p95_us: null,
      p99_us: null,
      max_us: null,
      buckets: [],
    });
  });
});

describe('/names', () => {
  it('adds up each name, most time first', async () => {
    const { names, total, truncated } = await get<{
      names: Record<string, unknown>[];
      total: number;
      truncated: boolean;
    }>('names?limit=2');
    expect(names).toEqual([
      { name: 'step', cat: 'APP', count: 1, total_us: 100, mean_us: 100, min_us: 100, max_us: 100 },
      { name: 'open', cat: 'POSIX', count: 1, total_us: 50, mean_us: 50, min_us: 50, max_us: 50 },
    ]);
    expect([total, truncated]).toEqual([5, true]);
    expect(await get('names?name=mark')).toMatchObject({
      names: [{ name: 'mark', count: 1, total_us: 0, mean_us: null }],
      truncated: false,
    });
  });
});

describe('/lanes', () => {
  it('names processes, threads, ranks and hosts', async () => {
    expect(await get('lanes')).toEqual({
      lanes: [
        {
          file: 'r0.pfw.gz',
          pid: 7,
          tid: 7,
          host: 'node1',
          rank: '0',
          process_name: 'Rank 0',
          thread_name: 'main',
          events: 3,
          min_timestamp_us: 1000,
          max_timestamp_us: 1100,
          busy_us: 140,
        },
        {
          file: 'r0.pfw.gz',
          pid: 7,
          tid: 8,
          host: 'node1',
          rank: '0',
          process_name: 'Rank 0',
          events: 1,
          min_timestamp_us: null,
          max_timestamp_us: null,
          busy_us: 0,
        },
        {
          file: 'r1.pfw',
          pid: 9,
          tid: 9,
          host: 'node2',
          events: 2,
          min_timestamp_us: 1100,
          max_timestamp_us: 1200,
          busy_us: 50,
        },
      ],
    });
    expect(await get('lanes?file=r1.pfw&cat=APP')).toEqual({ lanes: [] });
  });
});

describe('/counters', () => {
  it('adds up operations and bytes over time', async () => {
    expect(await get('counters?buckets=2')).toEqual({
      begin_us: 1000,
      bucket_us: 100,
      operations: [3, 2],
      read_operations: [2, 0],
      write_operations: [0, 1],
      read_bytes: [4000, 0],
      write_bytes: [0, 500],
      busy_us: [140, 50],
      untimed: 1,
    });
    expect(await get('counters?buckets=1&ts_min=1030&ts_max=1045&overlap=1')).toMatchObject({
      begin_us: 1030,
      bucket_us: 15,
      operations: [1],
      read_bytes: [1500],
    });
  });
});

describe('/query', () => {
  const query = (body: object): Promise<{ groups: { key: object; values: object }[] }> =>
    world.answer('/api/v1/query', body);

  it('groups by anything and adds up anything', async () => {
    expect(await query({})).toEqual({
      groups: [{ key: {}, values: { count: 6, sum: 190, mean: 38 } }],
      total_groups: 1,
      truncated: false,
      matched: 6,
      left_out: 0,
    });
    expect((await query({ group_by: ['name'], aggregate: ['sum', 'p99', 'max'], cat: ['POSIX'] })).groups).toEqual([
      { key: { name: 'open' }, values: { sum: 50, p99: 50, max: 50 } },
      { key: { name: 'read' }, values: { sum: 40, p99: 30, max: 30 } },
      { key: { name: 'write' }, values: { sum: 0, p99: 0, max: 0 } },
    ]);
    expect((await query({ group_by: ['fname', 'hostname'], aggregate: ['bytes'], cat: ['POSIX'] })).groups).toEqual([
      { key: { fname: '/data/a', hostname: 'node1' }, values: { bytes: 4000 } },
      { key: { fname: '/data/b', hostname: 'node2' }, values: { bytes: 500 } },
    ]);
    expect(
      await query({ group_by: ['file', 'time'], time_bucket_us: 100, aggregate: ['count'], limit: 1, order_by: 'sum' }),
    ).toMatchObject({
      groups: [{ key: { file: 'r0.pfw.gz', time: 1000 }, values: { count: 3 } }],
      total_groups: 4,
      truncated: true,
    });
    expect(
      (await query({ group_by: ['args.epoch'], filters: [{ field: 'args.epoch', op: '>=', value: 1 }] })).groups,
    ).toEqual([{ key: { 'args.epoch': 1 }, values: { count: 1, sum: 100, mean: 100 } }]);
  });

  it('takes the same conditions as everywhere', async () => {
    const count = async (body: object): Promise<unknown> =>
      (await query({ ...body, aggregate: ['count'] })).groups[0]?.values ?? { count: 0 };
    expect(await count({ files: ['r1.pfw'] })).toEqual({ count: 2 });
    expect(await count({ pid: 7, tid: 7, dur_min: 10, dur_max: 30 })).toEqual({ count: 2 });
    expect(await count({ ts_min: 1050, ts_max: 1060 })).toEqual({ count: 0 });
    expect(await count({ ts_min: 1050, ts_max: 1060, overlap: true })).toEqual({ count: 2 });
    expect(await count({ name: ['read', 'write'] })).toEqual({ count: 3 });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ group_by: ['foo'] }, 'Invalid group_by[0]: expected one of name, cat'],
    [{ aggregate: ['median'] }, 'aggregate'],
    [{ bogus: 1 }, 'bogus'],
    [{ pid: 'x' }, 'pid'],
    [{ limit: 0 }, 'limit'],
    [{ filters: [{ field: 'pid', op: '~', value: 1 }] }, 'filters[0]: unknown operator'],
    [{ time_bucket_us: 0 }, 'time_bucket_us'],
  ])('refuses %j', async (body, message) => {
    expect(await world.failure('/api/v1/query', 400, 'post', body)).toContain(message);
  });

  it('refuses what is no JSON, and bodies that are too large', async () => {
    expect((await world.http().post('/api/v1/query').send('{foo')).body).toEqual({
      error: expect.stringContaining('JSON'),
    });
    const { status, body } = await world
      .http()
      .post('/api/v1/query')
      .send({ name: ['x'.repeat(1 << 20)] });
    expect([status, body]).toEqual([413, { error: expect.any(String) }]);
    expect(await world.failure('/api/v1/query', 404, 'post', { files: ['nope'] })).toBe('File not found: nope');
  });
});

describe('/export', () => {
  const download = async (query: string): Promise<request.Response> =>
    world.http().get(`/api/v1/export?${query}`).buffer(true).parse(bytesParser);

  it.each<[string, string, RegExp, string]>([
    ['chrome', 'json', /^application\/json/, '{"displayTimeUnit"'],
    ['speedscope', 'speedscope.json', /^application\/json/, '{"$schema"'],
    ['folded', 'folded.txt', /^text\/plain/, '7:7;step 60\n7:7;step;read 40\n'],
    ['parquet', 'parquet', /^application\/vnd.apache.parquet$/, 'PAR1'],
    ['perfetto', 'perfetto-trace', /^application\/vnd.google.protobuf$/, '\n'],
  ])('%s is a file with a name and a type', async (format, extension, type, start) => {
    const { status, headers, body } = await download(`format=${format}&file=r0.pfw.gz`);
    expect([status, headers['content-disposition']]).toEqual([200, `attachment; filename="r0.${extension}"`]);
    expect(headers['content-type']).toMatch(type);
    expect((body as Buffer).toString('latin1').startsWith(start)).toBe(true);
  });

  it('exports a selection, with resolved names on request', async () => {
    const { body, headers } = await download('format=chrome&name=read&limit=1&resolve=1');
    expect(headers['content-disposition']).toBe('attachment; filename="traces.json"');
    const { traceEvents } = JSON.parse((body as Buffer).toString()) as {
      traceEvents: { name: string; args: object }[];
    };
    expect(traceEvents.map(({ name }) => name)).toEqual(['process_name', 'thread_name', 'read']);
    expect(traceEvents[2]?.args).toEqual({ hhash: 'h1', fhash: 'f1', ret: 1000, fname: '/data/a', hostname: 'node1' });
  });

  it('needs a format that there is', async () => {
    expect(await world.failure('/api/v1/export', 400)).toBe('Missing required parameter: format');
    expect(await world.failure('/api/v1/export?format=xml', 400)).toContain(
      'one of chrome, perfetto, speedscope, folded, parquet',
    );
  });
});

describe('wrong parameters', () => {
  it.each([
    'viz/density?begin=5&end=1',
    'viz/density?viewport_width=0',
    'viz/density?lane=cpu',
    'viz/calltree?limit=0',
    'viz/calltree?merge=maybe',
    'viz/histogram?per_octave=3',
    'names?limit=0',
    'names?pid=x',
    'lanes?ts_min=',
    'counters?buckets=0',
    'counters?buckets=1e9',
    'export?format=chrome&limit=-1',
  ])('%s is refused', async (url) => {
    const name = /[?&](\w+)=[^&]*$/.exec(url)?.[1] ?? '';
    expect(await world.failure(`/api/v1/${url}`, 400)).toContain(name);
  });
});

function bytesParser(response: request.Response, done: (error: Error | null, bytes: Buffer) => void): void {
  const stream = response as unknown as NodeJS.ReadableStream;
  const parts: Buffer[] = [];
  stream.on('data', (part: Buffer) => parts.push(Buffer.from(part)));
  stream.on('end', () => {
    done(null, Buffer.concat(parts));
  });
}
