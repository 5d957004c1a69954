import type { Endpoint } from '../endpoint.js';
import type { Span } from '../span.js';
import type { V1BinaryAnnotation, V1Span } from '../zipkin/v1-span.js';
import { v1SpanAsSent, v1SpanOf } from '../zipkin/v2-to-v1.js';
import { type ZipkinSpan, zipkinSpanOf } from '../zipkin/zipkin-span.js';

/** A Zipkin v2 JSON list, members in Zipkin's order. */
export function encodeZipkinV2Json(spans: readonly Span[]): Buffer {
  return Buffer.from(`[${spans.map((span) => zipkinV2Json(zipkinSpanOf(span))).join(',')}]`);
}

/** A Zipkin v1 JSON list. Spans that came as v1 go as they came, each original once. */
export function encodeZipkinV1Json(spans: readonly Span[]): Buffer {
  return Buffer.from(`[${v1Spans(spans).map(zipkinV1Json).join(',')}]`);
}

/**
 * The spans as the ATS API lists them: one JSON text a span, in the form of Zipkin v1, as it was sent: names in their
 * case, annotations in their order, endpoints only where the sender wrote them. Spans of other formats are converted, in
 * their case as well.
 */
export function atsSpanStrings(spans: readonly Span[]): string[] {
  return spans
    .map(v1SpanAsSent)
    .filter((span) => span !== undefined)
    .map(zipkinV1Json);
}

export function v1Spans(spans: readonly Span[]): V1Span[] {
  return spans.map(v1SpanOf).filter((span) => span !== undefined);
}

/** One v2 span as JSON text. */
export function zipkinV2Json(span: ZipkinSpan): string {
  let json = `{"traceId":"${span.traceId}"`;
  if (span.parentId !== undefined) json += `,"parentId":"${span.parentId}"`;
  json += `,"id":"${span.id}"`;
  if (span.kind !== undefined) json += `,"kind":"${span.kind}"`;
  if (span.name !== '') json += `,"name":${JSON.stringify(span.name)}`;
  if (span.timestampUs !== 0n) json += `,"timestamp":${span.timestampUs}`;
  if (span.durationUs !== 0n) json += `,"duration":${span.durationUs}`;
  if (span.localEndpoint !== undefined) json += `,"localEndpoint":${endpointJson(span.localEndpoint, false)}`;
  if (span.remoteEndpoint !== undefined) json += `,"remoteEndpoint":${endpointJson(span.remoteEndpoint, false)}`;
  const annotations = span.annotations.map((a) => `{"timestamp":${a.timestampUs},"value":${JSON.stringify(a.value)}}`);
  if (annotations.length > 0) json += `,"annotations":[${annotations.join(',')}]`;
  const tags = span.tags.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  if (tags.length > 0) json += `,"tags":{${tags.join(',')}}`;
  if (span.debug) json += ',"debug":true';
  return span.shared ? `${json},"shared":true}` : `${json}}`;
}

function zipkinV1Json(span: V1Span): string {
  const { timestampUs, durationUs, annotations, binaryAnnotations } = span.original;
  let json = `{"traceId":"${span.traceId}"`;
  if (span.parentId !== undefined) json += `,"parentId":"${span.parentId}"`;
  json += `,"id":"${span.id}","name":${JSON.stringify(span.name)}`;
  if (timestampUs !== 0n) json += `,"timestamp":${timestampUs}`;
  if (durationUs !== 0n) json += `,"duration":${durationUs}`;
  const events = annotations.map(
    (a) => `{"timestamp":${a.timestampUs},"value":${JSON.stringify(a.value)}${v1Endpoint(a.endpoint)}}`,
  );
  if (events.length > 0) json += `,"annotations":[${events.join(',')}]`;
  const binary = binaryAnnotations.map(
    (b) => `{"key":${JSON.stringify(b.key)},"value":${v1Value(b)}${v1Endpoint(b.endpoint)}}`,
  );
  if (binary.length > 0) json += `,"binaryAnnotations":[${binary.join(',')}]`;
  return span.debug ? `${json},"debug":true}` : `${json}}`;
}

function v1Value({ value }: V1BinaryAnnotation): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (value instanceof Uint8Array) return `"${Buffer.from(value).toString('base64')}"`;
  return typeof value === 'number' && !Number.isFinite(value) ? `"${value}"` : String(value);
}

function v1Endpoint(endpoint: Endpoint | undefined): string {
  return endpoint === undefined ? '' : `,"endpoint":${endpointJson(endpoint, true)}`;
}

/** v1 always writes a service name, if need be an empty one. */
function endpointJson(endpoint: Endpoint, nameAlways: boolean): string {
  const members: string[] = [];
  if (nameAlways || endpoint.serviceName !== '') members.push(`"serviceName":${JSON.stringify(endpoint.serviceName)}`);
  if (endpoint.ipv4 !== undefined) members.push(`"ipv4":"${endpoint.ipv4}"`);
  if (endpoint.ipv6 !== undefined) members.push(`"ipv6":"${endpoint.ipv6}"`);
  if (endpoint.port !== 0) members.push(`"port":${endpoint.port}`);
  return `{${members.join(',')}}`;
}
