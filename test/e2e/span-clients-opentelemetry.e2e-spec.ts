import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter as OtlpGrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as OtlpJsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as OtlpProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { ZipkinExporter } from '@opentelemetry/exporter-zipkin';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  InMemorySpanExporter,
  NodeTracerProvider,
  SimpleSpanProcessor,
  type ReadableSpan,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-node';
import { randomBytes } from 'node:crypto';
import { SpanWorld } from './fixtures/span-world.js';

// The OpenTelemetry SDK as it is, with the exporters that it offers, against a span-api that listens. What the SDK itself
// says about its spans (an exporter in memory) is what the reads must say.
const world = new SpanWorld();
beforeAll(() => world.start(), 60_000);
afterAll(() => world.close());

const BIG = 2 ** 40 + 1;
const LINKED = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex'), traceFlags: 1 };

/** A checkout that calls a payment, which fails. */
function record(tracer: Tracer): void {
  const root = tracer.startSpan('GET /Checkout', {
    kind: SpanKind.SERVER,
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'cart.total': 12.5,
      'cart.bytes': BIG,
      'cart.express': true,
      'cart.items': ['tea', 'Zürich ☕'],
      'client.address': '192.0.2.7',
    },
    links: [{ context: LINKED, attributes: { why: 'retry' } }],
  });
  root.addEvent('cart loaded', { 'cart.size': 2 });
  const inRoot = trace.setSpan(ROOT_CONTEXT, root);
  const call = tracer.startSpan(
    'charge',
    { kind: SpanKind.CLIENT, attributes: { 'peer.service': 'Payments' } },
    inRoot,
  );
  call.recordException(new Error('card declined'));
  call.setStatus({ code: SpanStatusCode.ERROR, message: 'declined' });
  call.end();
  tracer.startSpan('render', {}, inRoot).end();
  root.end();
}

/** Records through an exporter and gives back what the SDK says it recorded. */
async function send(exporter: SpanExporter, batched: boolean): Promise<ReadableSpan[]> {
  const memory = new InMemorySpanExporter();
  const resource = resourceFromAttributes({
    'service.name': 'Shop',
    'service.version': '1.2.3',
    'service.instance.id': 'shop-7',
  });
  const processor = batched ? new BatchSpanProcessor(exporter) : new SimpleSpanProcessor(exporter);
  const provider = new NodeTracerProvider({
    resource,
    spanProcessors: [processor, new SimpleSpanProcessor(memory)],
  });
  record(provider.getTracer('checkout-lib', '0.9'));
  await provider.forceFlush();
  const recorded = memory.getFinishedSpans();
  await provider.shutdown();
  expect(recorded).toHaveLength(3);
  return recorded;
}

const nsOf = ([seconds, nanos]: readonly [number, number]): bigint => BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
const usOf = (time: readonly [number, number]): number => Number(nsOf(time) / 1000n);
const ZIPKIN_KINDS = new Map([
  [SpanKind.SERVER, 'SERVER'],
  [SpanKind.CLIENT, 'CLIENT'],
]);
const named = (spans: readonly ReadableSpan[], name: string): ReadableSpan => {
  const span = spans.find((each) => each.name === name);
  if (span === undefined) throw new Error(`${name} was not recorded`);
  return span;
};
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;

interface OtlpFile {
  readonly resourceSpans: { scopeSpans: { scope: object; spans: Record<string, unknown>[] }[]; resource: object }[];
}
interface ZipkinSpan {
  readonly id: string;
  readonly name: string;
  readonly tags: Record<string, string>;
  readonly annotations?: { value: string }[];
}
const url = (path: string): string => `http://127.0.0.1:${world.port}${path}`;

describe.each([
  ['OTLP over HTTP as protobuf', true, () => new OtlpProtobufExporter({ url: url('/v1/traces') })],
  ['OTLP over HTTP as JSON', false, () => new OtlpJsonExporter({ url: url('/v1/traces') })],
  ['OTLP over gRPC', true, () => new OtlpGrpcExporter({ url: url('') })],
])('OpenTelemetry SDK, %s', (_, batched, exporter) => {
  let recorded: ReadableSpan[];
  let traceId: string;
  beforeAll(async () => {
    recorded = await send(exporter(), batched);
    traceId = recorded[0]?.spanContext().traceId ?? '';
  }, 60_000);

  it('is read as it was sent: times to the nanosecond, attributes with their types, events, links, scope', async () => {
    const file = await world.json<OtlpFile>(`/api/v1/traces/${traceId}/export?format=otlp`);
    expect(file.resourceSpans).toHaveLength(1);
    const [{ resource, scopeSpans } = { resource: {}, scopeSpans: [] }] = file.resourceSpans;
    expect(resource).toMatchObject({
      attributes: expect.arrayContaining([
        { key: 'service.name', value: { stringValue: 'Shop' } },
        { key: 'service.instance.id', value: { stringValue: 'shop-7' } },
      ]),
    });
    expect(scopeSpans).toEqual([{ scope: { name: 'checkout-lib', version: '0.9' }, spans: expect.any(Array) }]);
    const stored = scopeSpans[0]?.spans ?? [];
    expect(stored.map(({ spanId }) => spanId).sort()).toEqual(recorded.map(idOf).sort());
    for (const span of recorded) {
      const startNs = nsOf(span.startTime);
      expect(stored.find(({ spanId }) => spanId === idOf(span))).toMatchObject({
        traceId,
        name: span.name,
        kind: span.kind + 1,
        startTimeUnixNano: String(startNs),
        endTimeUnixNano: String(nsOf(span.endTime)),
        ...(span.parentSpanContext === undefined ? {} : { parentSpanId: span.parentSpanContext.spanId }),
      });
    }
    expect(stored.find(({ name }) => name === 'GET /Checkout')).toMatchObject({
      attributes: [
        { key: 'http.request.method', value: { stringValue: 'GET' } },
        { key: 'http.response.status_code', value: { intValue: '200' } },
        { key: 'cart.total', value: { doubleValue: 12.5 } },
        { key: 'cart.bytes', value: { intValue: String(BIG) } },
        { key: 'cart.express', value: { boolValue: true } },
        {
          key: 'cart.items',
          value: { arrayValue: { values: [{ stringValue: 'tea' }, { stringValue: 'Zürich ☕' }] } },
        },
        { key: 'client.address', value: { stringValue: '192.0.2.7' } },
      ],
      events: [{ name: 'cart loaded', attributes: [{ key: 'cart.size', value: { intValue: '2' } }] }],
      links: [
        {
          traceId: LINKED.traceId,
          spanId: LINKED.spanId,
          attributes: [{ key: 'why', value: { stringValue: 'retry' } }],
        },
      ],
    });
  });

  it('is read by Zipkin: lower names, microseconds, endpoints, tags, the error', async () => {
    const stored = await world.json<ZipkinSpan[]>(`/api/v2/trace/${traceId}`);
    expect(stored).toHaveLength(3);
    for (const span of recorded) {
      const kind = ZIPKIN_KINDS.get(span.kind);
      const duration = Math.max(1, Number((nsOf(span.endTime) - nsOf(span.startTime)) / 1000n));
      expect(stored.find(({ id }) => id === idOf(span))).toMatchObject({
        traceId,
        name: span.name.toLowerCase(),
        ...(kind === undefined ? {} : { kind }),
        timestamp: usOf(span.startTime),
        duration,
        localEndpoint: { serviceName: 'shop' },
      });
    }
    const charge = stored.find(({ name }) => name === 'charge');
    expect(charge).toMatchObject({
      parentId: idOf(named(recorded, 'GET /Checkout')),
      remoteEndpoint: { serviceName: 'payments' },
      tags: { error: 'declined', 'otel.status_code': 'ERROR', 'otel.scope.name': 'checkout-lib' },
    });
    expect(charge?.annotations?.[0]?.value).toContain('card declined');
    expect(stored.find(({ name }) => name === 'get /checkout')?.tags).toMatchObject({
      'http.response.status_code': '200',
      'cart.total': '12.5',
      'cart.bytes': String(BIG),
      'cart.express': 'true',
      'cart.items': '["tea","Zürich ☕"]',
    });
  });

  it('is read by ATS, found by the search and drawn as a tree', async () => {
    const { body } = await world.http().get(`/v1/0/ats/spans?traceId=${traceId}`).expect(200);
    const texts = (body as { responseInfo: string[] }).responseInfo;
    const read = texts.map((text) => JSON.parse(text) as { id: string; name: string; timestamp: number });
    expect(read.map(({ id, name, timestamp }) => [id, name, timestamp]).sort()).toEqual(
      recorded.map((span) => [idOf(span), span.name, usOf(span.startTime)]).sort(),
    );
    const found = await world
      .http()
      .post('/api/v1/spans/search')
      .send({ service: 'shop', status: 'error', attributes: [{ key: 'peer.service', op: '=', value: 'Payments' }] })
      .expect(200);
    expect((found.body as { traces: object[] }).traces).toContainEqual(
      expect.objectContaining({ traceId, spanCount: 3, errorCount: 1, matchedSpans: 1 }),
    );
    // Its two children may have begun in one millisecond, which is all that the SDK's clock tells apart.
    const { rows } = await world.json<{ rows: object[] }>(`/api/v1/traces/${traceId}`);
    expect(rows).toHaveLength(3);
    expect(rows[0]).toMatchObject({ depth: 0, children: 2, name: 'GET /Checkout', service: 'Shop' });
    expect(rows).toContainEqual(
      expect.objectContaining({ depth: 1, name: 'charge', failed: true, remoteService: 'Payments' }),
    );
    expect(rows).toContainEqual(expect.objectContaining({ depth: 1, name: 'render' }));
  });
});

describe('OpenTelemetry SDK, its Zipkin exporter', () => {
  it('is read by Zipkin and ATS as it was sent', async () => {
    const recorded = await send(new ZipkinExporter({ url: url('/api/v2/spans') }), true);
    const traceId = recorded[0]?.spanContext().traceId ?? '';
    const stored = await world.json<ZipkinSpan[]>(`/api/v2/trace/${traceId}`);
    expect(stored.map(({ id }) => id).sort()).toEqual(recorded.map(idOf).sort());
    expect(stored.find(({ name }) => name === 'get /checkout')).toMatchObject({
      kind: 'SERVER',
      timestamp: expect.any(Number),
      localEndpoint: { serviceName: 'shop' },
      tags: { 'http.request.method': 'GET', 'http.response.status_code': '200', 'service.version': '1.2.3' },
      annotations: [{ timestamp: expect.any(Number), value: 'cart loaded' }],
    });
    expect(stored.find(({ name }) => name === 'charge')).toMatchObject({
      kind: 'CLIENT',
      parentId: idOf(named(recorded, 'GET /Checkout')),
      tags: { 'peer.service': 'Payments', error: 'declined', 'otel.status_code': 'ERROR' },
    });
    for (const span of recorded) {
      const { timestamp } = stored.find(({ id }) => id === idOf(span)) as unknown as { timestamp: number };
      expect(Math.abs(timestamp - usOf(span.startTime))).toBeLessThanOrEqual(1);
    }
    const { body } = await world.http().get(`/v1/0/ats/spans?traceId=${traceId}`).expect(200);
    const names = (body as { responseInfo: string[] }).responseInfo.map(
      (text) => (JSON.parse(text) as { name: string }).name,
    );
    expect(names.sort()).toEqual(['GET /Checkout', 'charge', 'render']);
  });
});
