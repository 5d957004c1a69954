import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DecodeError } from '../decode-error.js';
import type { DecodedSpans } from '../decoded-spans.js';
import { decodeSpanRecord } from '../record/span-record.js';
import { encodeSpanRecord } from '../record/span-record-writer.js';
import type { Span } from '../span.js';
import { accepts, mutated, randomFrom } from '../testing/fuzz.js';
import { otlpBodies, v1Spans, zipkinSpans } from '../testing/span-arbitraries.js';
import { spansOfV1 } from '../zipkin/v1-to-v2.js';
import { decodeOtlpJson } from './otlp-json.js';
import { encodeOtlpJson } from './otlp-json-writer.js';
import { decodeOtlpProto } from './otlp-proto.js';
import { encodeOtlpProto } from './otlp-proto-writer.js';
import { encodeZipkinV1Json, encodeZipkinV2Json } from './zipkin-json-writer.js';
import { decodeZipkinV1Json } from './zipkin-v1-json.js';
import { decodeZipkinV1Thrift } from './zipkin-v1-thrift.js';
import { encodeZipkinV1Thrift } from './zipkin-v1-thrift-writer.js';
import { decodeZipkinV2Json } from './zipkin-v2-json.js';
import { decodeZipkinV2Proto } from './zipkin-v2-proto.js';
import { encodeZipkinV2Proto } from './zipkin-v2-proto-writer.js';

const BOX_MS = 120;
const LEAST_RUNS = 300;

type Decode = (bytes: Uint8Array) => unknown;
const otlp = fc.sample(otlpBodies, { numRuns: 20, seed: 1 });
const zipkin = fc.sample(fc.array(zipkinSpans, { minLength: 1, maxLength: 4 }), { numRuns: 20, seed: 2 });
const v1 = fc
  .sample(fc.array(v1Spans(false), { minLength: 1, maxLength: 3 }), { numRuns: 20, seed: 3 })
  .map((originals) => originals.flatMap(spansOfV1));

const FORMATS: readonly (readonly [
  name: string,
  decode: Decode,
  encode: (spans: Span[]) => Buffer,
  bodies: Span[][],
])[] = [
  ['Zipkin v1 JSON', decodeZipkinV1Json, encodeZipkinV1Json, v1],
  ['Zipkin v1 thrift', decodeZipkinV1Thrift, encodeZipkinV1Thrift, v1],
  ['Zipkin v2 JSON', decodeZipkinV2Json, encodeZipkinV2Json, zipkin],
  ['Zipkin v2 proto3', decodeZipkinV2Proto, encodeZipkinV2Proto, zipkin],
  ['OTLP JSON', decodeOtlpJson, encodeOtlpJson, otlp],
  ['OTLP protobuf', decodeOtlpProto, encodeOtlpProto, otlp],
  [
    'span records',
    (bytes) => decodeSpanRecord(bytes),
    (spans) => (spans[0] === undefined ? Buffer.alloc(0) : encodeSpanRecord(spans[0])),
    [...v1, ...zipkin, ...otlp],
  ],
];

describe.each(FORMATS)('%s', (_name, decode, encode, bodies) => {
  it('takes damaged bytes or refuses them with a position', () => {
    const random = randomFrom(42);
    const whole = bodies.map(encode);
    let runs = 0;
    let refused = 0;
    for (const until = performance.now() + BOX_MS; performance.now() < until || runs < LEAST_RUNS; runs++) {
      const damaged = mutated(whole[runs % whole.length] ?? Buffer.alloc(0), random);
      if (!accepts(decode, damaged)) refused++;
    }
    expect(runs).toBeGreaterThanOrEqual(LEAST_RUNS);
    expect(refused).toBeGreaterThan(runs / 20);
  });

  it('never takes a body that ends too early as if it were whole', () => {
    for (const spans of bodies.slice(0, 4)) {
      const bytes = encode(spans);
      const whole = JSON.stringify(decode(bytes), withBigInts);
      for (let length = 1; length < bytes.length; length += 1 + (length >> 5)) {
        const part = bytes.subarray(0, length);
        if (accepts(decode, part)) expect(JSON.stringify(decode(part), withBigInts)).not.toBe(whole);
      }
    }
  });

  it('takes random bytes or refuses them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        accepts(decode, bytes);
      }),
      { numRuns: 300 },
    );
  });
});

describe('hostile sizes', () => {
  const list = (decode: (bytes: Uint8Array) => DecodedSpans, bytes: number[]): string => {
    try {
      decode(Uint8Array.from(bytes));
      return 'accepted';
    } catch (error) {
      return error instanceof DecodeError ? error.reason : `threw ${String(error)}`;
    }
  };

  it.each([
    [
      'thrift list of 2^31 - 1 structs',
      decodeZipkinV1Thrift,
      [12, 0x7f, 0xff, 0xff, 0xff],
      /^Truncated: length 2147483647 > bytes remaining 0/,
    ],
    ['thrift list of a negative count', decodeZipkinV1Thrift, [12, 0xff, 0xff, 0xff, 0xff], /^Truncated: length -1/],
    [
      'thrift list of doubles to skip',
      decodeZipkinV1Thrift,
      [12, 0, 0, 0, 1, 15, 0, 99, 4, 0x7f, 0, 0, 0, 0, 0],
      /^Truncated: length 2130706432/,
    ],
    ['protobuf field of 4 GiB', decodeOtlpProto, [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f], /^Truncated: length 4294967295/],
    [
      'protobuf varint without an end',
      decodeOtlpProto,
      Array<number>(11).fill(0xff),
      /^Malformed: varint of more than 10 bytes/,
    ],
    ['protobuf varint cut off', decodeOtlpProto, [0xff, 0xff, 0xff], /^Truncated: varint/],
    ['protobuf group that never ends', decodeOtlpProto, [0x9b, 0x06, 0x08, 0x01], /^Truncated: varint/],
    ['protobuf group end without a start', decodeOtlpProto, [0x9c, 0x06], /^Malformed: invalid wireType 4/],
    [
      'protobuf length beyond 32 bits',
      decodeOtlpProto,
      [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01],
      /^Truncated: length 0 > bytes available 0/,
    ],
    ['protobuf group that another one ends', decodeOtlpProto, [0x9b, 0x06, 0xa4, 0x06], /^Malformed: a group ends/],
    ['protobuf field number zero', decodeOtlpProto, [0x02, 0x00], /^Malformed: fieldNumber was zero/],
  ])('%s', (_name, decode, bytes, expected) => {
    expect(list(decode, bytes)).toMatch(expected);
  });

  it('nesting is bounded in every format', () => {
    const deep = (open: string, close: string): Buffer => Buffer.from(open.repeat(100_000) + close.repeat(100_000));
    expect(() => decodeZipkinV2Json(deep('[', ']'))).toThrow(/Expected '\{'|Nested deeper/);
    expect(() => decodeZipkinV2Json(Buffer.from(`[{"x":${deep('[', ']').toString()}}]`))).toThrow(/Nested deeper than/);
    expect(() => decodeOtlpJson(Buffer.from(`{"x":${deep('{"x":', '}').toString()}}`))).toThrow(/Nested deeper than/);
    expect(() => decodeOtlpProto(Buffer.alloc(100_000, 0x0b))).toThrow(/Nested deeper than/);
    const structs = Buffer.concat([Buffer.from([12, 0, 0, 0, 1]), Buffer.alloc(30_000, Buffer.from([12, 0, 99]))]);
    expect(() => decodeZipkinV1Thrift(structs)).toThrow(/Nested deeper than/);
  });
});

function withBigInts(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? `${value}n` : value;
}
