import { INT64_MAX, INT64_MIN } from '../bytes/int64.js';
import { ProtobufWriter } from '../bytes/protobuf-writer.js';
import { writeAttributes, writeLink, writeResource, writeScope, writeValue } from '../codecs/otlp-proto-writer.js';
import type { Endpoint } from '../endpoint.js';
import { ipv4Bytes, ipv6Bytes } from '../ip-address.js';
import type { Resource, Scope, Span, SpanEvent, SpanSource } from '../span.js';
import { type V1Annotation, type V1BinaryAnnotation, V1Original } from '../zipkin/v1-span.js';

export const SOURCE_NUMBERS: Readonly<Record<SpanSource, number>> = { otlp: 1, 'zipkin-v1': 2, 'zipkin-v2': 3 };
export const DEBUG_FLAG = 1;
export const SHARED_FLAG = 2;
/** The span is a further part of a v1 span that another one carries. */
export const CONTINUED_FLAG = 4;

/** One for all records: they are small, many, and written one after the other. */
const writer = new ProtobufWriter();

/**
 * Everything that a span says, but its resource and scope, in protobuf form: what a store keeps so that every format can
 * be written from it again. Fields are only ever added, so that old records stay readable; the numbers are the format.
 */
export function encodeSpanRecord(span: Span): Buffer {
  writer.restart();
  writer.uint32(1, SOURCE_NUMBERS[span.source]);
  writer.hex(2, span.traceId);
  writer.hex(3, span.id);
  writer.hex(4, span.parentId ?? '');
  writer.string(5, span.name);
  writer.uint32(6, span.kind);
  if (span.startNs !== undefined) writeBig(7, span.startNs);
  if (span.durationNs !== undefined) writeBig(8, span.durationNs);
  writeAttributes(writer, 9, span.attributes);
  for (const event of span.events) writeEvent(10, event);
  for (const link of span.links) {
    const start = writer.begin(11);
    writeLink(writer, link);
    writer.end(start);
  }
  writer.uint32(12, span.droppedAttributes);
  writer.uint32(13, span.droppedEvents);
  writer.uint32(14, span.droppedLinks);
  writer.uint32(15, span.statusCode);
  writer.string(16, span.statusMessage);
  writer.string(17, span.traceState);
  writer.uint32(18, span.traceFlags);
  writer.uint32(19, flagsOf(span));
  writeEndpoint(20, span.localEndpoint);
  writeEndpoint(21, span.remoteEndpoint);
  if (span.v1 !== undefined && span.v1 !== V1Original.continued) writeOriginal(22, span.v1);
  return writer.finish();
}

/** A resource with its schema URL; equal resources give equal bytes, so that a store can share them. */
export function encodeResourceRecord(resource: Resource): Buffer {
  writer.restart();
  writer.message(1, () => {
    writeResource(writer, resource);
  });
  writer.string(2, resource.schemaUrl);
  return writer.finish();
}

/** A scope with its schema URL. */
export function encodeScopeRecord(scope: Scope): Buffer {
  writer.restart();
  writer.message(1, () => {
    writeScope(writer, scope);
  });
  writer.string(2, scope.schemaUrl);
  return writer.finish();
}

function flagsOf(span: Span): number {
  const continued = span.v1 === V1Original.continued ? CONTINUED_FLAG : 0;
  return (span.debug ? DEBUG_FLAG : 0) | (span.shared ? SHARED_FLAG : 0) | continued;
}

/** As a varint; what does not fit 64 bits (a microsecond time of Zipkin in nanoseconds) as decimal text. */
function writeBig(field: number, value: bigint): void {
  if (value >= INT64_MIN && value <= INT64_MAX) writer.int64Always(field, value);
  else writer.stringAlways(field, value.toString());
}

function writeEvent(field: number, event: SpanEvent): void {
  const start = writer.begin(field);
  writeBig(1, event.timeNs);
  writer.string(2, event.name);
  writeAttributes(writer, 3, event.attributes);
  writer.uint32(4, event.droppedAttributes);
  writer.end(start);
}

function writeEndpoint(field: number, endpoint: Endpoint | undefined): void {
  if (endpoint === undefined) return;
  const start = writer.begin(field);
  writer.string(1, endpoint.serviceName);
  if (endpoint.ipv4 !== undefined) writer.bytes(2, ipv4Bytes(endpoint.ipv4));
  if (endpoint.ipv6 !== undefined) writer.bytes(3, ipv6Bytes(endpoint.ipv6));
  writer.uint32(4, endpoint.port);
  writer.end(start);
}

function writeOriginal(field: number, v1: V1Original): void {
  const start = writer.begin(field);
  writeBig(1, v1.timestampUs);
  writeBig(2, v1.durationUs);
  for (const annotation of v1.annotations) writeAnnotation(3, annotation);
  for (const binary of v1.binaryAnnotations) writeBinary(4, binary);
  writer.end(start);
}

function writeAnnotation(field: number, annotation: V1Annotation): void {
  const start = writer.begin(field);
  writeBig(1, annotation.timestampUs);
  writer.string(2, annotation.value);
  writeEndpoint(3, annotation.endpoint);
  writer.end(start);
}

function writeBinary(field: number, binary: V1BinaryAnnotation): void {
  const start = writer.begin(field);
  writer.string(1, binary.key);
  writer.uint32(2, binary.type);
  const value = writer.begin(3);
  writeValue(writer, binary.value);
  writer.end(value);
  writeEndpoint(4, binary.endpoint);
  writer.end(start);
}
