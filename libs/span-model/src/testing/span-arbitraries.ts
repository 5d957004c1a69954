import fc from 'fast-check';
import { Attributes, type AttributeValue } from '../attributes.js';
import { serviceEndpointOf } from '../codecs/otlp-fields.js';
import { Endpoint } from '../endpoint.js';
import { parseIpBytes } from '../ip-address.js';
import { Resource, Scope, Span, SpanEvent, type SpanKind, SpanLink, type StatusCode } from '../span.js';
import { V1Original, V1Type, type V1Annotation, type V1BinaryAnnotation, type V1Span } from '../zipkin/v1-span.js';

const nasty = fc.constantFrom(
  '\0',
  '"',
  '\\',
  '\u2028',
  '😀',
  'Σ',
  'İ',
  '\n\t',
  '</script>',
  "'; DROP TABLE spans;--",
  ' ',
);

/** Any well-formed text: short ones that repeat, long ones, all of Unicode, what breaks parsers. */
export const anyText = fc.oneof(
  fc.constantFrom('http.method', 'GET', 'a', 'ab', 'peer.service', 'error', ''),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.array(fc.oneof(nasty, fc.string({ maxLength: 5 })), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ minLength: 60, maxLength: 200 }),
);
const nonEmptyText = anyText.filter((text) => text !== '');
const hex = (length: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
    .filter((digits) => digits.some((digit) => digit > 0))
    .map((digits) => digits.map((digit) => digit.toString(16)).join(''));
export const spanIds = fc.oneof(
  hex(16),
  fc.integer({ min: 1, max: 40 }).map((n) => n.toString(16).padStart(16, '0')),
);
export const traceIds = fc.oneof(
  hex(16),
  fc.tuple(hex(16), hex(16)).map(([high, low]) => high + low),
);
const port = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 65535 }));
const ip = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }).filter((bytes) => bytes.some((byte) => byte > 0)),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc.constant(Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
);
export const endpoints = fc
  .record({ name: anyText, first: fc.option(ip), second: fc.option(ip), port })
  .map(({ name, first, second, port }) => {
    const known = { ...(first && parseIpBytes(first)), ...(second && parseIpBytes(second)) };
    return Endpoint.of(name, known.ipv4 === '0.0.0.0' ? undefined : known.ipv4, known.ipv6, port);
  });

export const attributeValues: fc.Arbitrary<AttributeValue> = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyText,
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.integer({ min: 0, max: 300 }).map(BigInt),
    fc.double(),
    fc.uint8Array({ maxLength: 20 }),
    fc.constant(undefined),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(anyText, tie('value')), { maxLength: 4 }).map((pairs) => Attributes.of(pairs)),
  ),
})).value;
export const attributeLists = fc
  .array(fc.tuple(anyText, attributeValues), { maxLength: 8 })
  .map((pairs) => Attributes.of(pairs));
const uint32 = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
const uint64 = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });
const times = fc.oneof(
  fc.constant({ startNs: undefined, durationNs: undefined }),
  uint64.map((startNs) => ({ startNs, durationNs: undefined })),
  fc
    .tuple(fc.oneof(fc.constant(0n), uint64), uint64)
    .map(([startNs, endNs]) => ({ startNs, durationNs: endNs - startNs })),
);

const otlpEvents = fc
  .tuple(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), anyText, attributeLists, uint32)
  .map((fields) => new SpanEvent(...fields));
const otlpLinks = fc
  .tuple(hex(32), hex(16), anyText, attributeLists, uint32, uint32)
  .map((fields) => new SpanLink(...fields));
const resources = fc.tuple(attributeLists, uint32, anyText).map((fields) => new Resource(...fields));
const scopes = fc.tuple(anyText, anyText, attributeLists, uint32, anyText).map((fields) => new Scope(...fields));

const otlpSpans = fc
  .record({
    times,
    parentId: fc.option(spanIds, { nil: undefined }),
    name: anyText,
    kind: fc.integer({ min: 0, max: 5 }) as fc.Arbitrary<SpanKind>,
    attributes: attributeLists,
    events: fc.array(otlpEvents, { maxLength: 3 }),
    links: fc.array(otlpLinks, { maxLength: 2 }),
    statusCode: fc.integer({ min: 0, max: 2 }) as fc.Arbitrary<StatusCode>,
    statusMessage: anyText,
    traceState: anyText,
    dropped: fc.tuple(uint32, uint32, uint32, uint32),
    traceId: traceIds,
  })
  .map(({ times, dropped, ...fields }) => {
    const [traceFlags, droppedAttributes, droppedEvents, droppedLinks] = dropped;
    return Object.assign(new Span('otlp'), fields, times, {
      traceFlags,
      droppedAttributes,
      droppedEvents,
      droppedLinks,
    });
  });

/** Spans as the OTLP decoders give them, of a few resources and scopes, their ids unlike. */
export const otlpBodies = fc
  .tuple(
    fc.array(otlpSpans, { maxLength: 6 }),
    fc.array(resources, { minLength: 1, maxLength: 2 }),
    fc.array(scopes, { minLength: 1, maxLength: 2 }),
  )
  .map(([spans, someResources, someScopes]) =>
    spans.map((span, i) => {
      const resource = someResources[i % someResources.length] ?? Resource.none;
      const scope = someScopes[(i >> 1) % someScopes.length] ?? Scope.none;
      const id = (i + 1).toString(16).padStart(16, '0');
      return span.with({ id, resource, scope, localEndpoint: serviceEndpointOf(resource.attributes) });
    }),
  );

const positiveNs = fc.bigInt({ min: 1n, max: 2n ** 62n }).map((us) => us * 1000n);
const annotations = fc
  .tuple(
    fc.bigInt({ min: -5n, max: 2n ** 62n }).filter((us) => us !== 0n),
    anyText,
  )
  .map(([us, value]) => new SpanEvent(us * 1000n, value));

/** Spans as the Zipkin v2 decoders give them. */
export const zipkinSpans = fc
  .record({
    traceId: traceIds,
    id: spanIds,
    parentId: fc.option(spanIds, { nil: undefined }),
    name: anyText,
    kind: fc.constantFrom<SpanKind>(0, 2, 3, 4, 5),
    startNs: fc.option(positiveNs, { nil: undefined }),
    durationNs: fc.option(positiveNs, { nil: undefined }),
    localEndpoint: endpoints,
    remoteEndpoint: endpoints,
    attributes: fc.array(fc.tuple(anyText, anyText), { maxLength: 6 }).map((pairs) => Attributes.of(pairs)),
    events: fc.array(annotations, { maxLength: 4 }),
    debug: fc.boolean(),
    shared: fc.boolean(),
  })
  .map((fields) => {
    const span = Object.assign(new Span('zipkin-v2'), fields);
    if (span.parentId === span.id) span.parentId = undefined;
    if (span.kind === 3) span.shared = false;
    return span;
  });

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const v1Annotations: fc.Arbitrary<V1Annotation> = fc.record(
  {
    timestampUs: int64.filter((us) => us !== 0n),
    value: fc.oneof(fc.constantFrom('cs', 'cr', 'sr', 'ss', 'ms', 'mr', 'ws', 'wr'), anyText),
    endpoint: endpoints,
  },
  { noNullPrototype: true },
);
const typedValues = (jsonOnly: boolean): fc.Arbitrary<Pick<V1BinaryAnnotation, 'value' | 'type'>> => {
  const both = [
    anyText.map((value) => ({ value, type: V1Type.string })),
    fc.boolean().map((value) => ({ value, type: V1Type.bool })),
    int64.map((value) => ({ value, type: V1Type.i64 })),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((n) => !Number.isInteger(n))
      .map((value) => ({ value, type: V1Type.double })),
  ];
  const thriftOnly = [
    fc.integer({ min: -32768, max: 32767 }).map((n) => ({ value: BigInt(n), type: V1Type.i16 })),
    fc.integer().map((n) => ({ value: BigInt(n), type: V1Type.i32 })),
    fc.uint8Array({ maxLength: 20 }).map((value) => ({ value, type: V1Type.bytes })),
    fc.double().map((value) => ({ value, type: V1Type.double })),
  ];
  return fc.oneof<fc.Arbitrary<Pick<V1BinaryAnnotation, 'value' | 'type'>>[]>(...both, ...(jsonOnly ? [] : thriftOnly));
};

/** Whole v1 spans, as they are written and read; JSON knows fewer types. */
export const v1Spans = (jsonOnly: boolean): fc.Arbitrary<V1Span> =>
  fc
    .record({
      traceId: traceIds,
      id: spanIds,
      parentId: fc.option(spanIds, { nil: undefined }),
      name: anyText,
      debug: fc.boolean(),
      timestampUs: fc.oneof(fc.constant(0n), int64),
      durationUs: fc.oneof(fc.constant(0n), int64),
      annotations: fc.array(v1Annotations, { maxLength: 5 }),
      binaryAnnotations: fc.array(
        fc
          .tuple(fc.oneof(fc.constantFrom('ca', 'sa', 'ma', 'lc'), nonEmptyText), typedValues(jsonOnly), endpoints)
          .map(([key, typed, endpoint]): V1BinaryAnnotation => ({ key, ...typed, endpoint })),
        { maxLength: 5 },
      ),
    })
    .map(({ timestampUs, durationUs, annotations, binaryAnnotations, ...identity }) => ({
      ...identity,
      parentId: identity.parentId === identity.id ? undefined : identity.parentId,
      original: new V1Original(timestampUs, durationUs, annotations, binaryAnnotations),
    }));
