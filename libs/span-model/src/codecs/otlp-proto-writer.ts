import { Attributes, type AttributeValue } from '../attributes.js';
import { ProtobufWriter } from '../bytes/protobuf-writer.js';
import type { Resource, Scope, Span, SpanEvent, SpanLink } from '../span.js';
import { groupForOtlp, type OtlpSpan, type ResourceGroup, type ScopeGroup } from './otlp-groups.js';

/** An `ExportTraceServiceRequest` (or `TracesData`) with the spans grouped by resource and scope. */
export function encodeOtlpProto(spans: readonly Span[]): Buffer {
  const writer = new ProtobufWriter();
  for (const group of groupForOtlp(spans)) {
    writer.message(1, () => {
      writeResourceSpans(writer, group);
    });
  }
  return writer.finish();
}

function writeResourceSpans(writer: ProtobufWriter, { resource, scopes }: ResourceGroup): void {
  writer.message(1, () => {
    writeResource(writer, resource);
  });
  for (const scope of scopes) {
    writer.message(2, () => {
      writeScopeSpans(writer, scope);
    });
  }
  writer.string(3, resource.schemaUrl);
}

function writeScopeSpans(writer: ProtobufWriter, { scope, spans }: ScopeGroup): void {
  writer.message(1, () => {
    writeScope(writer, scope);
  });
  for (const span of spans) {
    writer.message(2, () => {
      writeSpan(writer, span);
    });
  }
  writer.string(3, scope.schemaUrl);
}

/** The message Resource, without the schema URL that stands beside it. */
export function writeResource(writer: ProtobufWriter, resource: Resource): void {
  writeAttributes(writer, 1, resource.attributes);
  writer.uint32(2, resource.droppedAttributes);
}

/** The message InstrumentationScope, without the schema URL that stands beside it. */
export function writeScope(writer: ProtobufWriter, scope: Scope): void {
  writer.string(1, scope.name);
  writer.string(2, scope.version);
  writeAttributes(writer, 3, scope.attributes);
  writer.uint32(4, scope.droppedAttributes);
}

function writeSpan(writer: ProtobufWriter, { span, traceId, attributes, statusCode, statusMessage }: OtlpSpan): void {
  writer.hex(1, traceId);
  writer.hex(2, span.id);
  writer.string(3, span.traceState);
  writer.hex(4, span.parentId ?? '');
  writer.string(5, span.name);
  writer.uint32(6, span.kind);
  writer.fixed64(7, span.startNs ?? 0n);
  writer.fixed64(8, span.endNs ?? 0n);
  writeAttributes(writer, 9, attributes);
  writer.uint32(10, span.droppedAttributes);
  for (const event of span.events)
    writer.message(11, () => {
      writeEvent(writer, event);
    });
  writer.uint32(12, span.droppedEvents);
  for (const link of span.links)
    writer.message(13, () => {
      writeLink(writer, link);
    });
  writer.uint32(14, span.droppedLinks);
  if (statusCode !== 0 || statusMessage !== '') {
    writer.message(15, () => {
      writer.string(2, statusMessage);
      writer.uint32(3, statusCode);
    });
  }
  writer.fixed32(16, span.traceFlags);
}

export function writeEvent(writer: ProtobufWriter, event: SpanEvent): void {
  writer.fixed64(1, event.timeNs);
  writer.string(2, event.name);
  writeAttributes(writer, 3, event.attributes);
  writer.uint32(4, event.droppedAttributes);
}

export function writeLink(writer: ProtobufWriter, link: SpanLink): void {
  // Canonical ids of other formats may have lost their upper half.
  writer.hex(1, link.traceId.length === 16 ? link.traceId.padStart(32, '0') : link.traceId);
  writer.hex(2, link.spanId);
  writer.string(3, link.traceState);
  writeAttributes(writer, 4, link.attributes);
  writer.uint32(5, link.droppedAttributes);
  writer.fixed32(6, link.flags);
}

export function writeAttributes(writer: ProtobufWriter, field: number, attributes: Attributes): void {
  const { flat } = attributes;
  for (let i = 0; i < flat.length; i += 2) {
    const pair = writer.begin(field);
    writer.string(1, flat[i] as string);
    const value = writer.begin(2);
    writeValue(writer, flat[i + 1]);
    writer.end(value);
    writer.end(pair);
  }
}

/** The contents of an AnyValue. Members of a oneof are written even when they have their default value. */
export function writeValue(writer: ProtobufWriter, value: AttributeValue): void {
  if (typeof value === 'string') writer.stringAlways(1, value);
  else if (typeof value === 'bigint') writer.int64Always(3, value);
  else if (typeof value === 'boolean') writer.uint32Always(2, value ? 1 : 0);
  else if (typeof value === 'number') writer.doubleAlways(4, value);
  else if (value instanceof Uint8Array) writer.bytes(7, value);
  else if (value !== undefined) writeNested(writer, value);
}

function writeNested(writer: ProtobufWriter, value: Attributes | readonly AttributeValue[]): void {
  const start = writer.begin(value instanceof Attributes ? 6 : 5);
  if (value instanceof Attributes) writeAttributes(writer, 1, value);
  else {
    for (const element of value) {
      const begin = writer.begin(1);
      writeValue(writer, element);
      writer.end(begin);
    }
  }
  writer.end(start);
}
