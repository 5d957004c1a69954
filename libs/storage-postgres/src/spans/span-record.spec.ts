import { describe, expect, it } from '@jest/globals';
import {
  Attributes,
  Endpoint,
  Resource,
  Scope,
  Span,
  SpanEvent,
  SpanLink,
  V1Original,
  V1Type,
  type AttributeValue,
  type SpanKind,
  type SpanSource,
  type StatusCode,
} from '@tracer/span-model';
import fc from 'fast-check';
import { decodeSpanRecord, encodeSpanRecord } from './span-record.js';

const RUNS = { numRuns: 300 };
const text = fc.string({ unit: 'binary', maxLength: 20 });
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const count = fc.nat(2 ** 40);
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined });

const { attributes } = fc.letrec<{ value: AttributeValue; attributes: Attributes }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.boolean(),
    int64,
    fc.double(),
    fc.constant(undefined),
    fc.uint8Array({ maxLength: 8 }),
    fc.array(tie('value'), { maxLength: 3 }),
    tie('attributes'),
  ),
  attributes: fc.dictionary(text, tie('value'), { maxKeys: 3 }).map((pairs) => Attributes.of(Object.entries(pairs))),
}));

const endpoint = fc
  .record({ name: text, v4: maybe(fc.ipV4()), v6: maybe(fc.ipV6()), port: fc.nat(65_535) })
  .map(({ name, v4, v6, port }) => Endpoint.of(name, v4, v6, port));
const event = fc.tuple(int64, text, attributes, count).map((parts) => new SpanEvent(...parts));
const link = fc.tuple(text, text, text, attributes, count, count).map((parts) => new SpanLink(...parts));
const resource = fc.oneof(
  fc.constant(Resource.none),
  fc.tuple(attributes, count, text).map((parts) => new Resource(...parts)),
);
const scope = fc.oneof(
  fc.constant(Scope.none),
  fc.tuple(text, text, attributes, count, text).map((parts) => new Scope(...parts)),
);
const v1Annotation = fc.record({ timestampUs: int64, value: text, endpoint });
const v1Binary = fc.record({
  key: text,
  value: fc.oneof(text, fc.boolean(), int64, fc.double(), fc.uint8Array({ maxLength: 4 })),
  type: fc.constantFrom(...Object.values(V1Type)),
  endpoint,
});
const v1 = fc.oneof(
  fc.constant(undefined),
  fc.constant(V1Original.continued),
  fc
    .tuple(int64, int64, fc.array(v1Annotation, { maxLength: 3 }), fc.array(v1Binary, { maxLength: 3 }))
    .map((parts) => new V1Original(...parts)),
);

const span = fc
  .record({
    parentId: maybe(fc.constant('0123456789abcdef')),
    name: text,
    kind: fc.nat(5).map((kind) => kind as SpanKind),
    startNs: maybe(int64),
    durationNs: maybe(int64),
    localEndpoint: endpoint,
    remoteEndpoint: endpoint,
    attributes,
    droppedAttributes: count,
    events: fc.array(event, { maxLength: 3 }),
    droppedEvents: count,
    links: fc.array(link, { maxLength: 2 }),
    droppedLinks: count,
    statusCode: fc.nat(2).map((code) => code as StatusCode),
    statusMessage: text,
    traceState: text,
    traceFlags: fc.nat(0xffff_ffff),
    debug: fc.boolean(),
    shared: fc.boolean(),
    resource,
    scope,
    v1,
  })
  .chain((fields) =>
    fc.constantFrom<SpanSource>('otlp', 'zipkin-v1', 'zipkin-v2').map((source) => {
      const made = new Span(source, 'f'.repeat(32), '8'.repeat(16));
      return Object.assign(made, fields);
    }),
  );

describe('a span record', () => {
  it('gives back every span exactly', () => {
    fc.assert(
      fc.property(span, (original) => {
        expect(decodeSpanRecord(encodeSpanRecord(original), original)).toEqual(original);
      }),
      RUNS,
    );
  });

  it('costs next to nothing for what is absent', () => {
    expect(encodeSpanRecord(new Span('zipkin-v2', '1', '2'))).toHaveLength(5);
  });

  it('refuses bytes that end too early, at every length', () => {
    fc.assert(
      fc.property(span, fc.double({ min: 0, max: 0.999, noNaN: true }), (original, part) => {
        const record = encodeSpanRecord(original);
        expect(() => decodeSpanRecord(record.subarray(0, Math.floor(record.length * part)), original)).toThrow(
          expect.objectContaining({ name: 'RangeError' }),
        );
      }),
      RUNS,
    );
  });

  it('refuses a version it does not know', () => {
    expect(() => decodeSpanRecord(Buffer.from([9, 0, 0, 0, 0]), new Span('otlp'))).toThrow(
      'not a span record of version 1: 9',
    );
  });
});
