import { once } from 'node:events';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { traceLines } from '../../libs/trace-index/src/testing/trace-lines.js';
import { IndexerWorld } from './fixtures/indexer-world.js';
import { MIXED, OTHER, QUOTED } from './fixtures/mixed-traces.js';

const world = new IndexerWorld();
const events = '/api/v1/events';
const stream = '/api/v1/events/stream';
beforeAll(async () => {
  world.write('a.pfw.gz', MIXED);
  world.write('job/b,1.pfw.gz', OTHER, { members: 3 });
  world.write('job/old.pfw', QUOTED);
  await world.start();
});
afterAll(() => world.close());

describe('/files', () => {
  it('lists files of all directories by their path', async () => {
    const state = { has_bloom_data: false, has_checkpoint_index: false, is_small: true };
    const { files, count } = await world.answer<{ files: { path: string }[]; count: number }>('/api/v1/files');
    expect(files.map(({ path }) => path)).toEqual(['a.pfw.gz', 'job/b,1.pfw.gz', 'job/old.pfw']);
    expect([count, files[0]]).toEqual([
      3,
      { path: 'a.pfw.gz', ...state, state: expect.stringMatching(/waiting|indexing|ready/) },
    ]);
  });

  it('tells what is known of one file, and what of it is not shown', async () => {
    const info = await world.answer<Record<string, unknown>>('/api/v1/files/info?file=a.pfw.gz');
    expect(info).toMatchObject({
      path: 'a.pfw.gz',
      is_small: true,
      state: 'ready',
      complete: true,
      num_events: 8,
      num_metadata_records: 5,
      skipped: { invalid_lines: 1, oversized_lines: 0, tail_bytes: 0, garbage_bytes: 0 },
      min_timestamp_us: 5000,
      max_timestamp_us: 11_050,
    });
    expect(info['size_mb']).toBeCloseTo((info['compressed_size'] as number) / 2 ** 20, 9);
    for (const key of ['num_lines', 'num_checkpoints', 'uncompressed_size']) expect(info).not.toHaveProperty(key);
    expect(
      await world.answer(`/api/v1/files/info?file=${encodeURIComponent(world.path('job/old.pfw'))}`),
    ).toMatchObject({ path: 'job/old.pfw' });
  });
});

describe('/events', () => {
  it('returns every record in file order when nothing is asked', async () => {
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13];
    expect(await world.ids(events)).toEqual([...all, 1, 2, 3, 4, '0']);
    expect(await world.ids(`${events}?file=a.pfw.gz`)).toEqual(all);
    expect(await world.ids(`${events}?file=${encodeURIComponent('job/b,1.pfw.gz')}&file=a.pfw.gz`)).toEqual([
      ...all,
      1,
      2,
      3,
      4,
    ]);
    expect(await world.ids(`${events}?cat=,&name=`)).toEqual([...all, 1, 2, 3, 4, '0']);
    expect((await world.lines(`${events}?file=a.pfw.gz`)).at(-1)).toBe(
      '{"id":13,"name":"trailing","cat":"APP","pid":31,"tid":31,"ts":9000,"dur":1,"ph":"X"}',
    );
  });

  it.each<[string, unknown[]]>([
    // Every hash record that an event needs stands right before it, once; no other metadata does.
    ['cat=POSIX', [1, 3, 6, 7, 4, 8, 1, 2, '0']],
    ['cat=posix', []],
    ['cat=POSIX,STDIO&file=a.pfw.gz', [1, 3, 6, 7, 4, 8, 9]],
    ['cat=POSIX&cat=STDIO&metadata=none', [6, 7, 8, 9, 2, '0']],
    ['name=read,write&metadata=none', [7, 8, 2, '0']],
    ['name=read&cat=APP', []],
    ['pid=40&metadata=none', [2, 3, 4]],
    ['pid=77', ['0']],
    ['tid=32&metadata=none', [8, 9]],
    ['pid=-1', []],
    // Bounds are inclusive, compared as doubles, and 0 or less is a bound like any other.
    ['ts_min=5100&ts_max=5700&metadata=none', [7, 8]],
    ['ts_min=5100.5&ts_max=7000&metadata=none', [8, 9]],
    ['ts_min=1.6e4&metadata=none', [3, 4, '0']],
    ['ts_min=-5&ts_max=5050&metadata=none', [6, 10]],
    ['ts_max=0&metadata=none', []],
    ['ts_min=6000&ts_max=8000&metadata=none', [9, 11]],
    ['ts_min=6000&ts_max=8000&overlap=1&metadata=none', [8, 9, 10, 11]],
    ['dur_min=600&dur_max=900&metadata=none', [7, 8, 2]],
    ['dur_max=0&metadata=none', [9]],
    ['dur_min=12.5&dur_max=12.5&metadata=none', [4]],
    ['filters=[{"field":"args.ret","op":">","value":50}]&metadata=none', [7, 8]],
    ['filters={"field":"ph","op":"in","value":["C",1]}&metadata=none', [11, 2, 3, 4]],
    ['filters={"field":"fname","op":"=","value":"/in.npz"}&metadata=none', [6, 7]],
    ['filters={"field":"fname","op":"=","value":"/x"}', ['0']],
    ['filters={"field":"hostname","op":"in","value":["beta","gamma"]}&metadata=none', [2, 3, 4, '0']],
    ['name=re"ad', []],
    // All metadata, at its place, whatever the filter says.
    ['cat=STDIO&metadata=all', [1, 2, 3, 4, 5, 9, 1]],
    ['metadata=none&file=a.pfw.gz', [6, 7, 8, 9, 10, 11, 12, 13]],
    ['metadata=referenced&file=a.pfw.gz&limit=3', [1, 3, 6, 7, 4, 8]],
    ['limit=0', []],
    ['limit=2&metadata=none', [6, 7]],
    ['limit=9&metadata=none', [6, 7, 8, 9, 10, 11, 12, 13, 2]],
  ])('%s returns %j', async (query, ids) => {
    expect(await world.ids(`${events}?${query}`)).toEqual(ids);
    if (!query.includes('limit=0')) expect(await world.ids(`${stream}?${query}`)).toEqual(ids);
  });

  it('tells the limit in X-Limit, on the stream only when it was given', async () => {
    const limitOf = async (url: string): Promise<string | undefined> =>
      (await world.http().get(url)).headers['x-limit'];
    expect(await limitOf(events)).toBe('1000');
    expect(await limitOf(`${events}?limit=0`)).toBe('0');
    expect(await limitOf(`${events}?limit=100000`)).toBe('100000');
    expect(await limitOf(stream)).toBeUndefined();
    expect(await limitOf(`${stream}?limit=3`)).toBe('3');
  });

  it('adds resolved names on request', async () => {
    const [line = ''] = await world.lines(`${events}?name=read&file=a.pfw.gz&resolve=1&metadata=none`);
    expect((JSON.parse(line) as { args: object }).args).toEqual({
      hhash: 'h1',
      fhash: 'f1',
      ret: 8192,
      fname: '/in.npz',
      hostname: 'alpha',
    });
  });

  it('answers HEAD without a body', async () => {
    const { status, headers } = await world.http().head(`${stream}?limit=1`);
    expect([status, headers['content-type'], headers['x-limit']]).toEqual([200, 'application/x-ndjson', '1']);
  });
});

describe('/info and /stats', () => {
  it('count every file, however small', async () => {
    expect(await world.answer('/api/v1/info')).toMatchObject({
      file_count: expect.any(Number),
      time_range: { min_timestamp_us: 5000, max_timestamp_us: 90_012.5 },
      files: expect.arrayContaining([
        expect.objectContaining({ path: 'job/old.pfw', min_timestamp_us: 20_000, max_timestamp_us: 20_141 }),
      ]),
    });
    const stats = await world.answer<{
      total_events: number;
      skipped_small_files: number;
      files: Record<string, unknown>[];
    }>('/api/v1/stats');
    expect([stats.total_events, stats.skipped_small_files]).toEqual([12, 0]);
    expect(stats.files.find((file) => file['file_path'] === 'job/b,1.pfw.gz')).toEqual({
      file_path: 'job/b,1.pfw.gz',
      success: true,
      total_events: 3,
      num_categories: 3,
      num_unique_names: 3,
      num_pid_tids: 2,
      time_range: { min_timestamp_us: 15_000, max_timestamp_us: 90_012.5, time_span_seconds: 0.0750125 },
      duration: {
        count: 3,
        sum_us: 70_812.5,
        mean_us: 70_812.5 / 3,
        min_us: 12.5,
        max_us: 70_000,
        stddev_us: expect.closeTo(40_181.8996, 3),
        p50_us: expect.closeTo(800, -1),
        p95_us: 70_000,
        p99_us: 70_000,
      },
      category_counts: { POSIX: 1, AI: 1, MPI: 1 },
      name_counts: { read: 1, compute: 1, MPI_Send: 1 },
      pid_tid_counts: { '40:40': 2, '40:41': 1 },
    });
  });
});

describe('failures', () => {
  it.each<[string, string]>([
    ['pid=abc', 'Invalid parameter pid: expected a plain decimal number, got "abc"'],
    ['pid=', 'Invalid parameter pid'],
    ['pid=1&pid=2', 'Invalid parameter pid: given more than once'],
    ['ts_min=inf', 'ts_min'],
    ['ts_max=nan', 'ts_max'],
    ['ts_min=1e999', 'ts_min'],
    ['ts_min=0x10', 'ts_min'],
    ['dur_min=12abc', 'dur_min'],
    ['dur_max=+5', 'dur_max'],
    ['limit=abc', 'Invalid parameter limit: expected a whole number from 0 to'],
    ['limit=-1', 'limit'],
    ['limit=1.5', 'limit'],
    ['metadata=bogus', 'Invalid parameter metadata: expected one of all, referenced, none, got "bogus"'],
    ['overlap=yes', 'Invalid parameter overlap: expected 0 or 1, got "yes"'],
    ['wait=2', 'wait'],
    ['filters=[not', 'Invalid parameter filters: expected JSON'],
    ['filters=[1]', 'filters[0]: expected an object'],
    ['filters=[{"op":"="}]', 'filters[0]: expected a text as field'],
    ['filters=[{"field":"pid","op":"~","value":1}]', 'filters[0]: unknown operator "~"'],
    ['filters=[{"field":"constructor","op":"=","value":1}]', 'filters[0]: unknown field "constructor"'],
  ])('%s is refused, naming what is wrong', async (query, message) => {
    expect(await world.failure(`${events}?${query}`, 400)).toContain(message);
    expect(await world.failure(`${stream}?${query}`, 400)).toContain(message);
  });

  it.each<[string, string]>([
    ['/api/v1/events?limit=100001', 'from 0 to 100000'],
    ['/api/v1/files/info', 'Missing required parameter: file'],
    ['/api/v1/files/info?file=', 'Missing required parameter: file'],
    ['/api/v1/viz/events', 'Missing required parameters: begin, end, summary'],
    ['/api/v1/viz/events?begin=0&end=10', 'Missing required parameters: summary'],
    ['/api/v1/viz/events?begin=x&end=1&summary=1', 'Invalid parameter begin'],
    ['/api/v1/viz/events?begin=2&end=1&summary=1', 'Invalid parameter end: expected a time not before begin'],
    ['/api/v1/viz/events?begin=0&end=1&summary=1.5', 'Invalid parameter summary'],
    ['/api/v1/viz/events?begin=0&end=1&summary=1&lanes=[not', 'Invalid parameter lanes: expected JSON'],
    ['/api/v1/viz/events?begin=0&end=1&summary=1&lanes=[{"value":1}]', 'lanes[0]: expected a text as field'],
    ['/api/v1/viz/events?begin=0&end=1&summary=1&viewport_width=0', 'viewport_width'],
  ])('%s is refused with "%s"', async (url, message) => {
    expect(await world.failure(url, 400)).toContain(message);
  });

  it('unknown files are not found, on every route, and nothing outside the directory can be named', async () => {
    const routes = [
      `${events}?`,
      `${events}?limit=0&`,
      `${stream}?`,
      '/api/v1/files/info?',
      '/api/v1/viz/events?begin=0&end=1&summary=1&',
      '/api/v1/names?',
      '/api/v1/export?format=chrome&',
    ];
    for (const route of routes) {
      for (const name of [
        'nope.pfw.gz',
        '../../etc/passwd',
        '/etc/passwd',
        'a.pfw.gz\0',
        'job/../a.pfw.gz',
        './a.pfw.gz',
        'job',
      ]) {
        expect([route, await world.failure(`${route}file=${encodeURIComponent(name)}`, 404)]).toEqual([
          route,
          `File not found: ${name}`,
        ]);
      }
    }
  });

  it('unknown endpoints are not found, known ones take no other method', async () => {
    for (const url of ['/api/v1/nothing', '/api/v2/files', '/api']) await world.failure(url, 404);
    for (const url of ['files', 'files/info', 'events', 'events/stream', 'stats', 'info', 'viz/events', 'export']) {
      for (const method of ['post', 'delete', 'put'] as const) {
        const response = await world.http()[method](`/api/v1/${url}`);
        expect([response.status, response.body, response.headers['allow']]).toEqual([
          405,
          { error: expect.stringContaining(`${method.toUpperCase()} is not allowed`) },
          'GET, HEAD',
        ]);
      }
    }
    expect(await world.failure('/api/v1/query', 405)).toContain('use POST');
  });
});

describe('names with commas', () => {
  it('matches a comma by repeating the parameter', async () => {
    world.write('comma.pfw', ['{"id":"c","name":"a,b"}', '{"id":"d","name":"c"}']);
    expect(await world.ids(`${events}?file=comma.pfw&name=a,b&name=a,b`)).toEqual(['c']);
    expect(await world.ids(`${events}?file=comma.pfw&name=a,b`)).toEqual([]);
    expect(await world.ids(`${events}?file=comma.pfw&name=x,c&name=a,b`)).toEqual(['c', 'd']);
  });
});

describe('a stream', () => {
  it('stops all work when its client leaves', async () => {
    world.write('long.pfw.gz', traceLines({ dialect: 'hex', events: 60_000 }));
    const request = get(`${world.url}${stream}?file=long.pfw.gz`);
    const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { destroy(): void }];
    await once(response, 'data');
    response.destroy();
    request.destroy();
    expect(await world.ids(`${events}?file=long.pfw.gz&limit=1&metadata=none`)).toHaveLength(1);
  });

  it('waits for a slow client without loss', async () => {
    const request = get(`${world.url}${stream}?file=long.pfw.gz&metadata=none`);
    const [response] = (await once(request, 'response')) as [AsyncIterable<Buffer>];
    let newlines = 0;
    for await (const part of response) {
      for (const byte of part) if (byte === 10) newlines++;
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect(newlines).toBe(60_000);
  });
});

describe('operations', () => {
  it('are there: health, readiness, figures, document', async () => {
    expect((await world.http().get('/ready').expect(200)).body).toMatchObject({
      ready: true,
      checks: [{ name: 'trace files', ok: true }],
    });
    await world.http().get('/health').expect(200);
    const { text } = await world.http().get('/metrics').expect(200);
    expect(text).toMatch(/^tracer_index_files\{state="ready",service="trace-indexer"\} \d+$/m);
    expect(text).toMatch(/^tracer_index_skipped\{what="invalidLines",service="trace-indexer"\} 1$/m);
    const document = (await world.http().get('/docs-json').expect(200)).body as { paths: Record<string, object> };
    expect(Object.keys(document.paths)).toEqual(
      expect.arrayContaining(['/api/v1/events', '/api/v1/viz/density', '/api/v1/export']),
    );
  });
});
