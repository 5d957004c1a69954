import type { DecodeLimits } from '../decode-limits.js';
import { type DecodedSpans, Decoding } from '../decoded-spans.js';
import { decodeZipkinV1Json } from './zipkin-v1-json.js';
import { decodeZipkinV1Thrift } from './zipkin-v1-thrift.js';
import { decodeZipkinV2Json } from './zipkin-v2-json.js';
import { decodeZipkinV2Proto } from './zipkin-v2-proto.js';

/** The encodings of the Zipkin API, by Zipkin's names. */
export type ZipkinEncoding = 'JSON_V1' | 'THRIFT' | 'JSON_V2' | 'PROTO3';

const DECODERS = {
  JSON_V1: decodeZipkinV1Json,
  THRIFT: decodeZipkinV1Thrift,
  JSON_V2: decodeZipkinV2Json,
  PROTO3: decodeZipkinV2Proto,
} as const satisfies Record<ZipkinEncoding, (bytes: Uint8Array, limits?: Partial<DecodeLimits>) => DecodedSpans>;

/** First bytes of lists: '[', thrift's struct and string, protobuf's field 1. */
const FIRST_BYTES: ReadonlySet<number> = new Set([0x5b, 12, 11, 10]);

/**
 * Zipkin's text for a body that is not in the encoding of its route, or undefined. It looks at the first byte, and for
 * JSON at names that only the other version has; an empty body is an empty list.
 */
export function zipkinBodyProblem(expected: ZipkinEncoding, bytes: Uint8Array): string | undefined {
  const first = bytes[0];
  if (first === undefined) return undefined;
  if (!FIRST_BYTES.has(first)) return `Expected a ${expected} encoded list\n`;
  const actual = encodingOf(expected, bytes);
  return actual === expected ? undefined : `Expected a ${expected} encoded list, but received: ${actual}\n`;
}

/** Reads a Zipkin body of whatever encoding. Call `zipkinBodyProblem` first. */
export function decodeZipkin(
  encoding: ZipkinEncoding,
  bytes: Uint8Array,
  limits?: Partial<DecodeLimits>,
): DecodedSpans {
  return bytes.length === 0 ? new Decoding(limits).result : DECODERS[encoding](bytes, limits);
}

function encodingOf(expected: ZipkinEncoding, bytes: Uint8Array): ZipkinEncoding {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (body[0] !== 0x5b) return body[0] === 10 && body[1] !== 0 ? 'PROTO3' : 'THRIFT';
  if (expected === 'JSON_V2') return body.includes('yAnnotations"') ? 'JSON_V1' : 'JSON_V2';
  if (expected === 'JSON_V1') return body.includes('Endpoint"') || body.includes('"tags"') ? 'JSON_V2' : 'JSON_V1';
  return body.includes('Endpoint"') || body.includes('"tags"') ? 'JSON_V2' : 'JSON_V1';
}
