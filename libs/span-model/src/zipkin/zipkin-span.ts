import type { AttributeValue } from '../attributes.js';
import { usOfNs } from '../bytes/int64.js';
import { jsonOfAttributes, textOfValue } from '../codecs/value-json.js';
import { Endpoint } from '../endpoint.js';
import { parseIp } from '../ip-address.js';
import { type Span, type SpanEvent, SpanKind, StatusCode } from '../span.js';

export type ZipkinKind = 'CLIENT' | 'SERVER' | 'PRODUCER' | 'CONSUMER';

export interface ZipkinAnnotation {
  readonly timestampUs: bigint;
  readonly value: string;
}

/** A span as Zipkin v2 shows it: normalised, sorted, without what v2 has no words for. */
export interface ZipkinSpan {
  readonly traceId: string;
  readonly parentId: string | undefined;
  readonly id: string;
  readonly kind: ZipkinKind | undefined;
  /** Lower case, '' when unknown. */
  readonly name: string;
  /** 0n when unknown. */
  readonly timestampUs: bigint;
  readonly durationUs: bigint;
  readonly localEndpoint: Endpoint | undefined;
  readonly remoteEndpoint: Endpoint | undefined;
  /** By time, then value; no two alike. */
  readonly annotations: readonly ZipkinAnnotation[];
  /** By key. */
  readonly tags: readonly (readonly [key: string, value: string])[];
  readonly debug: boolean;
  readonly shared: boolean;
}

const KINDS: readonly (ZipkinKind | undefined)[] = [undefined, undefined, 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER'];

/** Attributes that name the other side of an OTLP span, the most telling first. */
const PEER = {
  names: [
    'peer.service',
    'service.peer.name',
    'server.address',
    'net.peer.name',
    'messaging.system',
    'db.system.name',
    'db.system',
  ],
  addresses: ['network.peer.address', 'net.sock.peer.addr', 'net.peer.ip', 'server.address'],
  ports: ['network.peer.port', 'net.sock.peer.port', 'net.peer.port', 'server.port'],
};
/** For a server, `server.address` and its like are its own. */
const CALLER = {
  names: ['peer.service', 'service.peer.name'],
  addresses: ['network.peer.address', 'net.sock.peer.addr', 'net.peer.ip', 'client.address'],
  ports: ['network.peer.port', 'net.sock.peer.port', 'net.peer.port', 'client.port'],
};

export function zipkinKindOf(kind: SpanKind): ZipkinKind | undefined {
  return KINDS[kind];
}

/** The Zipkin v2 view of a span. For OTLP it follows the usual mapping (see RATIONALE.md), which loses what v2 lacks. */
export function zipkinSpanOf(span: Span): ZipkinSpan {
  const otlp = span.source === 'otlp';
  return {
    traceId: span.traceId,
    parentId: span.parentId === span.id ? undefined : span.parentId,
    id: span.id,
    kind: zipkinKindOf(span.kind),
    name: span.name.toLowerCase(),
    timestampUs: positiveUs(span.startNs),
    durationUs: durationUsOf(span),
    localEndpoint: lowerCased(span.localEndpoint),
    remoteEndpoint: lowerCased(remoteEndpointOf(span)),
    annotations: annotationsOf(span.events),
    tags: (otlp ? otlpTags(span) : Array.from(span.attributes.entries(), tagOf)).sort(byKey),
    debug: span.debug,
    shared: span.shared && span.kind !== SpanKind.client,
  };
}

/**
 * The other side of a span. Zipkin spans carry it; for the kinds of OTLP spans that have one it is derived from the
 * attributes of the semantic conventions, old and new.
 */
export function remoteEndpointOf(span: Span): Endpoint | undefined {
  if (span.source !== 'otlp') return span.remoteEndpoint;
  const { attributes, kind } = span;
  if (kind <= SpanKind.internal || attributes.size === 0) return undefined;
  const { names, addresses, ports } = kind === SpanKind.server ? CALLER : PEER;
  const name = first(names, (key) => attributes.text(key)) ?? '';
  const { ipv4, ipv6 } = parseIp(first(addresses, (key) => attributes.text(key)) ?? '');
  const port = portOf(first(ports, (key) => attributes.get(key)));
  return Endpoint.of(name === ipv4 || name === ipv6 ? '' : name, ipv4, ipv6, port);
}

function portOf(value: AttributeValue): number {
  const port = typeof value === 'bigint' || typeof value === 'string' ? Number(value) : 0;
  return Number.isInteger(port) && port > 0 && port <= 0xffff ? port : 0;
}

function durationUsOf(span: Span): bigint {
  if (span.durationNs === undefined || span.durationNs < 0n) return 0n;
  if (span.source !== 'otlp') return usOfNs(span.durationNs);
  // A duration of less than a microsecond is not unknown.
  return span.durationNs < 1000n ? 1n : usOfNs(span.durationNs);
}

function positiveUs(ns: bigint | undefined): bigint {
  return ns === undefined || ns < 1000n ? 0n : usOfNs(ns);
}

function lowerCased(endpoint: Endpoint | undefined): Endpoint | undefined {
  if (endpoint === undefined) return undefined;
  const lower = endpoint.serviceName.toLowerCase();
  if (lower === endpoint.serviceName) return endpoint;
  return new Endpoint(lower, endpoint.ipv4, endpoint.ipv6, endpoint.port);
}

function annotationsOf(events: readonly SpanEvent[]): ZipkinAnnotation[] {
  if (events.length === 0) return [];
  const all = events.map((event) => ({ timestampUs: usOfNs(event.timeNs), value: annotationValue(event) }));
  all.sort(byTimeAndValue);
  return all.filter((a, i) => i === 0 || a.timestampUs !== all[i - 1]?.timestampUs || a.value !== all[i - 1]?.value);
}

function annotationValue(event: SpanEvent): string {
  return event.attributes.size === 0
    ? event.name
    : `{${JSON.stringify(event.name)}:${jsonOfAttributes(event.attributes)}}`;
}

/** Resource first, so that an attribute of the span wins; then scope and status in the names that OpenTelemetry gave them. */
function otlpTags(span: Span): [string, string][] {
  const tags = new Map<string, string>();
  for (const [key, value] of span.resource.attributes.entries()) {
    if (key !== 'service.name') tags.set(key, textOfValue(value));
  }
  for (const [key, value] of span.attributes.entries()) tags.set(key, textOfValue(value));
  if (span.scope.name !== '') tags.set('otel.scope.name', span.scope.name);
  if (span.scope.version !== '') tags.set('otel.scope.version', span.scope.version);
  if (span.traceState !== '') tags.set('w3c.tracestate', span.traceState);
  if (span.statusCode !== StatusCode.unset) {
    tags.set('otel.status_code', span.statusCode === StatusCode.error ? 'ERROR' : 'OK');
  }
  if (span.statusCode === StatusCode.error) {
    const given = tags.get('error');
    tags.set('error', span.statusMessage === '' ? (given ?? 'true') : span.statusMessage);
  }
  return [...tags];
}

function tagOf([key, value]: [string, AttributeValue]): [string, string] {
  return [key, textOfValue(value)];
}

function byKey(a: readonly [string, string], b: readonly [string, string]): number {
  return compare(a[0], b[0]);
}

/** The order of annotations. */
export function byTimeAndValue(a: ZipkinAnnotation, b: ZipkinAnnotation): number {
  if (a.timestampUs !== b.timestampUs) return a.timestampUs < b.timestampUs ? -1 : 1;
  return compare(a.value, b.value);
}

/** By UTF-16 code units, as Java compares strings. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function first<T>(keys: readonly string[], read: (key: string) => T | undefined): T | undefined {
  for (const key of keys) {
    const value = read(key);
    if (value !== undefined) return value;
  }
  return undefined;
}
