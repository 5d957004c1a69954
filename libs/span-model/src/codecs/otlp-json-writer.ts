import { Attributes, type AttributeValue } from '../attributes.js';
import { UINT64_MAX } from '../bytes/int64.js';
import type { Span, SpanEvent, SpanLink } from '../span.js';
import { groupForOtlp, type OtlpSpan, type ResourceGroup, type ScopeGroup } from './otlp-groups.js';

/** An OTLP/JSON trace request; also the file format that collectors read and write. 64-bit integers are strings. */
export function encodeOtlpJson(spans: readonly Span[]): Buffer {
  return Buffer.from(`{"resourceSpans":[${groupForOtlp(spans).map(resourceSpansJson).join(',')}]}`);
}

/** Members of an object; those that are undefined are left out. */
function object(members: Readonly<Record<string, string | undefined>>): string {
  const written = Object.entries(members).filter(([, json]) => json !== undefined);
  return `{${written.map(([key, json]) => `"${key}":${json ?? ''}`).join(',')}}`;
}

function resourceSpansJson({ resource, scopes }: ResourceGroup): string {
  return object({
    resource: object({
      attributes: attributesJson(resource.attributes),
      droppedAttributesCount: count(resource.droppedAttributes),
    }),
    scopeSpans: `[${scopes.map(scopeSpansJson).join(',')}]`,
    schemaUrl: text(resource.schemaUrl),
  });
}

function scopeSpansJson({ scope, spans }: ScopeGroup): string {
  return object({
    scope: object({
      name: text(scope.name),
      version: text(scope.version),
      attributes: attributesJson(scope.attributes),
      droppedAttributesCount: count(scope.droppedAttributes),
    }),
    spans: `[${spans.map(spanJson).join(',')}]`,
    schemaUrl: text(scope.schemaUrl),
  });
}

function spanJson({ span, traceId, attributes, statusCode, statusMessage }: OtlpSpan): string {
  const status =
    statusCode === 0 && statusMessage === '' ? undefined : { message: text(statusMessage), code: count(statusCode) };
  return object({
    traceId: `"${traceId}"`,
    spanId: `"${span.id}"`,
    traceState: text(span.traceState),
    parentSpanId: text(span.parentId ?? ''),
    flags: count(span.traceFlags),
    name: text(span.name),
    kind: count(span.kind),
    startTimeUnixNano: time(span.startNs),
    endTimeUnixNano: time(span.endNs),
    attributes: attributesJson(attributes),
    droppedAttributesCount: count(span.droppedAttributes),
    events: list(span.events.map(eventJson)),
    droppedEventsCount: count(span.droppedEvents),
    links: list(span.links.map(linkJson)),
    droppedLinksCount: count(span.droppedLinks),
    status: status && object(status),
  });
}

function eventJson(event: SpanEvent): string {
  return object({
    timeUnixNano: time(event.timeNs),
    name: text(event.name),
    attributes: attributesJson(event.attributes),
    droppedAttributesCount: count(event.droppedAttributes),
  });
}

function linkJson(link: SpanLink): string {
  return object({
    traceId: text(link.traceId.length === 16 ? link.traceId.padStart(32, '0') : link.traceId),
    spanId: text(link.spanId),
    traceState: text(link.traceState),
    attributes: attributesJson(link.attributes),
    droppedAttributesCount: count(link.droppedAttributes),
    flags: count(link.flags),
  });
}

function attributesJson(attributes: Attributes): string | undefined {
  return attributes.size === 0 ? undefined : keyValuesJson(attributes);
}

function keyValuesJson(attributes: Attributes): string {
  const pairs = Array.from(
    attributes.entries(),
    ([key, value]) => `{"key":${JSON.stringify(key)},"value":${valueJson(value)}}`,
  );
  return `[${pairs.join(',')}]`;
}

function valueJson(value: AttributeValue): string {
  if (value === undefined) return '{}';
  if (typeof value === 'string') return `{"stringValue":${JSON.stringify(value)}}`;
  if (typeof value === 'boolean') return `{"boolValue":${value}}`;
  if (typeof value === 'bigint') return `{"intValue":"${value}"}`;
  if (typeof value === 'number') return `{"doubleValue":${doubleJson(value)}}`;
  if (value instanceof Uint8Array) return `{"bytesValue":"${Buffer.from(value).toString('base64')}"}`;
  if (value instanceof Attributes) return `{"kvlistValue":{"values":${keyValuesJson(value)}}}`;
  return `{"arrayValue":{"values":[${value.map(valueJson).join(',')}]}}`;
}

/** JSON has no words for NaN and infinities, and `JSON.stringify` forgets the sign of zero. */
function doubleJson(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  return Object.is(value, -0) ? '-0' : JSON.stringify(value);
}

function text(value: string): string | undefined {
  return value === '' ? undefined : JSON.stringify(value);
}

function count(value: number): string | undefined {
  return value === 0 ? undefined : String(value);
}

/** fixed64: times before 1970 cannot be said and wrap, as they do in protobuf. */
function time(ns: bigint | undefined): string | undefined {
  return ns === undefined || ns === 0n ? undefined : `"${ns & UINT64_MAX}"`;
}

function list(elements: readonly string[]): string | undefined {
  return elements.length === 0 ? undefined : `[${elements.join(',')}]`;
}
