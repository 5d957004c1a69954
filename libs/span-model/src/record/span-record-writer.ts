import { INT64_MAX, INT64_MIN } from '../bytes/int64.js';
import { ProtobufWriter } from '../bytes/protobuf-writer.js';
import { writeAttributes, writeLink, writeResource, writeScope, writeValue } from '../codecs/otlp-proto-writer.js';
import type { Endpoint } from '../endpoint.js';
import { ipv4Bytes, ipv6Bytes } from '../ip-address.js';
import type { Resource, Scope, Span, SpanEvent, SpanSource } from '../span.js';
import { V1Original, type V1BinaryAnnotation } from '../zipkin/v1-span.js';

export const SOURCE_NUMBERS: Readonly<Record<SpanSource, number>> = { otlp: 1, 'zipkin-v1': 2, 'zipkin-v2': 3 };
export const DEBUG_FLAG = 1;
export const SHARED_FLAG = 2;
/** The span is a further part of a v1 span that another one carries. */
export const CONTINUED_FLAG = 4;

/**
 * Everything that a span says, but its resource and scope, in protobuf form: what a store keeps so that every format can
 * be written from it again. Fields are only ever added, so that old records stay readable; the numbers are the format.
 */
export function encodeSpanRecord(span: Span): Buffer {
  const writer = new ProtobufWriter();
  writer.uint32(1, SOURCE_NUMBERS[span.source]);
  writer.hex(2, span.traceId);
  writer.hex(3, span.id);
  writer.hex(4, span.parentId ?? '');
  writer.string(5, span.name);
  writer.uint32(6, span.kind);
  if (span.startNs !== undefined) writeBig(writer, 7, span.startNs);
  if (span.durationNs !== undefined) writeBig(writer, 8, span.durationNs);
  writeAttributes(writer, 9, span.attributes);
  for (const event of span.events)
    writer.message(10, () => {
      writeEvent(writer, event);
    });
  for (const link of span.links)
    writer.message(11, () => {
      writeLink(writer, link);
    });
  writer.uint32(12, span.droppedAttributes);
  writer.uint32(13, span.droppedEvents);
  writer.uint32(14, span.droppedLinks);
  writer.uint32(15, span.statusCode);
  writer.string(16, span.statusMessage);
  writer.string(17, span.traceState);
  writer.uint32(18, span.traceFlags);
  writer.uint32(19, flagsOf(span));
  writeEndpoint(writer, 20, span.localEndpoint);
  writeEndpoint(writer, 21, span.remoteEndpoint);
  const { v1 } = span;
  if (v1 !== undefined && v1 !== V1Original.continued)
    writer.message(22, () => {
      writeOriginal(writer, v1);
    });
  return writer.finish();
}

/** A resource with its schema URL; equal resources give equal bytes, so that a store can share them. */
export function encodeResourceRecord(resource: Resource): Buffer {
  const writer = new ProtobufWriter();
  writer.message(1, () => {
    writeResource(writer, resource);
  });
  writer.string(2, resource.schemaUrl);
  return writer.finish();
}

/** A scope with its schema URL. */
export function encodeScopeRecord(scope: Scope): Buffer {
  const writer = new ProtobufWriter();
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
function writeBig(writer: ProtobufWriter, field: number, value: bigint): void {
  if (value >= INT64_MIN && value <= INT64_MAX) writer.int64Always(field, value);
  else writer.stringAlways(field, value.toString());
}

function writeEvent(writer: ProtobufWriter, event: SpanEvent): void {
  writeBig(writer, 1, event.timeNs);
  writer.string(2, event.name);
  writeAttributes(writer, 3, event.attributes);
  writer.uint32(4, event.droppedAttributes);
}

function writeEndpoint(writer: ProtobufWriter, field: number, endpoint: Endpoint | undefined): void {
  if (endpoint === undefined) return;
  writer.message(field, () => {
    writer.string(1, endpoint.serviceName);
    if (endpoint.ipv4 !== undefined) writer.bytes(2, ipv4Bytes(endpoint.ipv4));
    if (endpoint.ipv6 !== undefined) writer.bytes(3, ipv6Bytes(endpoint.ipv6));
    writer.uint32(4, endpoint.port);
  });
}

function writeOriginal(writer: ProtobufWriter, v1: V1Original): void {
  writeBig(writer, 1, v1.timestampUs);
  writeBig(writer, 2, v1.durationUs);
  for (const annotation of v1.annotations) {
    writer.message(3, () => {
      writeBig(writer, 1, annotation.timestampUs);
      writer.string(2, annotation.value);
      writeEndpoint(writer, 3, annotation.endpoint);
    });
  }
  for (const binary of v1.binaryAnnotations)
    writer.message(4, () => {
      writeBinary(writer, binary);
    });
}

function writeBinary(writer: ProtobufWriter, binary: V1BinaryAnnotation): void {
  writer.string(1, binary.key);
  writer.uint32(2, binary.type);
  writer.message(3, () => {
    writeValue(writer, binary.value);
  });
  writeEndpoint(writer, 4, binary.endpoint);
}
