import { ProtobufWriter } from '../bytes/protobuf-writer.js';
import type { Endpoint } from '../endpoint.js';
import { ipv4Bytes, ipv6Bytes } from '../ip-address.js';
import type { Span } from '../span.js';
import { type ZipkinKind, type ZipkinSpan, zipkinSpanOf } from '../zipkin/zipkin-span.js';

const KIND_NUMBERS: Readonly<Record<ZipkinKind, number>> = { CLIENT: 1, SERVER: 2, PRODUCER: 3, CONSUMER: 4 };

/** A `zipkin.proto3.ListOfSpans`, fields in the order of their numbers. */
export function encodeZipkinV2Proto(spans: readonly Span[]): Buffer {
  const writer = new ProtobufWriter();
  for (const span of spans) {
    const view = zipkinSpanOf(span);
    writer.message(1, () => {
      writeSpan(writer, view);
    });
  }
  return writer.finish();
}

function writeSpan(writer: ProtobufWriter, span: ZipkinSpan): void {
  writer.hex(1, span.traceId);
  writer.hex(2, span.parentId ?? '');
  writer.hex(3, span.id);
  writer.uint32(4, span.kind === undefined ? 0 : KIND_NUMBERS[span.kind]);
  writer.string(5, span.name);
  writer.fixed64(6, span.timestampUs);
  writer.int64(7, span.durationUs);
  writeEndpoint(writer, 8, span.localEndpoint);
  writeEndpoint(writer, 9, span.remoteEndpoint);
  for (const { timestampUs, value } of span.annotations) {
    writer.message(10, () => {
      writer.fixed64(1, timestampUs);
      writer.stringAlways(2, value);
    });
  }
  for (const [key, value] of span.tags) {
    writer.message(11, () => {
      writer.stringAlways(1, key);
      writer.stringAlways(2, value);
    });
  }
  writer.bool(12, span.debug);
  writer.bool(13, span.shared);
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
