import {
  Attributes,
  decodeOtlpJson,
  decodeOtlpProto,
  decodeSpanRecord,
  decodeZipkinV2Json,
  DependencyLinker,
  encodeOtlpJson,
  encodeOtlpProto,
  encodeSpanRecord,
  encodeZipkinV2Json,
  Endpoint,
  linkPartOf,
  Resource,
  Scope,
  Span,
  SpanEvent,
  SpanKind,
  StatusCode,
} from '@tracer/span-model';
import { otlpRequest } from '../libs/span-model/src/testing/otlp-schema.js';
import type { BenchRow } from './bench-table.js';

export const title = 'Span codecs: bodies of 2000 spans, decoded in full; medians of blocks in the same process';

const BODIES = 8;
const SPANS = 2000;
const TRACE_SPANS = 6;
const ROUNDS = 7;
const WARM_RUNS = 8;
const BLOCK_RUNS = 24;

/** Numbers from 0 to 1, the same in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 4294967296;
  };
}

const random = randomFrom(2026);
const digits = (count: number): string =>
  Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
const pick = <T>(choices: readonly T[], at: number): T => choices[at % choices.length] as T;

/** What an instrumented service sends: most attributes repeat, some (paths, statements) are new in every span. */
function otlpBody(service: string): Span[] {
  const resource = new Resource(
    Attributes.of([
      ['service.name', service],
      ['service.version', '1.2.3'],
      ['host.name', 'node-1'],
    ]),
  );
  const scope = new Scope('lib.http', '0.50.0', Attributes.empty);
  let traceId = '';
  let parentId: string | undefined;
  let startNs = 1_700_000_000_000_000_000n;
  return Array.from({ length: SPANS }, (_, at) => {
    if (at % TRACE_SPANS === 0) [traceId, parentId] = [digits(32), undefined];
    const span = new Span('otlp', traceId, digits(16), resource, scope);
    startNs += 137_001n;
    span.name = pick(['GET /api/v1/users', 'SELECT orders', 'publish order.created', 'GET /api/v1/items/{id}'], at);
    span.kind = pick([SpanKind.server, SpanKind.client, SpanKind.internal], at);
    [span.parentId, parentId] = [parentId, span.id];
    [span.startNs, span.durationNs] = [startNs, BigInt(1000 + Math.floor(random() * 90_000_000))];
    span.attributes = Attributes.of(otlpAttributes(at));
    if (at % 4 === 0) {
      const attributes = Attributes.of([
        ['message.id', BigInt(at % 100)],
        ['message.type', 'SENT'],
      ]);
      span.events = [new SpanEvent(startNs + 500n, 'message', attributes)];
    }
    if (at % 10 === 0) [span.statusCode, span.statusMessage] = [StatusCode.error, 'deadline exceeded'];
    span.traceFlags = 257;
    return span;
  });
}

function otlpAttributes(at: number): [string, string | bigint][] {
  const statement = `SELECT * FROM orders WHERE id = ${Math.floor(random() * 1e9)} AND tenant = 42 ORDER BY created_at`;
  return [
    ['http.request.method', 'GET'],
    ['url.path', `/api/v1/users/${Math.floor(random() * 1e6)}`],
    ['http.response.status_code', BigInt(200 + (at % 3) * 100)],
    ['server.address', `svc-${at % 40}.internal`],
    ['server.port', 8080n],
    ['network.protocol.version', '1.1'],
    ['user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36'],
    ['thread.id', BigInt(at % 64)],
    ...(at % 4 === 1 ? ([['db.statement', statement]] as [string, string][]) : []),
  ];
}

function zipkinBody(): Span[] {
  const service = (at: number): Endpoint =>
    new Endpoint(
      pick(['gateway', 'checkout', 'inventory', 'payment', 'user-db'], at),
      `10.0.${at % 5}.${1 + (at % 3)}`,
      undefined,
      8080 + (at % 5),
    );
  let traceId = '';
  let parentId: string | undefined;
  let us = 1_700_000_000_000_000n;
  return Array.from({ length: SPANS }, (_, at) => {
    if (at % TRACE_SPANS === 0) [traceId, parentId] = [digits(32), undefined];
    const span = new Span('zipkin-v2', traceId, digits(16));
    us += 137n;
    const server = at % 2 === 1;
    span.name = `get /api/v1/${pick(['users', 'orders', 'items'], at)}`;
    span.kind = server ? SpanKind.server : SpanKind.client;
    [span.parentId, parentId] = [parentId, span.id];
    [span.startNs, span.durationNs] = [us * 1000n, BigInt(1000 + Math.floor(random() * 90_000)) * 1000n];
    span.localEndpoint = service((at * 7) >> 2);
    const caller = new Endpoint('', `10.0.9.${at % 20}`, undefined, 32_768 + Math.floor(random() * 28_000));
    span.remoteEndpoint = server ? caller : service((at * 5) >> 1);
    if (at % 3 === 0) span.events = [new SpanEvent((us + 10n) * 1000n, 'ws'), new SpanEvent((us + 500n) * 1000n, 'wr')];
    span.attributes = Attributes.of([
      ['component', 'netty'],
      ['http.method', 'GET'],
      ['http.path', `/api/v1/users/${Math.floor(random() * 1e6)}`],
      ['http.status_code', '200'],
      ['peer.hostname', `host-${at % 40}.internal`],
      ['thread', `worker-${at % 16}`],
    ]);
    return span;
  });
}

/** Median nanoseconds a span, of both. Blocks of runs alternate; within a block nothing else leaves its garbage behind. */
function compare(ours: (body: number) => unknown, theirs: (body: number) => unknown): [ours: number, theirs: number] {
  const block = (act: (body: number) => unknown): number => {
    for (let i = 0; i < WARM_RUNS; i++) act(i % BODIES);
    const start = process.hrtime.bigint();
    for (let i = 0; i < BLOCK_RUNS; i++) act(i % BODIES);
    return Number(process.hrtime.bigint() - start) / BLOCK_RUNS / SPANS;
  };
  block(ours);
  block(theirs);
  const times = Array.from({ length: ROUNDS }, () => [block(ours), block(theirs)] as const);
  const median = (list: number[]): number => list.sort((a, b) => a - b)[ROUNDS >> 1] ?? NaN;
  return [median(times.map(([a]) => a)), median(times.map(([, b]) => b))];
}

function row(name: string, baselineName: string, times: [ours: number, theirs: number], target: string): BenchRow {
  const perSecond = (ns: number): string => `${(1e3 / ns).toFixed(2)} M spans/s`;
  const ratio = (times[1] / times[0]).toFixed(2);
  return { name, measured: perSecond(times[0]), baseline: `${perSecond(times[1])}, ${baselineName}`, ratio, target };
}

export async function run(): Promise<BenchRow[]> {
  const otlp = Array.from({ length: BODIES }, (_, i) => otlpBody(`service-${i}`));
  const zipkin = Array.from({ length: BODIES }, zipkinBody);
  const protobuf = otlp.map(encodeOtlpProto);
  const otlpJson = otlp.map(encodeOtlpJson);
  const zipkinJson = zipkin.map(encodeZipkinV2Json);
  const zipkinText = zipkinJson.map(String);
  const at = <T>(list: readonly T[], index: number): T => list[index] as T;
  const rows = [
    row(
      'OTLP protobuf decode',
      'protobufjs',
      compare(
        (i) => decodeOtlpProto(at(protobuf, i)),
        (i) => otlpRequest.decode(at(protobuf, i)),
      ),
      '≥ 3, then 6',
    ),
    row(
      'Zipkin v2 JSON decode and validate',
      'JSON.parse of the same bytes',
      compare(
        (i) => decodeZipkinV2Json(at(zipkinJson, i)),
        (i) => JSON.parse(at(zipkinJson, i).toString()),
      ),
      '≥ 0.5, then 0.8',
    ),
    row(
      'Zipkin v2 JSON decode and validate',
      'JSON.parse of a string that is there already',
      compare(
        (i) => decodeZipkinV2Json(at(zipkinJson, i)),
        (i) => JSON.parse(at(zipkinText, i)),
      ),
      '≥ 0.5, then 0.8',
    ),
    row(
      'OTLP JSON decode and validate',
      'JSON.parse of the same bytes',
      compare(
        (i) => decodeOtlpJson(at(otlpJson, i)),
        (i) => JSON.parse(at(otlpJson, i).toString()),
      ),
      '',
    ),
    row(
      'span records, written and read',
      'JSON.stringify and JSON.parse of the OTLP JSON',
      compare(
        (i) => at(otlp, i).map((span) => decodeSpanRecord(encodeSpanRecord(span))),
        (i) => JSON.parse(JSON.stringify(JSON.parse(at(otlpJson, i).toString()))),
      ),
      '',
    ),
    linkRow(zipkin.flat()),
  ];
  return Promise.resolve(rows);
}

/** The pure part of the dependency links; a store adds reading the rows. */
function linkRow(spans: readonly Span[]): BenchRow {
  const traces = new Map<string, Span[]>();
  for (const span of spans) traces.set(span.traceId, [...(traces.get(span.traceId) ?? []), span]);
  const parts = Array.from(traces.values(), (trace) => trace.map(linkPartOf));
  const seconds = Array.from({ length: ROUNDS }, () => {
    const start = performance.now();
    const linker = new DependencyLinker();
    for (const trace of parts) linker.addTrace(trace);
    return ((performance.now() - start) / 1000) * (1_000_000 / spans.length);
  }).sort((a, b) => a - b);
  const median = seconds[ROUNDS >> 1] ?? NaN;
  return {
    name: 'dependency links of 1 M spans',
    measured: `${median.toFixed(2)} s`,
    baseline: '',
    ratio: '',
    target: '≤ 2 s, then 0.5 s, with reading',
  };
}
