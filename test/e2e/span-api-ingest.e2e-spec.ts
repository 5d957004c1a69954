import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { credentials, Metadata, makeClientConstructor, status, type Client, type ServiceError } from '@grpc/grpc-js';
import { gzipSync } from 'node:zlib';
import {
  decodeOtlpJson,
  decodeZipkinV2Json,
  encodeOtlpProto,
  encodeZipkinV1Thrift,
  encodeZipkinV2Proto,
} from '@tracer/span-model';
import { OTLP_TRACE_SERVICE, ZIPKIN_SPAN_SERVICE } from '../../apps/span-api/src/grpc/span-services.js';
import { freshId, SpanWorld } from './fixtures/span-world.js';

const world = new SpanWorld();
const NOW_US = Date.now() * 1000;
const BODY_BYTES = 65_536;
beforeAll(async () => {
  await world.start({ TRACER_INGEST_BODY_BYTES: String(BODY_BYTES), TRACER_SPAN_VALUE_BYTES: '128' });
}, 60_000);
afterAll(() => world.close());

const v2 = (traceId: string) => ({
  traceId,
  id: freshId(),
  kind: 'SERVER',
  name: 'get /',
  timestamp: NOW_US,
  duration: 5,
  localEndpoint: { serviceName: 'front', ipv4: '10.0.0.1', port: 80 },
  tags: { 'http.path': '/' },
});
const decoded = (spans: readonly object[]) => decodeZipkinV2Json(Buffer.from(JSON.stringify(spans))).spans;
const otlp = (...traceIds: string[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'Shop' } }] },
      scopeSpans: [
        {
          spans: traceIds.map((traceId) => ({
            traceId,
            spanId: freshId(),
            name: 'Checkout',
            kind: 2,
            startTimeUnixNano: `${NOW_US}123`,
            endTimeUnixNano: `${NOW_US + 7}123`,
          })),
        },
      ],
    },
  ],
});
interface Answer {
  readonly status: number;
  readonly type: string;
  readonly retryAfter: string | null;
  readonly bytes: Buffer;
}

const post = async (
  path: string,
  type: string,
  body: Buffer | string,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  const response = await fetch(`http://127.0.0.1:${world.port}${path}`, {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
  return {
    status: response.status,
    type: (response.headers.get('content-type') ?? '').split(';', 1)[0] ?? '',
    retryAfter: response.headers.get('retry-after'),
    bytes: Buffer.from(await response.arrayBuffer()),
  };
};
const textOf = ({ bytes }: Answer): string => bytes.toString();

describe('POST of Zipkin spans', () => {
  it('takes v2 as JSON and protobuf, plain and gzip', async () => {
    for (const path of ['/api/v2/spans', '/zipkin/api/v2/spans']) {
      for (const form of ['json', 'proto'] as const) {
        for (const gzip of [false, true]) {
          const span = v2(freshId());
          const bytes = form === 'json' ? Buffer.from(JSON.stringify([span])) : encodeZipkinV2Proto(decoded([span]));
          const type = form === 'json' ? 'application/json' : 'application/x-protobuf';
          const body = gzip ? gzipSync(bytes) : bytes;
          const response = await post(path, type, body, gzip ? { 'content-encoding': 'gzip' } : {});
          expect([response.status, textOf(response)]).toEqual([202, '']);
          expect(await world.json(`/api/v2/trace/${span.traceId}`)).toEqual([span]);
        }
      }
    }
  });

  it('takes v1 as JSON and thrift', async () => {
    const span = v2(freshId());
    const thrift = await post('/api/v1/spans', 'application/x-thrift', encodeZipkinV1Thrift(decoded([span])));
    expect(thrift.status).toBe(202);
    expect(await world.json(`/api/v2/trace/${span.traceId}`)).toEqual([span]);
    const traceId = freshId();
    const endpoint = { serviceName: 'back' };
    const v1 = { traceId, id: traceId, name: 'x', annotations: [{ timestamp: NOW_US, value: 'sr', endpoint }] };
    expect((await post('/api/v1/spans', 'application/json', JSON.stringify([v1]))).status).toBe(202);
    expect(await world.json(`/api/v2/trace/${traceId}`)).toMatchObject([{ kind: 'SERVER', localEndpoint: endpoint }]);
  });

  it.each([
    ['/api/v2/spans', '{"traceId":"1","id":"1"}', 'Expected a JSON_V2 encoded list\n'],
    ['/api/v2/spans', '[{"binaryAnnotations":[]}]', 'Expected a JSON_V2 encoded list, but received: JSON_V1\n'],
    ['/api/v1/spans', '[{"tags":{}}]', 'Expected a JSON_V1 encoded list, but received: JSON_V2\n'],
    ['/api/v2/spans', '[{"traceId":"ABC","id":"1"}]', 'ABC should be lower-hex encoded with no prefix'],
    ['/api/v2/spans', '[{"traceId":"0","id":"1"}]', 'traceId is all zeros'],
    ['/api/v2/spans', '[{"id":"1"}]', 'Missing : traceId'],
    ['/api/v2/spans', '[{"traceId":"1","id":"1",', 'reading List<Span> from json'],
    ['/api/v2/spans', '[{"traceId":"1","id":"1","kind":"client"}]', 'client'],
  ])('refuses %s %s', async (path, body, message) => {
    const response = await post(path, 'application/json', body);
    expect([response.status, response.type]).toEqual([400, 'text/plain']);
    expect(textOf(response)).toContain(message);
  });

  it('refuses what is not protobuf, thrift or gzip', async () => {
    const proto = await post('/api/v2/spans', 'application/x-protobuf', Buffer.from('0aff', 'hex'));
    expect([proto.status, proto.type]).toEqual([400, 'text/plain']);
    const thrift = await post('/api/v1/spans', 'application/x-thrift', Buffer.from('0c00000001ff', 'hex'));
    expect([thrift.status, thrift.type]).toEqual([400, 'text/plain']);
    const gzip = await post('/api/v2/spans', 'application/json', 'not gzip', { 'content-encoding': 'gzip' });
    expect([gzip.status, textOf(gzip)]).toEqual([400, 'Cannot gunzip spans']);
    const brotli = await post('/api/v2/spans', 'application/json', '[]', { 'content-encoding': 'br' });
    expect(brotli.status).toBe(415);
  });

  it('stores nothing of a list with one bad span', async () => {
    const span = v2(freshId());
    const response = await post('/api/v2/spans', 'application/json', JSON.stringify([span, { ...span, id: 'X' }]));
    expect(response.status).toBe(400);
    await world.http().get(`/api/v2/trace/${span.traceId}`).expect(404, `${span.traceId} not found`);
  });

  it('bounds bodies, also after decompression', async () => {
    const blanks = Buffer.alloc(BODY_BYTES + 1, ' ');
    expect((await post('/api/v2/spans', 'application/json', blanks)).status).toBe(413);
    const gzip = { 'content-encoding': 'gzip' };
    for (const path of ['/api/v2/spans', '/api/v1/spans', '/v1/traces'])
      expect((await post(path, 'application/json', gzipSync(blanks), gzip)).status).toBe(413);
  });

  it('keeps tenants apart', async () => {
    const span = v2(freshId());
    await world.postV2([span], { 'X-Project-Id': 'team-7' });
    await world.http().get(`/api/v2/trace/${span.traceId}`).expect(404);
    expect(await world.json(`/api/v2/trace/${span.traceId}`, { 'X-Project-Id': 'team-7' })).toEqual([span]);
    const bad = await post('/api/v2/spans', 'application/json', '[]', { 'X-Project-Id': "a' or 1" });
    expect([bad.status, bad.type]).toEqual([400, 'text/plain']);
  });

  it('lets browsers in, without credentials', async () => {
    const preflight = await world.http().options('/v1/traces').set('Origin', 'http://shop').expect(204);
    expect(preflight.headers['access-control-allow-origin']).toBe('*');
    expect(preflight.headers['access-control-allow-headers']).toContain('content-type');
    expect(preflight.headers).not.toHaveProperty('access-control-allow-credentials');
  });
});

describe('POST /v1/traces', () => {
  it('takes JSON and protobuf, and answers in kind', async () => {
    const json = otlp(freshId() + freshId());
    const response = await post('/v1/traces', 'application/json; charset=utf-8', JSON.stringify(json));
    expect([response.status, response.type, textOf(response)]).toEqual([200, 'application/json', '{}']);
    const spans = decodeOtlpJson(Buffer.from(JSON.stringify(otlp(freshId() + freshId())))).spans;
    const proto = await post('/v1/traces', 'application/x-protobuf', gzipSync(encodeOtlpProto(spans)), {
      'content-encoding': 'gzip',
    });
    expect([proto.status, proto.type, textOf(proto)]).toEqual([200, 'application/x-protobuf', '']);
    const id = json.resourceSpans[0]?.scopeSpans[0]?.spans[0]?.traceId ?? '';
    expect(await world.json(`/api/v2/trace/${id}`)).toMatchObject([
      { name: 'checkout', kind: 'SERVER', timestamp: NOW_US, duration: 7, localEndpoint: { serviceName: 'shop' } },
    ]);
  });

  it('tells what it did not take', async () => {
    const good = freshId() + freshId();
    const response = await post('/v1/traces', 'application/json', JSON.stringify(otlp('0'.repeat(32), good)));
    expect(JSON.parse(textOf(response))).toEqual({
      partialSuccess: { rejectedSpans: '1', errorMessage: expect.stringContaining('trace id') },
    });
    expect(await world.json(`/api/v2/trace/${good}`)).toHaveLength(1);
    const long = JSON.stringify(otlp(freshId() + freshId())).replace('Checkout', 'x'.repeat(1000));
    expect(textOf(await post('/v1/traces', 'application/json', long))).toContain('1 values cut');
  });

  it.each([
    ['application/json', '{"resourceSpans":[', 400, 3],
    ['application/json', 'nonsense', 400, 3],
    ['text/plain', 'x', 415, 3],
    ['__proto__', '{}', 415, 3],
    ['constructor', '{}', 415, 3],
  ])('refuses %s %s with a status message', async (type, body, code, grpc) => {
    const response = await post('/v1/traces', type, body);
    expect([response.status, response.type]).toEqual([code, 'application/json']);
    expect(JSON.parse(textOf(response))).toEqual({ code: grpc, message: expect.stringMatching(/.+/) });
  });

  it('refuses broken protobuf in protobuf, and other methods', async () => {
    const response = await post('/v1/traces', 'application/x-protobuf', Buffer.from('ffffff', 'hex'));
    expect([response.status, response.type]).toEqual([400, 'application/x-protobuf']);
    expect(response.bytes.subarray(0, 3)).toEqual(Buffer.from([8, 3, 0x12]));
    await world.http().get('/v1/traces').expect(405);
  });
});

describe('gRPC on the same port', () => {
  type Call = (body: Buffer, metadata: Metadata, done: (error: ServiceError | null, answer: Buffer) => void) => void;
  const clients: Client[] = [];
  const call = (service: typeof OTLP_TRACE_SERVICE | typeof ZIPKIN_SPAN_SERVICE, body: Buffer, tenant = '0') => {
    const [method = ''] = Object.keys(service);
    const Constructor = makeClientConstructor(service, 'spans');
    const client = new Constructor(`127.0.0.1:${world.port}`, credentials.createInsecure());
    clients.push(client);
    const metadata = new Metadata();
    metadata.set('x-project-id', tenant);
    return new Promise<Buffer>((resolve, reject) => {
      (client as unknown as Record<string, Call>)[method]?.(body, metadata, (error, answer) => {
        if (error) reject(error);
        else resolve(answer);
      });
    });
  };
  afterAll(() => {
    for (const client of clients) client.close();
  });

  it('takes OTLP and Zipkin', async () => {
    const traceId = freshId() + freshId();
    const spans = decodeOtlpJson(Buffer.from(JSON.stringify(otlp(traceId)))).spans;
    expect(await call(OTLP_TRACE_SERVICE, encodeOtlpProto(spans))).toHaveLength(0);
    expect(await world.json(`/api/v2/trace/${traceId}`)).toHaveLength(1);
    const span = v2(freshId());
    expect(await call(ZIPKIN_SPAN_SERVICE, encodeZipkinV2Proto(decoded([span])), 'grpc')).toHaveLength(0);
    expect(await world.json(`/api/v2/trace/${span.traceId}`, { 'X-Project-Id': 'grpc' })).toEqual([span]);
  });

  it('refuses with the codes of gRPC', async () => {
    const broken = Buffer.from('ffffff', 'hex');
    await expect(call(OTLP_TRACE_SERVICE, broken)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    await expect(call(ZIPKIN_SPAN_SERVICE, broken)).rejects.toMatchObject({ code: status.INVALID_ARGUMENT });
    await expect(call(OTLP_TRACE_SERVICE, Buffer.alloc(0), '?')).rejects.toMatchObject({
      code: status.INVALID_ARGUMENT,
      details: expect.stringContaining('X-Project-Id'),
    });
    await expect(call(OTLP_TRACE_SERVICE, Buffer.alloc(BODY_BYTES * 2))).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    });
  });
});

describe('without its database', () => {
  it('refuses spans and reads until it is back', async () => {
    const span = v2(freshId());
    await world.postV2([span]);
    await world.stopDatabase();
    for (const [path, type] of [
      ['/api/v2/spans', 'text/plain'],
      ['/api/v1/spans', 'text/plain'],
    ] as const) {
      const body = path.includes('v1') ? [{ traceId: '1', id: '1', name: '' }] : [v2(freshId())];
      const response = await post(path, 'application/json', JSON.stringify(body));
      expect([response.status, response.type, response.retryAfter]).toEqual([503, type, '1']);
    }
    const exported = await post('/v1/traces', 'application/json', JSON.stringify(otlp(freshId() + freshId())));
    expect([exported.status, exported.retryAfter]).toEqual([503, '1']);
    expect(JSON.parse(textOf(exported))).toMatchObject({ code: 14 });
    await world.http().get(`/api/v2/trace/${span.traceId}`).expect(503);
    await world.http().get('/api/v2/services').expect(503);
    const ats = await world.http().get(`/v1/0/ats/spans?traceId=${span.traceId}`).expect(503);
    expect(ats.body).toMatchObject({ errorCode: 'SVCSTG.ATS.503101' });
    const health = await world.http().get('/health').expect(503);
    expect(health.body).toMatchObject({ status: 'DOWN' });
  });
});
