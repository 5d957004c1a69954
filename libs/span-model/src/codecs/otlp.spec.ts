import { describe, expect, it } from '@jest/globals';
import { Attributes } from '../attributes.js';
import { ProtobufWriter } from '../bytes/protobuf-writer.js';
import { DecodeError } from '../decode-error.js';
import type { Span } from '../span.js';
import { otlpRequest } from '../testing/otlp-schema.js';
import { zipkinSpanOf } from '../zipkin/zipkin-span.js';
import { decodeOtlpJson } from './otlp-json.js';
import { encodeOtlpJson } from './otlp-json-writer.js';
import { decodeOtlpProto } from './otlp-proto.js';
import { encodeOtlpProto } from './otlp-proto-writer.js';

type Json = Record<string, unknown>;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const body = (...spans: Json[]): Json => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
const span = (fields: Json = {}): Json => ({ traceId: TRACE, spanId: SPAN, name: 'n', ...fields });
const json = (value: unknown, limits = {}): ReturnType<typeof decodeOtlpJson> =>
  decodeOtlpJson(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), limits);
const one = (fields: Json): Span => {
  const [decoded] = json(body(span(fields))).spans;
  if (decoded === undefined) throw new Error('rejected');
  return decoded;
};
const values = (...list: unknown[]): Json => ({ attributes: list.map((value, i) => ({ key: `k${i}`, value })) });
const flat = (decoded: Span): unknown[] => Array.from(decoded.attributes.entries(), ([, value]) => value);
const failure = (act: () => unknown): string => {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return error instanceof DecodeError ? error.reason : String(error);
  }
};

describe('OTLP JSON', () => {
  it.each([
    ['an empty object', {}, 0],
    ['no resource spans', { resourceSpans: [] }, 0],
    ['null lists', { resourceSpans: null }, 0],
    ['names in snake case are unknown', { resource_spans: [{ scope_spans: [{ spans: [span()] }] }] }, 0],
    ['fields of the future', { ...body(span({ futureField: { x: [1] } })), other: true }, 1],
  ])('takes %s', (_name, request, count) => {
    expect(json(request).spans).toHaveLength(count);
  });

  it('ids in upper case are the same ids', () => {
    const decoded = one({ traceId: TRACE.toUpperCase(), spanId: SPAN.toUpperCase(), parentSpanId: 'EEE19B7EC3C1B173' });
    expect(decoded).toMatchObject({ traceId: TRACE, id: SPAN, parentId: 'eee19b7ec3c1b173' });
  });

  it('a trace id with an empty upper half is canonical inside and whole outside', () => {
    const traceId = `0000000000000000${SPAN}`;
    const decoded = one({ traceId });
    expect(decoded.traceId).toBe(SPAN);
    expect(encodeOtlpJson([decoded]).toString()).toContain(`"traceId":"${traceId}"`);
  });

  it('times are exact, as strings and as numbers', () => {
    const text = JSON.stringify(
      body(span({ startTimeUnixNano: '1544712660123456789', endTimeUnixNano: '1544712660123456999' })),
    );
    for (const request of [text, text.replaceAll(/"(\d{19})"/g, '$1')]) {
      expect(json(request).spans[0]).toMatchObject({ startNs: 1544712660123456789n, durationNs: 210n });
    }
  });

  it.each([
    ['0', undefined],
    ['7', 7n],
    ['18446744073709551615', 2n ** 64n - 1n],
    ['1.5e3', 1500n],
    ['00', 'Expected an integer in the range of its type'],
    ['1234567890123456789x', 'Expected an integer in the range of its type'],
    ['18446744073709551616', 'Expected an integer in the range of its type'],
    ['-1', 'Expected an integer in the range of its type'],
    ['', 'Expected an integer in the range of its type'],
  ])('time %j', (time, expected) => {
    const act = (): unknown => one({ startTimeUnixNano: time }).startNs;
    expect(typeof expected === 'string' ? failure(act) : act()).toBe(expected);
  });

  it('a clock that went backwards gives a negative duration, which survives', () => {
    const decoded = one({ startTimeUnixNano: '2000', endTimeUnixNano: '500' });
    expect(decoded.durationNs).toBe(-1500n);
    expect(decodeOtlpProto(encodeOtlpProto([decoded])).spans[0]).toMatchObject({ startNs: 2000n, durationNs: -1500n });
    expect(zipkinSpanOf(decoded)).toMatchObject({ timestampUs: 2n, durationUs: 0n });
  });

  it('values keep their types', () => {
    const list = [
      { stringValue: 's' },
      { boolValue: false },
      { intValue: '9007199254740993' },
      { intValue: -5 },
      { doubleValue: 3 },
      { doubleValue: 'NaN' },
      { doubleValue: '-Infinity' },
      { doubleValue: '2.5' },
      { bytesValue: '+/8=' },
      { bytesValue: '-_8' },
      {},
      { stringValue: null },
      { arrayValue: { values: [{ intValue: 1 }, {}] } },
      { arrayValue: {} },
      { kvlistValue: { values: [{ key: 'a', value: { boolValue: true } }, { key: 'b' }] } },
    ];
    expect(flat(one(values(...list)))).toEqual([
      's',
      false,
      9007199254740993n,
      -5n,
      3,
      NaN,
      -Infinity,
      2.5,
      Uint8Array.of(0xfb, 0xff),
      Uint8Array.of(0xfb, 0xff),
      undefined,
      undefined,
      [1n, undefined],
      [],
      new Attributes(['a', true, 'b', undefined]),
    ]);
  });

  it.each([
    [{ kind: 'SPAN_KIND_SERVER' }, 'Expected the number of an enum value'],
    [{ status: { code: 'STATUS_CODE_OK' } }, 'Expected the number of an enum value'],
    [{ kind: 1.5 }, 'Expected an integer in the range of its type'],
    [{ name: 5 }, 'Expected a string'],
    [{ traceId: 5 }, 'Expected a hexadecimal trace id'],
    [{ flags: -1 }, 'Expected an integer in the range of its type'],
    [values({ boolValue: 'true' }), 'Expected a boolean'],
    [values({ intValue: '9223372036854775808' }), 'Expected an integer in the range of its type'],
    [values({ intValue: 'many' }), 'Expected an integer in the range of its type'],
    [values({ doubleValue: 'much' }), 'Expected a number that a double can hold'],
    [values({ bytesValue: 'a' }), 'Expected base64'],
    [values({ bytesValue: '&&&&' }), 'Expected base64'],
    [values({ stringValue: 'a', intValue: 1 }), 'A value can be of one type only'],
    [{ links: [{ traceId: 'xyz' }] }, 'Expected hexadecimal'],
    [{ attributes: {} }, "Expected '['"],
  ])('refuses %j', (fields, reason) => {
    expect(failure(() => one(fields))).toBe(reason);
  });

  it('refuses a member that comes twice, unless it is unknown', () => {
    const twice = (name: string): string => `{"${name}":[],"${name}":[]}`;
    expect(failure(() => json(twice('resourceSpans')))).toBe('Duplicate member "resourceSpans"');
    expect(json(twice('x')).spans).toEqual([]);
  });

  it.each(['', '{"resourceSpans":[', '{"resourceSpans":[]}}', '[]', 'null', '{"resourceSpans":{}}'])(
    'refuses %j',
    (text) => {
      expect(failure(() => json(text))).toMatch(/^Expected/);
    },
  );

  it('double values out of range are refused, small ones are zero', () => {
    const text = JSON.stringify(body(span(values({ doubleValue: 7 }))));
    expect(failure(() => json(text.replace(':7', ':1e999')))).toBe('Expected a number that a double can hold');
    expect(json(text.replace(':7', ':1e-999')).spans.flatMap(flat)).toEqual([0]);
  });

  it('a resource behind its spans is theirs all the same', () => {
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'Late' } }] };
    const scope = { name: 'lib' };
    const { spans } = json({
      resourceSpans: [{ scopeSpans: [{ spans: [span()], scope, schemaUrl: 's' }], schemaUrl: 'r', resource }],
    });
    expect(spans[0]).toMatchObject({
      resource: { schemaUrl: 'r' },
      scope: { name: 'lib', schemaUrl: 's' },
      localEndpoint: { serviceName: 'Late' },
      localServiceName: 'late',
    });
  });
});

describe('partial success', () => {
  const bad: [string, Json][] = [
    ['zero trace id', { traceId: '0'.repeat(32) }],
    ['short trace id', { traceId: TRACE.slice(2) }],
    ['no trace id', { traceId: '' }],
    ['trace id that is not hexadecimal', { traceId: `${TRACE.slice(0, 31)}g` }],
    ['escaped trace id', { traceId: `\u0001${TRACE.slice(6)}` }],
    ['zero span id', { spanId: '0'.repeat(16) }],
    ['no span id', { spanId: null }],
    ['long span id', { spanId: `${SPAN}00` }],
    ['short parent', { parentSpanId: 'b7ad' }],
  ];

  it.each(bad)('%s is rejected, the other span is not', (_name, fields) => {
    const { spans, rejected, rejectedBecause } = json(body(span({ name: 'bad', ...fields }), span({ name: 'good' })));
    expect([spans.map((s) => s.name), rejected]).toEqual([['good'], 1]);
    expect(rejectedBecause).toMatch(/^(trace id|span id|parent span id) of span "bad" is not (16|8) bytes/);
  });

  it('escapes do not make up for missing digits', () => {
    const traceId = '\\u0061'.repeat(5) + '12';
    const { spans, rejected } = json(
      `{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"${traceId}","spanId":"${SPAN}"}]}]}]}`,
    );
    expect([traceId.length, spans.length, rejected]).toEqual([32, 0, 1]);
  });

  it('says why once, and counts', () => {
    const { rejected, rejectedBecause } = json(body(...bad.map(([name, fields]) => span({ name, ...fields }))));
    expect(rejected).toBe(bad.length);
    expect(rejectedBecause).toContain('"zero trace id"');
  });

  it('is the same in protobuf', () => {
    const ids = (traceId: number, spanId: number, parentSpanId = 0): Json => ({
      traceId: Buffer.alloc(traceId, 1),
      spanId: Buffer.alloc(spanId, 1),
      parentSpanId: Buffer.alloc(parentSpanId, 1),
      name: `${traceId}/${spanId}/${parentSpanId}`,
    });
    const request = body(ids(16, 8), ids(15, 8), ids(16, 9), ids(0, 8), ids(16, 0), ids(16, 8, 7), ids(16, 8, 8));
    request['resourceSpans'] = [
      ...(request['resourceSpans'] as Json[]),
      { scopeSpans: [{ spans: [{ traceId: Buffer.alloc(16), spanId: Buffer.alloc(8, 1) }] }] },
    ];
    const { spans, rejected } = decodeOtlpProto(otlpRequest.encode(otlpRequest.fromObject(request)).finish());
    expect([spans.map((s) => s.name), rejected]).toEqual([['16/8/0', '16/8/8'], 6]);
  });

  it('a parent of zeros is a root', () => {
    expect(one({ parentSpanId: '0'.repeat(16) }).parentId).toBeUndefined();
  });
});

describe('OTLP protobuf', () => {
  const request = (write: (writer: ProtobufWriter) => void): Buffer => {
    const writer = new ProtobufWriter();
    writer.message(1, () => {
      writer.message(2, () => {
        writer.message(2, () => {
          writer.hex(1, TRACE);
          writer.hex(2, SPAN);
          write(writer);
        });
      });
    });
    return writer.finish();
  };

  it('skips unknown fields, known ones of a wrong type, and groups', () => {
    const bytes = request((writer) => {
      writer.uint32Always(99, 5);
      writer.fixed64(98, 5n);
      writer.fixed32(97, 5);
      writer.stringAlways(96, 'x');
      writer.uint32Always(5, 7);
      writer.stringAlways(6, 'server');
    });
    // A group (field 95) with a varint and a nested group goes behind the last field.
    const group = Buffer.from([0xfb, 0x05, 0x08, 0x01, 0x13, 0x14, 0xfc, 0x05]);
    expect(decodeOtlpProto(Buffer.concat([bytes, group])).spans).toMatchObject([{ id: SPAN, name: '', kind: 0 }]);
  });

  it('fields come in any order, the resource last', () => {
    const writer = new ProtobufWriter();
    writer.message(1, () => {
      writer.string(3, 'schema');
      writer.message(2, () => {
        writer.message(2, () => {
          writer.fixed64(8, 9n);
          writer.hex(2, SPAN);
          writer.fixed64(7, 4n);
          writer.hex(1, TRACE);
        });
        writer.message(1, () => {
          writer.string(1, 'lib');
        });
      });
      writer.message(1, () => {
        writer.message(1, () => {
          writer.message(2, () => {
            writer.string(1, 'shop');
          });
          writer.string(1, 'service.name');
        });
      });
    });
    expect(decodeOtlpProto(writer.finish()).spans).toMatchObject([
      {
        startNs: 4n,
        durationNs: 5n,
        localServiceName: 'shop',
        scope: { name: 'lib' },
        resource: { schemaUrl: 'schema' },
      },
    ]);
  });

  it('of repeated fields the last counts, tags may take more bytes than they need', () => {
    const bytes = request((writer) => {
      writer.string(5, 'first');
      writer.string(5, 'last');
      writer.uint32(6, 2);
    });
    expect(decodeOtlpProto(bytes).spans[0]).toMatchObject({ name: 'last', kind: 2 });
    const padded = Buffer.concat([Buffer.from([0x8a, 0x80, 0x00]), bytes.subarray(1)]);
    expect(decodeOtlpProto(padded).spans[0]).toMatchObject({ name: 'last' });
  });

  it('kinds and codes of the future count as not given', () => {
    const bytes = request((writer) => {
      writer.uint32(6, 77);
      writer.message(15, () => {
        writer.uint32(3, 9);
      });
    });
    expect(decodeOtlpProto(bytes).spans[0]).toMatchObject({ kind: 0, statusCode: 0 });
  });

  it.each([
    [Buffer.from('ffffff', 'hex'), 'Truncated: varint without an end', 3],
    [Buffer.from([0x0a, 5, 1]), 'Truncated: length 5 > bytes available 1', 2],
    [Buffer.from([0x0a, 2, 0x12, 1]), 'Truncated: length 1 > bytes available 0', 4],
    [Buffer.from([0x0a, 4, 0x12, 2, 0x12, 0, 0x0e]), 'Malformed: invalid wireType 6', 6],
  ])('refuses %j with the byte', (bytes, reason, position) => {
    try {
      decodeOtlpProto(bytes);
      throw new Error('accepted');
    } catch (error) {
      expect(error).toMatchObject({ reason, position, format: 'otlp-proto', code: 'SPANS_MALFORMED' });
    }
  });

  it('keeps nothing of the body', () => {
    const source = one({ name: 'n'.repeat(70), ...values({ bytesValue: 'AAAA' }, { stringValue: 'v' }) });
    const bytes = encodeOtlpProto([source]);
    const [decoded] = decodeOtlpProto(bytes).spans;
    bytes.fill(0x7f);
    expect([decoded?.name, decoded && flat(decoded)]).toEqual(['n'.repeat(70), [new Uint8Array(3), 'v']]);
  });
});

describe('limits', () => {
  const many = <T>(count: number, make: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));
  const rich = body(
    span({
      name: 'é'.repeat(100),
      attributes: many(9, (i) => ({
        key: `k${i}`,
        value: { arrayValue: { values: many(5, () => ({ intValue: 1 })) } },
      })),
      droppedAttributesCount: 3,
      events: many(7, (i) => ({ name: `e${i}`, timeUnixNano: '5', attributes: many(5, (j) => ({ key: `a${j}` })) })),
      droppedEventsCount: 2,
      links: many(6, () => ({ traceId: TRACE, spanId: SPAN })),
    }),
  );
  const limits = { attributes: 4, events: 3, links: 2, valueBytes: 128 };

  it('cut the same in both encodings, and count the same', () => {
    const fromJson = json(rich, limits);
    const fromProto = decodeOtlpProto(encodeOtlpProto(json(rich).spans), limits);
    expect(fromProto).toStrictEqual(fromJson);
    expect(fromJson.spans[0]).toMatchObject({ droppedAttributes: 8, droppedEvents: 6, droppedLinks: 4 });
    expect(fromJson.spans[0]?.events[0]).toMatchObject({ droppedAttributes: 1 });
    // 5 of 9 attributes, an element of each of 9 arrays, an attribute of each of 3 events.
    expect(fromJson.losses).toMatchObject({ attributes: 5 + 9 + 3, events: 4, links: 4, values: 1, valueBytes: 72 });
    expect(fromJson.spans[0]?.name).toBe('é'.repeat(64));
  });

  it('values nest up to the limit, in both encodings', () => {
    const nested = (depth: number): Json =>
      many(depth, (i) => i).reduce<Json>((v) => ({ arrayValue: { values: [v] } }), {});
    const deep = (depth: number): Span => one(values(nested(depth)));
    expect(failure(() => deep(64))).toBe('accepted');
    expect(failure(() => deep(65))).toBe('Nested deeper than 64');
    const bytes = encodeOtlpProto(json(body(span(values(nested(65)))), { depth: 100 }).spans);
    expect(failure(() => decodeOtlpProto(bytes))).toBe('Nested deeper than 64');
    expect(failure(() => decodeOtlpProto(bytes, { depth: 65 }))).toBe('accepted');
  });
});
