export { Attributes, type AttributeValue } from './attributes.js';
export { atsSpanStrings, encodeZipkinV1Json, encodeZipkinV2Json, zipkinV2Json } from './codecs/zipkin-json-writer.js';
export { encodeChromeTrace } from './codecs/chrome-trace.js';
export { decodeOtlpJson } from './codecs/otlp-json.js';
export { encodeOtlpJson } from './codecs/otlp-json-writer.js';
export { decodeOtlpProto } from './codecs/otlp-proto.js';
export { encodeOtlpProto } from './codecs/otlp-proto-writer.js';
export { encodeOtlpResponse, encodeOtlpStatus, type OtlpEncoding } from './codecs/otlp-response.js';
export { jsonOfAttributes, jsonOfValue, textOfValue } from './codecs/value-json.js';
export { decodeZipkin, zipkinBodyProblem, type ZipkinEncoding } from './codecs/zipkin-body.js';
export { decodeZipkinV1Json } from './codecs/zipkin-v1-json.js';
export { decodeZipkinV1Thrift } from './codecs/zipkin-v1-thrift.js';
export { encodeZipkinV1Thrift } from './codecs/zipkin-v1-thrift-writer.js';
export { decodeZipkinV2Json } from './codecs/zipkin-v2-json.js';
export { decodeZipkinV2Proto } from './codecs/zipkin-v2-proto.js';
export { encodeZipkinV2Proto } from './codecs/zipkin-v2-proto-writer.js';
export { DecodeError, type SpanFormat } from './decode-error.js';
export { decodeLimits, DEFAULT_LIMITS, type DecodeLimits, Losses } from './decode-limits.js';
export type { DecodedSpans } from './decoded-spans.js';
export { Endpoint } from './endpoint.js';
export { ipv4Bytes, ipv6Bytes, parseIp, parseIpBytes, type ParsedIp } from './ip-address.js';
export { decodeResourceRecord, decodeScopeRecord, decodeSpanRecord } from './record/span-record.js';
export { encodeResourceRecord, encodeScopeRecord, encodeSpanRecord } from './record/span-record-writer.js';
export { Resource, Scope, Span, SpanEvent, SpanKind, SpanLink, type SpanSource, StatusCode } from './span.js';
export { IdError, lowTraceId, normalizeParentId, normalizeSpanId, normalizeTraceId } from './span-ids.js';
export { SpanTree, type TreeRow, type TreeSpan, type TreeWindow } from './tree/span-tree.js';
export { type OutlineColumns, TraceOutline } from './tree/trace-outline.js';
export { type DependencyLink, DependencyLinker, linkPartOf } from './zipkin/dependency-links.js';
export { ColumnLinker } from './zipkin/column-linker.js';
export { LinkColumns, TextNumbers, UNKNOWN_TEXT } from './zipkin/link-columns.js';
export { mergeTrace } from './zipkin/merge-spans.js';
export { type V1Annotation, type V1BinaryAnnotation, V1Original, type V1Span, V1Type } from './zipkin/v1-span.js';
export { spansOfV1 } from './zipkin/v1-to-v2.js';
export { v1SpanOf } from './zipkin/v2-to-v1.js';
export {
  remoteEndpointOf,
  type ZipkinAnnotation,
  type ZipkinKind,
  type ZipkinSpan,
  zipkinSpanOf,
} from './zipkin/zipkin-span.js';
