import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshId, SpanWorld } from './fixtures/span-world.js';

const world = new SpanWorld();
const NOW_MS = Date.now() - 60_000;
const at = (ms: number): number => (NOW_MS + ms) * 1000;
const endpoint = (serviceName: string) => ({ serviceName });
const [first, second, failing] = [freshId(), freshId(), freshId()];

interface Sketch {
  readonly traceId: string;
  readonly id?: string;
  readonly parentId?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly service?: string;
  readonly remote?: string;
  readonly ms?: number;
  readonly durationUs?: number;
  readonly tags?: Record<string, string>;
}
const span = ({ traceId, id = freshId(), parentId, kind, name = 'get /', service = 'front', ...more }: Sketch) => ({
  traceId,
  ...(parentId === undefined ? {} : { parentId }),
  id,
  ...(kind === undefined ? {} : { kind }),
  name,
  timestamp: at(more.ms ?? 0),
  duration: more.durationUs ?? 1_000,
  localEndpoint: endpoint(service),
  ...(more.remote === undefined ? {} : { remoteEndpoint: endpoint(more.remote) }),
  tags: more.tags ?? {},
});

beforeAll(async () => {
  await world.start({ AUTOCOMPLETE_KEYS: 'environment', TRACER_RETENTION_DAYS: '3' });
  const root = freshId();
  await world.postV2([
    span({ traceId: first, id: root, kind: 'SERVER', tags: { 'http.method': 'GET', environment: 'test' } }),
    span({ traceId: first, parentId: root, kind: 'CLIENT', name: 'select', remote: 'db', durationUs: 300 }),
    span({ traceId: second, ms: 1_000, kind: 'SERVER', name: 'post /', durationUs: 9_000, tags: { size: '70' } }),
    span({ traceId: failing, ms: 2_000, service: 'back', tags: { error: 'boom', size: '9', 'Mixed Case': 'Value' } }),
  ]);
}, 60_000);
afterAll(() => world.close());

const traceIds = (traces: readonly (readonly { traceId: string }[])[]) => traces.map((trace) => trace[0]?.traceId);
const search = async (query: string) => traceIds(await world.json(`/api/v2/traces?${query}`));

describe('GET of Zipkin', () => {
  it('lists names', async () => {
    expect(await world.json('/api/v2/services')).toEqual(['back', 'front']);
    expect(await world.json('/zipkin/api/v2/spans?serviceName=FRONT')).toEqual(['get /', 'post /', 'select']);
    expect(await world.json('/api/v2/remoteServices?serviceName=front')).toEqual(['db']);
    expect(await world.json('/api/v2/autocompleteKeys')).toEqual(['environment']);
    expect(await world.json('/api/v2/autocompleteValues?key=environment')).toEqual(['test']);
    expect(await world.json('/api/v2/autocompleteValues?key=http.method')).toEqual([]);
  });

  it('lets only long lists be cached', async () => {
    const short = await world.http().get('/api/v2/services');
    expect(short.headers).not.toHaveProperty('cache-control');
    const keys = await world.http().get('/api/v2/autocompleteKeys');
    expect(keys.headers['cache-control']).toBe('max-age=300, must-revalidate');
  });

  it('finds traces, newest first', async () => {
    expect(await search('')).toEqual([failing, second, first]);
    expect(await search('limit=1')).toEqual([failing]);
    expect(await search('serviceName=Front&spanName=all')).toEqual([second, first]);
    expect(await search('serviceName=front&spanName=SELECT')).toEqual([first]);
    expect(await search('serviceName=front&remoteServiceName=db')).toEqual([first]);
    expect(await search('minDuration=9000')).toEqual([second]);
    expect(await search('minDuration=200&maxDuration=500')).toEqual([first]);
    expect(await search(`annotationQuery=${encodeURIComponent('http.method=GET and environment')}`)).toEqual([first]);
    expect(await search('annotationQuery=http.method%3Dget')).toEqual([]);
    expect(await search(`endTs=${NOW_MS + 1_000}`)).toEqual([second, first]);
    expect(await search(`endTs=${NOW_MS + 1_000}&lookback=10`)).toEqual([second]);
  });

  it.each([
    ['traces?endTs=0', 'endTs <= 0'],
    ['traces?limit=0', 'limit <= 0'],
    ['traces?lookback=-1', 'lookback <= 0'],
    ['traces?minDuration=0', 'minDuration <= 0'],
    ['traces?minDuration=2&maxDuration=1', 'maxDuration < minDuration'],
    ['traces?maxDuration=1', 'maxDuration is only valid with minDuration'],
    ['traces?limit=ten', 'limit must be a whole number, not "ten"'],
    ['traces?endTs=9999999999999999999', 'endTs must be a whole number, not "9999999999999999999"'],
    ['spans', 'serviceName is required'],
    ['remoteServices?serviceName=', 'serviceName is required'],
    ['dependencies', 'endTs is required'],
    ['traceMany', 'traceIds parameter is empty'],
    [`traceMany?traceIds=${first}`, 'Use /api/v2/trace/{traceId} endpoint to retrieve a single trace'],
    [`traceMany?traceIds=${first},${first}`, `redundant traceId: ${first}`],
    ['traceMany?traceIds=1,XY', 'XY should be lower-hex encoded with no prefix'],
    ['trace/0', 'traceId is all zeros'],
    ['trace/123456789012345678901234567890123', 'traceId.length > 32'],
  ])('refuses %s', async (path, text) => {
    const response = await world.http().get(`/api/v2/${path}`).expect(400, text);
    expect(response.type).toBe('text/plain');
  });

  it('reads traces by their ids', async () => {
    expect(traceIds(await world.json(`/api/v2/traceMany?traceIds=${first},${second},${freshId()}`)).sort()).toEqual(
      [first, second].sort(),
    );
    expect(await world.json(`/api/v2/trace/%20${first}%20`)).toHaveLength(2);
    await world.http().get('/api/v2/trace/abc').expect(404, '0000000000000abc not found');
  });

  it('draws who calls whom', async () => {
    expect(await world.json(`/api/v2/dependencies?endTs=${NOW_MS + 5_000}&lookback=10000`)).toEqual([
      { parent: 'front', child: 'db', callCount: 1 },
    ]);
    expect(await world.json(`/api/v2/dependencies?endTs=${NOW_MS - 5_000}&lookback=10000`)).toEqual([]);
  });

  it('takes any text as a name', async () => {
    for (const evil of [`'; DROP TABLE span; --`, '%00', '\\', '$1', '[', 'x'.repeat(5_000)]) {
      const value = evil === '%00' ? evil : encodeURIComponent(evil);
      expect(await search(`serviceName=${value}&spanName=${value}&annotationQuery=${value}`)).toEqual([]);
      expect(await world.json(`/api/v2/spans?serviceName=${value}`)).toEqual([]);
    }
  });
});

describe('POST /api/v1/spans/search', () => {
  interface Found {
    readonly traces: { traceId: string }[];
    readonly complete: boolean;
    readonly next?: string;
    readonly scannedSpans: number;
    readonly matchedSpans: number;
  }
  const find = async (query: object, tenant = '0'): Promise<Found> => {
    const response = await world.http().post('/api/v1/spans/search').set('X-Project-Id', tenant).send(query);
    expect([response.status, response.body]).toEqual([200, expect.anything()]);
    return response.body as Found;
  };
  const wish = (...conditions: string[]) => ({
    attributes: conditions.map((text) => text.split(' ')).map(([key, op, value]) => ({ key, op, value })),
  });
  const ids = async (query: object) => (await find(query)).traces.map(({ traceId }) => traceId);

  it('summarises what it finds', async () => {
    expect(await find({ service: 'FRONT', kind: 'CLIENT' })).toEqual({
      traces: [
        {
          traceId: first,
          root: { service: 'front', name: 'get /', kind: 'SERVER' },
          match: { service: 'front', name: 'select', kind: 'CLIENT' },
          matchedSpans: 1,
          spanCount: 2,
          errorCount: 0,
          services: ['front'],
          startUs: at(0),
          durationUs: 1_000,
        },
      ],
      scannedSpans: 1,
      matchedSpans: 1,
      complete: true,
    });
  });

  it.each([
    ['nothing', {}, () => [failing, second, first]],
    ['the longest span', { sort: 'duration', minDurationUs: 1_000 }, () => [second, failing, first]],
    ['failure', { status: 'error' }, () => [failing]],
    ['success', { status: 'ok' }, () => [second, first]],
    ['duration', { maxDurationUs: 500 }, () => [first]],
    ['time', { fromUs: at(900), toUs: at(1_100) }, () => [second]],
    ['equal', { attributes: [{ key: 'http.method', op: '=', value: 'GET' }] }, () => [first]],
    ['different', { attributes: [{ key: 'size', op: '!=', value: '70' }] }, () => [failing, first]],
    ['a part', { attributes: [{ key: 'Mixed Case', op: '~', value: 'ALU' }] }, () => [failing]],
    ['more', { attributes: [{ key: 'size', op: '>', value: '9' }] }, () => [second]],
    ['less', { attributes: [{ key: 'size', op: '<', value: '70' }] }, () => [failing]],
    ['one of two', { anyOf: [wish('size > 9'), wish('http.method = GET', 'size != 70')] }, () => [second, first]],
    ['one of two and more', { attributes: wish('size != 1').attributes, anyOf: [wish('size = 70')] }, () => [second]],
    ['no number', { attributes: [{ key: 'size', op: '>', value: 'x' }] }, () => []],
    ['quotes', { service: `'; DROP TABLE span; --` }, () => []],
  ])('finds by %s', async (_, query, expected) => {
    expect(await ids(query)).toEqual(expected());
  });

  it('goes on where it stopped, each trace once', async () => {
    const traces = Array.from({ length: 12 }, () => freshId());
    // All in one microsecond, and a later span in some, so that both kinds of repeats could happen.
    const spans = traces.flatMap((traceId, index) => [
      span({ traceId, name: 'page', durationUs: 100 }),
      ...(index % 3 === 0 ? [span({ traceId, name: 'page', ms: 10, durationUs: 200 })] : []),
    ]);
    await world.postV2(spans, { 'X-Project-Id': 'pages' });
    for (const sort of ['start', 'duration']) {
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const answer = await find(
          { name: 'page', sort, limit: 5, ...(cursor === undefined ? {} : { cursor }) },
          'pages',
        );
        expect(answer.traces.length).toBeLessThanOrEqual(5);
        seen.push(...answer.traces.map(({ traceId }) => traceId));
        cursor = answer.next;
        expect(answer.complete).toBe(cursor === undefined);
      } while (cursor !== undefined);
      expect([...seen].sort()).toEqual([...traces].sort());
    }
  });

  it.each([
    [{ limit: 0 }, /limit/],
    [{ kind: 'client' }, /kind/],
    [{ attributes: [{ key: 'a', op: '==', value: '' }] }, /op/],
    [{ attributes: Array.from({ length: 21 }, () => ({ key: 'a', op: '=', value: '' })) }, /attributes/],
    [{ anyOf: [wish()] }, /attributes/],
    [{ anyOf: [{}] }, /attributes/],
    [{ anyOf: [wish('a or b')] }, /op/],
    [{ anyOf: Array.from({ length: 21 }, () => wish('a = b')) }, /anyOf/],
    [{ unknown: 1 }, /unknown/],
    [{ cursor: 'nonsense' }, /cursor/],
    [{ fromUs: 2, toUs: 1 }, /fromUs/],
    [{ minDurationUs: 2, maxDurationUs: 1 }, /minDurationUs/],
    [{ service: 'x'.repeat(1025) }, /service/],
  ])('refuses %j', async (query, message) => {
    const response = await world.http().post('/api/v1/spans/search').send(query).expect(400);
    expect(response.body).toMatchObject({ code: 'VALIDATION', message: expect.stringMatching(message) });
  });

  it('refuses what is no JSON', async () => {
    const response = await world.http().post('/api/v1/spans/search').type('json').send('{"a":').expect(400);
    expect(response.body).toHaveProperty('code');
  });
});

describe('GET /api/v1/traces/:id', () => {
  const traceId = freshId();
  const root = '00000000000000a1';
  beforeAll(async () => {
    const child = '00000000000000a2';
    await world.postV2([
      span({ traceId, id: '00000000000000a3', parentId: child, ms: 2, tags: { error: '', big: '9007199254740993' } }),
      span({ traceId, id: child, parentId: root, ms: 1, service: 'back' }),
      span({ traceId, id: root, kind: 'SERVER', durationUs: 5_000 }),
      span({ traceId, id: '00000000000000a4', parentId: root, ms: 3 }),
      span({ traceId, id: '00000000000000a5', parentId: '00000000000000ff', ms: 4 }),
    ]);
  });
  interface Window {
    readonly total: number;
    readonly rows: { id: string; depth: number }[];
  }
  const rows = async (query: string) => {
    const { total, rows: shown } = await world.json<Window>(`/api/v1/traces/${traceId}?${query}`);
    return [total, shown.map(({ id, depth }) => `${id.slice(-2)}@${depth}`).join(' ')];
  };

  it('draws the tree in windows', async () => {
    expect(await rows('')).toEqual([5, 'a1@0 a2@1 a3@2 a4@1 a5@0']);
    expect(await rows('offset=1&limit=2')).toEqual([5, 'a2@1 a3@2']);
    expect(await rows('depth=1&offset=2')).toEqual([4, 'a4@1 a5@0']);
    expect(await rows('under=a2')).toEqual([2, 'a2@1 a3@2']);
    expect(await rows('offset=100')).toEqual([5, '']);
    expect(await world.json(`/api/v1/traces/${traceId}?limit=1`)).toEqual({
      traceId,
      spanCount: 5,
      errorCount: 1,
      services: ['back', 'front'],
      startUs: at(0),
      durationUs: 5_000,
      orphanCount: 1,
      maxDepth: 2,
      total: 5,
      offset: 0,
      rows: [
        {
          depth: 0,
          children: 2,
          descendants: 3,
          id: root,
          name: 'get /',
          kind: 'SERVER',
          service: 'front',
          startNs: `${at(0)}000`,
          durationNs: '5000000',
          attributes: {},
        },
      ],
    });
  });

  it('says so when there is none, or the question is wrong', async () => {
    expect((await world.http().get(`/api/v1/traces/${freshId()}`).expect(404)).body).toMatchObject({
      code: 'NOT_FOUND',
    });
    for (const path of ['XYZ', `${traceId}?limit=0`, `${traceId}?offset=-1`, `${traceId}?depth=x`])
      expect((await world.http().get(`/api/v1/traces/${path}`).expect(400)).body).toMatchObject({ code: 'VALIDATION' });
  });

  it('exports for other tools', async () => {
    const file = async (format: string) => {
      const response = await world.http().get(`/api/v1/traces/${traceId}/export?format=${format}`).expect(200);
      expect(response.headers['content-disposition']).toBe(`attachment; filename="${traceId}.${format}.json"`);
      return JSON.parse(response.text) as Record<string, unknown[]> & unknown[];
    };
    expect(await file('zipkin')).toEqual(await world.json(`/api/v2/trace/${traceId}`));
    expect((await file('otlp'))['resourceSpans']).toHaveLength(2);
    expect((await file('chrome'))['traceEvents']).toContainEqual(expect.objectContaining({ ph: 'X', name: 'get /' }));
    expect((await file('ats')).map((text) => (JSON.parse(String(text)) as { traceId: string }).traceId)).toEqual(
      Array.from({ length: 5 }, () => traceId),
    );
    await world.http().get(`/api/v1/traces/${traceId}/export?format=xml`).expect(400);
  });
});

describe('GET /api/v1/services', () => {
  it('tells how operations did', async () => {
    expect(await world.json('/api/v1/services')).toEqual({ services: expect.arrayContaining(['back', 'front']) });
    const times = `fromUs=${at(500)}&toUs=${at(5_000)}&bucketUs=60000000`;
    const bucketStartUs = Math.floor(at(1_000) / 60_000_000) * 60_000_000;
    expect(await world.json(`/api/v1/services/Front/operations?${times}`)).toEqual({
      bucketUs: 60_000_000,
      truncated: false,
      operations: [
        {
          service: 'front',
          name: 'post /',
          bucketStartUs,
          calls: 1,
          failed: 0,
          errorRate: 0,
          p50Us: 9_000,
          p95Us: 9_000,
          p99Us: 9_000,
        },
      ],
    });
    for (const query of ['bucketUs=0', 'bucketUs=1', 'fromUs=5&toUs=4', 'toUs=x'])
      await world.http().get(`/api/v1/services/front/operations?${query}`).expect(400);
  });
});

describe('GET /jaeger/api', () => {
  const data = async (path: string): Promise<unknown> => {
    const { data: shown, total, errors } = await world.json<Record<string, unknown[]>>(`/jaeger/api/${path}`);
    expect([total, errors]).toEqual([shown?.length, null]);
    return shown;
  };
  const found = async (query: string) =>
    ((await data(`traces?${query}`)) as { traceID: string }[]).map(({ traceID }) => traceID);
  const window = `start=${at(-1)}&end=${at(5_000)}`;

  it('lists services, operations and calls', async () => {
    expect(await data('services')).toEqual(expect.arrayContaining(['back', 'front']));
    expect(await data('services/front/operations')).toContain('select');
    expect(await data('operations?service=front')).toContainEqual({ name: 'select', spanKind: '' });
    expect(await data(`dependencies?endTs=${NOW_MS + 5_000}&lookback=10000`)).toContainEqual({
      parent: 'front',
      child: 'db',
      callCount: 1,
    });
  });

  it('finds traces', async () => {
    expect(await found(`${window}&service=back&tags=${encodeURIComponent('{"error":"boom"}')}`)).toEqual([failing]);
    expect(await found(`${window}&service=front&minDuration=8.5ms&maxDuration=1s`)).toEqual([second]);
    expect(await found(`${window}&service=front&operation=select&maxDuration=400us&limit=5`)).toEqual([first]);
    expect(await found(`traceID=${first}&traceID=${freshId()}`)).toEqual([first]);
  });

  it('shows a trace', async () => {
    const [trace] = (await data(`traces/${failing.toUpperCase()}`)) as { spans: object[] }[];
    expect(trace).toMatchObject({
      traceID: failing,
      processes: { p1: { serviceName: 'back' } },
      spans: [
        {
          traceID: failing,
          operationName: 'get /',
          startTime: at(2_000),
          duration: 1_000,
          processID: 'p1',
          references: [],
          tags: expect.arrayContaining([{ key: 'error', type: 'string', value: 'boom' }]),
        },
      ],
    });
    const base64 = encodeURIComponent(Buffer.from(failing, 'hex').toString('base64'));
    expect(await data(`traces/${base64}`)).toEqual([trace]);
  });

  it.each([
    ['traces', 400],
    ['traces?service=x&minDuration=5', 400],
    ['traces?service=x&tags=nonsense', 400],
    ['traces/nonsense', 400],
    ['operations', 400],
    ['traces/abc', 404],
  ])('refuses %s', async (path, code) => {
    const { body } = await world.http().get(`/jaeger/api/${path}`).expect(code);
    expect(body).toMatchObject({ data: null, errors: [{ code, msg: expect.stringMatching(/.+/) }] });
  });
});

describe('/api/v1/retention', () => {
  it('shows what is stored and what would go, then drops it', async () => {
    const old = Date.now() - 10 * 86_400_000;
    const traceId = freshId();
    await world.postV2([{ traceId, id: traceId, timestamp: old * 1000, duration: 1 }]);
    const day = new Date(old).toISOString().slice(0, 10);
    const plan = await world.json<{ days: object[] }>('/api/v1/retention');
    expect(plan).toMatchObject({ keepDays: 3, bytes: expect.any(Number) });
    expect(plan.days).toContainEqual(expect.objectContaining({ day, drop: 'age' }));
    expect(plan.days.filter((each) => 'drop' in each)).toHaveLength(1);
    await world.json(`/api/v2/trace/${traceId}`);
    const { body } = await world.http().post('/api/v1/retention/run').expect(200);
    expect(body).toMatchObject({ days: [{ day, drop: 'age' }] });
    await world.http().get(`/api/v2/trace/${traceId}`).expect(404);
    await world.json(`/api/v2/trace/${first}`);
    const metrics = await world.http().get('/metrics').set('Accept', 'text/plain');
    expect(metrics.text).toMatch(/tracer_retention_dropped_bytes_total\{reason="age".*\} [1-9]/);
    expect(metrics.text).toMatch(/tracer_spans_received_total\{format="zipkin-v2-json".*\} [1-9]/);
  });
});
