import { bytesOfHex } from '../bytes/hex.js';
import { int64Bytes, ThriftWriter } from '../bytes/thrift-writer.js';
import type { Endpoint } from '../endpoint.js';
import { ipv4Bytes, ipv6Bytes } from '../ip-address.js';
import type { Span } from '../span.js';
import { V1Type, type V1Annotation, type V1BinaryAnnotation, type V1Span } from '../zipkin/v1-span.js';
import { v1Spans } from './zipkin-json-writer.js';

/** A TBinaryProtocol list of Zipkin v1 spans, fields in Zipkin's order. No spans are no bytes, as Zipkin has it. */
export function encodeZipkinV1Thrift(spans: readonly Span[]): Buffer {
  const v1 = v1Spans(spans);
  if (v1.length === 0) return Buffer.alloc(0);
  const writer = new ThriftWriter();
  writer.topList(v1, (span) => {
    writeSpan(writer, span);
  });
  return writer.finish();
}

function writeSpan(writer: ThriftWriter, span: V1Span): void {
  const { timestampUs, durationUs, annotations, binaryAnnotations } = span.original;
  writer.i64(1, idOf(span.traceId.slice(-16)));
  writer.text(3, span.name);
  writer.i64(4, idOf(span.id));
  if (span.parentId !== undefined) writer.i64(5, idOf(span.parentId));
  writer.list(6, annotations, (annotation) => {
    writeAnnotation(writer, annotation);
  });
  writer.list(8, binaryAnnotations, (binary) => {
    writeBinaryAnnotation(writer, binary);
  });
  if (span.debug) writer.bool(9, true);
  if (timestampUs !== 0n) writer.i64(10, timestampUs);
  if (durationUs !== 0n) writer.i64(11, durationUs);
  if (span.traceId.length === 32) writer.i64(12, idOf(span.traceId.slice(0, 16)));
}

function writeAnnotation(writer: ThriftWriter, annotation: V1Annotation): void {
  writer.i64(1, annotation.timestampUs);
  writer.text(2, annotation.value);
  writeEndpoint(writer, 3, annotation.endpoint);
}

function writeBinaryAnnotation(writer: ThriftWriter, binary: V1BinaryAnnotation): void {
  writer.text(1, binary.key);
  if (typeof binary.value === 'string') writer.text(2, binary.value);
  else writer.bytes(2, bytesOf(binary.value, binary.type));
  writer.i32(3, binary.type);
  writeEndpoint(writer, 4, binary.endpoint);
}

function bytesOf(value: boolean | bigint | number | Uint8Array, type: V1Type): Uint8Array {
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0);
  if (typeof value === 'bigint') {
    const bytes = int64Bytes(value);
    return type === V1Type.i16 ? bytes.subarray(6) : type === V1Type.i32 ? bytes.subarray(4) : bytes;
  }
  if (typeof value !== 'number') return value;
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleBE(value);
  return bytes;
}

/** Everything but an IPv6 address is always written, unknown as zero or empty. */
function writeEndpoint(writer: ThriftWriter, id: number, endpoint: Endpoint | undefined): void {
  if (endpoint === undefined) return;
  writer.struct(id, () => {
    const ipv4 = endpoint.ipv4 === undefined ? 0 : Buffer.from(ipv4Bytes(endpoint.ipv4)).readInt32BE();
    writer.i32(1, ipv4);
    writer.i16(2, (endpoint.port << 16) >> 16);
    writer.text(3, endpoint.serviceName);
    if (endpoint.ipv6 !== undefined) writer.bytes(4, ipv6Bytes(endpoint.ipv6));
  });
}

function idOf(digits: string): bigint {
  return Buffer.from(bytesOfHex(digits)).readBigInt64BE();
}
