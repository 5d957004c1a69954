import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freshId, SpanWorld } from './fixtures/span-world.js';

// Content that is allowed by its format and still not what anybody wants to see: it is stored whole, or cut and counted.
const world = new SpanWorld();
const NOW_US = Date.now() * 1000;
const VALUE_BYTES = 1_000;
const ATTRIBUTES = 50;
beforeAll(async () => {
  await world.start({ TRACER_SPAN_VALUE_BYTES: String(VALUE_BYTES), TRACER_SPAN_ATTRIBUTES: String(ATTRIBUTES) });
}, 60_000);
afterAll(() => world.close());

const v2 = (more: object = {}) => ({
  traceId: freshId(),
  id: freshId(),
  name: 'get /',
  timestamp: NOW_US,
  duration: 5,
  localEndpoint: { serviceName: 'front' },
  ...more,
});
const otlp = (span: object) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'front' } }] },
      scopeSpans: [{ spans: [{ name: 'x', spanId: freshId(), startTimeUnixNano: `${NOW_US}000`, ...span }] }],
    },
  ],
});
const postOtlp = async (body: object | string): Promise<Record<string, unknown>> => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await world.http().post('/v1/traces').set('Content-Type', 'application/json').send(text).expect(200);
  return JSON.parse(response.text) as Record<string, unknown>;
};
const lost = async (what: string): Promise<number> => {
  const { text } = await world.http().get('/metrics').set('Accept', 'text/plain');
  const [, count = '0'] = new RegExp(`tracer_span_parts_lost_total\\{[^}]*="${what}"[^}]*\\} (\\d+)`).exec(text) ?? [];
  return Number(count);
};
const stored = async (traceId: string) => world.json<Record<string, unknown>[]>(`/api/v2/trace/${traceId}`);

describe('spans of absurd size', () => {
  it('keeps the first of 100 000 attributes and counts the others, in the span and in all', async () => {
    const before = await lost('attributes');
    const span = v2({ tags: Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`k${at}`, 'v'])) });
    await world.postV2([span]);
    const [{ tags } = {}] = await stored(span.traceId);
    expect(Object.keys(tags as object)).toHaveLength(ATTRIBUTES);
    const { rows } = await world.json<{ rows: object[] }>(`/api/v1/traces/${span.traceId}`);
    expect(rows).toMatchObject([{ dropped: 100_000 - ATTRIBUTES }]);
    expect((await lost('attributes')) - before).toBe(100_000 - ATTRIBUTES);
  });

  it('cuts a value of a megabyte between characters, and says so', async () => {
    const before = await lost('values');
    const traceId = freshId() + freshId();
    const body = otlp({ traceId, attributes: [{ key: 'big', value: { stringValue: '☂'.repeat(350_000) } }] });
    expect(await postOtlp(body)).toEqual({
      partialSuccess: { errorMessage: expect.stringContaining('1 values cut') },
    });
    const [{ tags } = {}] = await stored(traceId);
    expect((tags as { big: string }).big).toBe('☂'.repeat(Math.floor(VALUE_BYTES / 3)));
    expect((await lost('values')) - before).toBe(1);
  });
});

describe('spans of odd content', () => {
  it('keeps NUL, and names that look like SQL, in every text', async () => {
    for (const odd of ['a\0b', `'; DROP TABLE span; --`, '\\x00', '$1', '%_', '{"a":1}', '😀'.repeat(50)]) {
      const span = v2({ name: odd, localEndpoint: { serviceName: odd }, tags: { [odd]: odd } });
      await world.postV2([span]);
      const lower = odd.toLowerCase();
      expect(await stored(span.traceId)).toEqual([{ ...span, name: lower, localEndpoint: { serviceName: lower } }]);
      // The columns that searches look at cannot hold NUL: such a span is found by its id only.
      if (odd.includes('\0')) continue;
      const service = encodeURIComponent(odd);
      const found = await world.json<{ traceId: string }[][]>(`/api/v2/traces?serviceName=${service}`);
      expect(found.flat().map(({ traceId }) => traceId)).toContain(span.traceId);
    }
  });

  it('replaces what is no UTF-8', async () => {
    const span = v2({ name: 'X-MARK' });
    const [before, after] = JSON.stringify([span]).split('X-MARK');
    const body = Buffer.concat([
      Buffer.from(before ?? ''),
      Buffer.from([0x61, 0xff, 0xc3, 0x62]),
      Buffer.from(after ?? ''),
    ]);
    const url = `http://127.0.0.1:${world.port}/api/v2/spans`;
    expect((await fetch(url, { method: 'POST', body: new Uint8Array(body) })).status).toBe(202);
    expect((await stored(span.traceId))[0]).toMatchObject({ name: 'a\ufffd\ufffdb' });
  });

  it('keeps numbers beyond 2^53 exact', async () => {
    const traceId = freshId() + freshId();
    const big = '9223372036854775807';
    await postOtlp(
      JSON.stringify(otlp({ traceId, attributes: [{ key: 'n', value: { intValue: '@' } }] })).replace('"@"', big),
    );
    const text = (await world.http().get(`/api/v1/traces/${traceId}`).expect(200)).text;
    expect(text).toContain(`"attributes":{"n":${big}}`);
    const jaeger = (await world.http().get(`/jaeger/api/traces/${traceId}`).expect(200)).text;
    expect(jaeger).toContain(`{"key":"n","type":"int64","value":"${big}"}`);
    const body = { attributes: [{ key: 'n', op: '=', value: big }] };
    const found = await world.http().post('/api/v1/spans/search').send(body).expect(200);
    expect((found.body as { matchedSpans: number }).matchedSpans).toBe(1);
  });

  it('gives numbers to Jaeger with their types', async () => {
    const traceId = freshId() + freshId();
    const attributes = [
      { key: 'count', value: { intValue: '7' } },
      { key: 'share', value: { doubleValue: 0.5 } },
      { key: 'whole', value: { doubleValue: 2 } },
      { key: 'on', value: { boolValue: true } },
    ];
    await postOtlp(otlp({ traceId, attributes }));
    const { data } = await world.json<{ data: { spans: { tags: object[] }[] }[] }>(`/jaeger/api/traces/${traceId}`);
    expect(data[0]?.spans[0]?.tags).toEqual([
      { key: 'count', type: 'int64', value: 7 },
      { key: 'share', type: 'float64', value: 0.5 },
      { key: 'whole', type: 'float64', value: 2 },
      { key: 'on', type: 'bool', value: true },
    ]);
  });

  it('shows a span twice that came twice, and once where it is drawn', async () => {
    const span = v2();
    await world.postV2([span, span]);
    expect(await stored(span.traceId)).toEqual([span, span]);
    expect(await world.json(`/api/v1/traces/${span.traceId}`)).toMatchObject({ spanCount: 1, total: 1 });
  });

  it('finds spans without a time, of the far future and of the distant past by their ids', async () => {
    for (const timestamp of [undefined, NOW_US + 400 * 86_400_000_000, 4_000_000_000_000_000_000, 1]) {
      const span = v2({ timestamp });
      await world.postV2([span]);
      expect(await stored(span.traceId)).toHaveLength(1);
      expect(await world.json(`/api/v1/traces/${span.traceId}`)).toMatchObject({ spanCount: 1 });
      expect(await world.json<unknown[]>(`/api/v2/traces?serviceName=front&limit=1000`)).not.toContainEqual([
        expect.objectContaining({ traceId: span.traceId }),
      ]);
    }
  });
});

describe('questions of absurd size', () => {
  it.each([
    '/api/v2/traces?limit=9007199254740991',
    '/api/v2/traces?endTs=9007199254740991&lookback=9007199254740991',
    '/api/v2/dependencies?endTs=9007199254740991&lookback=9007199254740991',
    '/jaeger/api/traces?service=front&start=0&end=9007199254740991&limit=9007199254740991',
    '/v1/0/ats/traces?startTime=1&endTime=9007199254740991&application=front&limit=1000',
    '/api/v1/services/front/operations?fromUs=0&toUs=9007199254740991&bucketUs=9007199254740991',
  ])('answers %s', async (path) => {
    await world.http().get(path).expect(200);
  });

  it('answers a search over all time, and refuses times that are none', async () => {
    const search = (body: object) => world.http().post('/api/v1/spans/search').send(body);
    await search({ fromUs: 0, toUs: 9_000_000_000_000_000, limit: 1 }).expect(200);
    for (const bad of [{ fromUs: -1 }, { toUs: 1e300 }, { limit: 1e9 }, { minDurationUs: 1.5 }, { fromUs: '1' }])
      await search(bad).expect(400);
  });

  it('takes any text for every parameter that is one', async () => {
    for (const odd of [`' OR 1=1; --`, 'a\0b', '\\', '%', '\ud800', 'x'.repeat(4_000)]) {
      const value = Buffer.from(odd)
        .toString('latin1')
        .replace(/[^a-z]/g, (c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`);
      for (const path of [
        `/api/v2/spans?serviceName=${value}`,
        `/api/v2/remoteServices?serviceName=${value}`,
        `/api/v2/autocompleteValues?key=${value}`,
        `/api/v2/traces?serviceName=${value}&spanName=${value}&remoteServiceName=${value}&annotationQuery=${value}`,
        `/jaeger/api/traces?service=${value}&operation=${value}`,
        `/jaeger/api/services/${value}/operations`,
        `/api/v1/services/${value}/operations`,
      ])
        expect([path.slice(0, 30), (await world.http().get(path)).status]).toEqual([path.slice(0, 30), 200]);
      const ats = await world.http().get(`/v1/0/ats/applications?monitorGroup=${value}`);
      expect([ats.status, (ats.body as { errorCode: string }).errorCode]).toEqual([400, 'SVCSTG.ATS.200103']);
    }
  });
});
