import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Attributes, type AttributeValue } from '../attributes.js';
import { ipv4Bytes, ipv6Bytes } from '../ip-address.js';
import type { Endpoint } from '../endpoint.js';
import type { Span } from '../span.js';
import { otlpRequest, zipkinList } from '../testing/otlp-schema.js';
import { otlpBodies, zipkinSpans } from '../testing/span-arbitraries.js';
import { zipkinSpanOf } from '../zipkin/zipkin-span.js';
import { decodeOtlpProto } from './otlp-proto.js';
import { encodeOtlpProto } from './otlp-proto-writer.js';
import { decodeZipkinV2Proto } from './zipkin-v2-proto.js';
import { encodeZipkinV2Proto } from './zipkin-v2-proto-writer.js';

type Json = Record<string, unknown>;
const KINDS = ['', 'CLIENT', 'SERVER', 'PRODUCER', 'CONSUMER'];
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
const hex = (digits: string): string => Buffer.from(digits, 'hex').toString('base64');
/** As protobufjs prints messages: 64 bits and bytes as text, defaults left out. */
const shape = { longs: String, bytes: String, arrays: false, json: true } as const;
const u64 = (ns: bigint | undefined): Json =>
  ns === undefined || ns === 0n ? {} : { v: String(BigInt.asUintN(64, ns)) };

/** Of an object the members that are neither default values nor empty. */
function said(members: Json): Json {
  return Object.fromEntries(
    Object.entries(members).filter(
      ([, v]) => !(v === '' || v === 0 || v === undefined || (Array.isArray(v) && v.length === 0)),
    ),
  );
}

function valueJson(value: AttributeValue): Json {
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'bigint') return { intValue: String(value) };
  if (typeof value === 'number') return { doubleValue: Number.isFinite(value) ? value : String(value) };
  if (value === undefined) return {};
  if (value instanceof Uint8Array) return { bytesValue: base64(value) };
  if (value instanceof Attributes) return { kvlistValue: said({ values: pairs(value) }) };
  return { arrayValue: said({ values: value.map(valueJson) }) };
}

function pairs(attributes: Attributes): Json[] {
  return Array.from(attributes.entries(), ([key, value]) => said({ key, value: valueJson(value) }));
}

/** The plain and slow mapping of a span to its message. */
function spanJson(span: Span): Json {
  return said({
    traceId: hex(span.traceId.padStart(32, '0')),
    spanId: hex(span.id),
    traceState: span.traceState,
    parentSpanId: span.parentId === undefined ? '' : hex(span.parentId),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: u64(span.startNs)['v'],
    endTimeUnixNano: u64(span.endNs)['v'],
    attributes: pairs(span.attributes),
    droppedAttributesCount: span.droppedAttributes,
    events: span.events.map((event) =>
      said({
        timeUnixNano: u64(event.timeNs)['v'],
        name: event.name,
        attributes: pairs(event.attributes),
        droppedAttributesCount: event.droppedAttributes,
      }),
    ),
    droppedEventsCount: span.droppedEvents,
    links: span.links.map((link) =>
      said({
        traceId: hex(link.traceId),
        spanId: hex(link.spanId),
        traceState: link.traceState,
        attributes: pairs(link.attributes),
        droppedAttributesCount: link.droppedAttributes,
        flags: link.flags,
      }),
    ),
    droppedLinksCount: span.droppedLinks,
    status:
      span.statusCode === 0 && span.statusMessage === ''
        ? undefined
        : said({ message: span.statusMessage, code: span.statusCode }),
    flags: span.traceFlags,
  });
}

/** One ResourceSpans a span: allowed, and free of any grouping. */
function requestJson(spans: readonly Span[]): Json {
  return said({
    resourceSpans: spans.map(({ resource, scope, ...rest }, i) =>
      said({
        resource: said({ attributes: pairs(resource.attributes), droppedAttributesCount: resource.droppedAttributes }),
        scopeSpans: [
          said({
            scope: said({
              name: scope.name,
              version: scope.version,
              attributes: pairs(scope.attributes),
              droppedAttributesCount: scope.droppedAttributes,
            }),
            spans: [spanJson((spans[i] ?? rest) as Span)],
            schemaUrl: scope.schemaUrl,
          }),
        ],
        schemaUrl: resource.schemaUrl,
      }),
    ),
  });
}

describe('OTLP against protobufjs', () => {
  it('reads what protobufjs writes', () => {
    fc.assert(
      fc.property(otlpBodies, (spans) => {
        const bytes = otlpRequest.encode(otlpRequest.fromObject(requestJson(spans))).finish();
        expect(decodeOtlpProto(bytes).spans).toStrictEqual(spans);
      }),
      { numRuns: 60 },
    );
  });

  it('writes what protobufjs reads', () => {
    fc.assert(
      fc.property(otlpBodies, (spans) => {
        // One at a time, so that nothing is grouped.
        for (const span of spans) {
          const message = otlpRequest.toObject(otlpRequest.decode(encodeOtlpProto([span])), shape);
          expect(message).toEqual(requestJson([span]));
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('Zipkin against protobufjs', () => {
  const endpointJson = (endpoint: Endpoint | undefined): Json | undefined =>
    endpoint &&
    said({
      serviceName: endpoint.serviceName,
      ipv4: endpoint.ipv4 === undefined ? '' : base64(ipv4Bytes(endpoint.ipv4)),
      ipv6: endpoint.ipv6 === undefined ? '' : base64(ipv6Bytes(endpoint.ipv6)),
      port: endpoint.port,
    });
  const spanJson = (span: Span): Json => {
    const view = zipkinSpanOf(span);
    return said({
      traceId: hex(view.traceId),
      parentId: hex(view.parentId ?? ''),
      id: hex(view.id),
      kind: KINDS.indexOf(view.kind ?? ''),
      name: view.name,
      timestamp: u64(view.timestampUs)['v'],
      duration: u64(view.durationUs)['v'],
      localEndpoint: endpointJson(view.localEndpoint),
      remoteEndpoint: endpointJson(view.remoteEndpoint),
      annotations: view.annotations.map((a) => said({ timestamp: u64(a.timestampUs)['v'], value: a.value })),
      tags: view.tags.length === 0 ? undefined : Object.fromEntries(view.tags),
      debug: view.debug || undefined,
      shared: view.shared || undefined,
    });
  };
  // protobufjs loses the map key __proto__, and an object sorts keys that look like numbers.
  const plain = fc
    .array(zipkinSpans, { maxLength: 4 })
    .filter((spans) => spans.every((span) => !span.attributes.has('__proto__')));

  it('reads what protobufjs writes', () => {
    fc.assert(
      fc.property(plain, (spans) => {
        const bytes = zipkinList.encode(zipkinList.fromObject({ spans: spans.map(spanJson) })).finish();
        expect(decodeZipkinV2Proto(bytes).spans.map(zipkinSpanOf)).toStrictEqual(spans.map(zipkinSpanOf));
      }),
      { numRuns: 60 },
    );
  });

  it('writes what protobufjs reads', () => {
    fc.assert(
      fc.property(plain, (spans) => {
        const message = zipkinList.toObject(zipkinList.decode(encodeZipkinV2Proto(spans)), shape);
        expect(message).toEqual(said({ spans: spans.map(spanJson) }));
      }),
      { numRuns: 60 },
    );
  });
});
