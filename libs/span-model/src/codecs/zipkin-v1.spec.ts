import { describe, expect, it } from '@jest/globals';
import { DecodeError } from '../decode-error.js';
import type { DecodedSpans } from '../decoded-spans.js';
import { ThriftWriter } from '../bytes/thrift-writer.js';
import { V1Original } from '../zipkin/v1-span.js';
import { v1SpanOf } from '../zipkin/v2-to-v1.js';
import { atsSpanStrings, encodeZipkinV1Json, encodeZipkinV2Json } from './zipkin-json-writer.js';
import { decodeZipkinV1Json } from './zipkin-v1-json.js';
import { decodeZipkinV1Thrift } from './zipkin-v1-thrift.js';
import { encodeZipkinV1Thrift } from './zipkin-v1-thrift-writer.js';
import { decodeZipkinV2Json } from './zipkin-v2-json.js';

const decode = (json: string, limits = {}): DecodedSpans => decodeZipkinV1Json(Buffer.from(json), limits);
const reason = (act: () => unknown): string => {
  try {
    act();
    return 'accepted';
  } catch (error) {
    return error instanceof DecodeError ? error.message : String(error);
  }
};

describe('Zipkin v1 JSON', () => {
  it.each([
    ['{"id":"1"}', 'traceId == 0'],
    ['{"traceId":"1"}', 'id == 0'],
    ['{"traceId":"1","id":"X"}', 'X should be lower-hex encoded with no prefix'],
    ['{"traceId":"1","id":"1","annotations":[{"timestamp":1}]}', 'Incomplete annotation'],
    ['{"traceId":"1","id":"1","binaryAnnotations":[{"value":"v"}]}', 'No key'],
    ['{"traceId":"1","id":"1","binaryAnnotations":[{"key":null,"value":"v"}]}', 'No key'],
  ])('refuses %s', (span, text) => {
    expect(reason(() => decode(`[${span}]`))).toMatch(
      new RegExp(`^${text} reading List<Span> from json \\(at byte \\d+\\)$`),
    );
  });

  it('drops values that v1 has no type for, keeps the others', () => {
    const values = ['null', '{"a":1}', '[1]', '12', '1.5', 'true', '"s"', '123456789012345678901', '9007199254740993'];
    const binary = values.map((value, i) => `{"key":"k${i}","value":${value}}`).join(',');
    const { spans } = decode(`[{"traceId":"1","id":"1","binaryAnnotations":[${binary},{"key":"none"}]}]`);
    expect(spans[0]?.v1?.binaryAnnotations.map(({ key, value }) => [key, value])).toEqual([
      ['k3', 12n],
      ['k4', 1.5],
      ['k5', true],
      ['k6', 's'],
      ['k7', 123456789012345680000],
      ['k8', 9007199254740993n],
    ]);
  });

  it('counts what is beyond the limits', () => {
    const many = (one: string): string => Array.from({ length: 5 }, () => one).join(',');
    const json = `[{"traceId":"1","id":"1","annotations":[${many('{"timestamp":1,"value":"a"}')}],"binaryAnnotations":[${many('{"key":"k","value":"v"}')}]}]`;
    const { spans, losses } = decode(json, { attributes: 2, events: 3 });
    expect(spans[0]).toMatchObject({ droppedAttributes: 3, droppedEvents: 2 });
    expect([spans[0]?.v1?.annotations.length, spans[0]?.v1?.binaryAnnotations.length]).toEqual([3, 2]);
    expect(losses).toMatchObject({ attributes: 3, events: 2 });
  });

  it('an empty body is an empty list', () => {
    expect([decode('').spans, decode('[]').spans]).toEqual([[], []]);
  });
});

describe('ATS', () => {
  const instance = { serviceName: 'Orders-API', ipv4: '10.20.30.40', port: 9443 };
  const span = {
    traceId: '00000000beef0000',
    id: 'a1b2c3d4e5f60718',
    name: 'Orders-API:orders-7f9:/v2/Orders:batch',
    timestamp: 1_700_000_000_123_000,
    duration: 42_000,
    annotations: [
      { timestamp: 1_700_000_000_123_000, value: 'cs', endpoint: instance },
      { timestamp: 1_700_000_000_165_000, value: 'cr', endpoint: instance },
    ],
    binaryAnnotations: [
      { key: 'verb', value: 'PUT' },
      { key: 'result', value: '0' },
      { key: 'at', value: '1700000000123000618' },
    ],
  };

  it('gives a span back as it was sent: order, case, no endpoints that the sender did not write', () => {
    const { spans } = decode(JSON.stringify([span], undefined, 2));
    expect(atsSpanStrings(spans)).toEqual([JSON.stringify(span)]);
  });

  it('its Zipkin view is lower case and has the endpoint', () => {
    const [view] = JSON.parse(encodeZipkinV2Json(decode(JSON.stringify([span])).spans).toString()) as [unknown];
    expect(view).toMatchObject({
      kind: 'CLIENT',
      name: 'orders-api:orders-7f9:/v2/orders:batch',
      localEndpoint: { serviceName: 'orders-api', ipv4: '10.20.30.40', port: 9443 },
      tags: { at: '1700000000123000618', result: '0', verb: 'PUT' },
    });
  });

  it('one v1 span is one element, whatever number of spans it became', () => {
    const both = {
      ...span,
      annotations: [
        ...span.annotations,
        { timestamp: span.timestamp + 1, value: 'sr', endpoint: { serviceName: 'other' } },
      ],
    };
    const { spans } = decode(JSON.stringify([both, { ...span, id: '1' }]));
    expect(spans.map((part) => part.v1 === V1Original.continued)).toEqual([false, true, false]);
    expect(atsSpanStrings(spans)).toEqual(
      [both, { ...span, id: '0000000000000001' }].map((sent) => JSON.stringify(sent)),
    );
  });

  it('spans of other formats are converted, names in their case', () => {
    const sent = {
      ...{ traceId: '0000000000000001', id: '0000000000000002', kind: 'CLIENT', name: 'GET /Items' },
      ...{ timestamp: 5, duration: 2, localEndpoint: { serviceName: 'Shop' }, remoteEndpoint: { serviceName: 'DB' } },
    };
    const { spans } = decodeZipkinV2Json(Buffer.from(JSON.stringify([sent])));
    const endpoint = { serviceName: 'Shop' };
    expect(atsSpanStrings(spans).map((text) => JSON.parse(text) as unknown)).toEqual([
      {
        ...{ traceId: sent.traceId, id: sent.id, name: 'GET /Items', timestamp: 5, duration: 2 },
        annotations: [
          { timestamp: 5, value: 'cs', endpoint },
          { timestamp: 7, value: 'cr', endpoint },
        ],
        binaryAnnotations: [{ key: 'sa', value: true, endpoint: { serviceName: 'DB' } }],
      },
    ]);
    const [plain] = JSON.parse(encodeZipkinV1Json(spans).toString()) as [{ name: string }];
    expect(plain.name).toBe('get /items');
  });

  it('a span that says little is as short', () => {
    const { spans } = decodeZipkinV2Json(
      Buffer.from('[{"traceId":"1","parentId":"2","id":"3","kind":"SERVER","timestamp":5,"duration":2,"debug":true}]'),
    );
    expect(atsSpanStrings(spans)).toEqual([
      '{"traceId":"0000000000000001","parentId":"0000000000000002","id":"0000000000000003","name":"","timestamp":5,"duration":2,"annotations":[{"timestamp":5,"value":"sr"},{"timestamp":7,"value":"ss"}],"debug":true}',
    ]);
  });
});

describe('Zipkin v1 thrift', () => {
  /** A list of one span, with these fields. */
  const oneSpan = (write: (writer: ThriftWriter) => void): Buffer => {
    const writer = new ThriftWriter();
    writer.topList([undefined], () => {
      write(writer);
    });
    return writer.finish();
  };
  const ids = (writer: ThriftWriter): void => {
    writer.i64(1, 1n);
    writer.i64(4, -1n);
  };

  it('skips fields that it does not know, of every type', () => {
    const bytes = oneSpan((writer) => {
      ids(writer);
      writer.bool(90, true);
      writer.i16(91, 1);
      writer.i32(92, 1);
      writer.text(93, 'x');
      writer.struct(94, () => {
        writer.list(1, [1, 2], () => {
          writer.i64(1, 5n);
        });
      });
      // Known ids with another type.
      writer.i32(3, 5);
      writer.text(10, 'soon');
    });
    expect(decodeZipkinV1Thrift(bytes).spans).toHaveLength(1);
    expect(decodeZipkinV1Thrift(bytes).spans[0]?.id).toBe('ffffffffffffffff');
  });

  it('skips maps and sets', () => {
    const map = [13, 0, 99, 11, 8, 0, 0, 0, 1, 0, 0, 0, 1, 0x61, 0, 0, 0, 7];
    const set = [14, 0, 98, 3, 0, 0, 0, 2, 1, 2];
    const emptyMap = [13, 0, 97, 0, 0, 0, 0, 0, 0];
    const [start, end] = [
      Buffer.from([12, 0, 0, 0, 1, 10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 10, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2]),
      Buffer.from([0]),
    ];
    const bytes = Buffer.concat([start, Buffer.from([...map, ...set, ...emptyMap]), end]);
    expect(decodeZipkinV1Thrift(bytes).spans[0]?.id).toBe('0000000000000002');
  });

  it('leaves out annotations without time or value, as Zipkin does', () => {
    const bytes = oneSpan((writer) => {
      ids(writer);
      writer.list(6, [0n, 5n], (timestampUs) => {
        writer.i64(1, timestampUs);
        if (timestampUs === 0n) writer.text(2, 'no time');
      });
      writer.list(8, ['no value'], (key) => {
        writer.text(1, key);
      });
    });
    expect(decodeZipkinV1Thrift(bytes).spans[0]?.v1).toEqual(new V1Original(0n, 0n, [], []));
  });

  it('keeps values whose size does not fit their type as bytes', () => {
    const bytes = oneSpan((writer) => {
      ids(writer);
      writer.list(8, [0, 2, 3, 4, 5, 9], (type) => {
        writer.text(1, `k${type}`);
        writer.bytes(2, Uint8Array.of(1, 2, 3));
        writer.i32(3, type);
      });
    });
    const [span] = decodeZipkinV1Thrift(bytes).spans;
    expect(span?.v1?.binaryAnnotations.map(({ type, value }) => [type, value])).toEqual(
      Array.from({ length: 6 }, () => [1, Uint8Array.of(1, 2, 3)]),
    );
    expect(encodeZipkinV1Json(span === undefined ? [] : [span]).toString()).toContain('{"key":"k0","value":"AQID"}');
  });

  it.each([
    [Buffer.from([12, 0, 0, 0, 1, 0]), /^traceId == 0 reading List<Span> from TBinary \(at byte 5\)$/],
    [Buffer.from([12, 0, 0, 0, 0, 0]), /^Malformed: bytes behind the list/],
    [Buffer.from([11, 0, 0, 0, 1, 0]), /^Malformed: list of type 11, expected 12/],
    [Buffer.from([12, 0, 0, 0, 1, 1, 0, 1]), /^Malformed: invalid type 1/],
    [Buffer.from([12, 0, 0, 0, 1, 10, 0, 1, 0]), /^Truncated: length 8 > bytes remaining 1/],
    [Buffer.from([12, 0, 0, 0, 2, 0]), /^Truncated: length 2 > bytes remaining 1/],
  ])('refuses %j', (bytes, expected) => {
    expect(reason(() => decodeZipkinV1Thrift(bytes))).toMatch(expected);
  });

  it('counts what is beyond the limits', () => {
    const original = new V1Original(
      1n,
      1n,
      Array.from({ length: 4 }, () => ({ timestampUs: 1n, value: 'a', endpoint: undefined })),
      Array.from({ length: 4 }, (_, i) => ({
        key: `k${i}`,
        value: 'v'.repeat(200),
        type: 6 as const,
        endpoint: undefined,
      })),
    );
    const { spans } = decode('[{"traceId":"1","id":"1"}]');
    const bytes = encodeZipkinV1Thrift(spans.map((span) => span.with({ v1: original })));
    const { spans: cut, losses } = decodeZipkinV1Thrift(bytes, { attributes: 3, events: 2, valueBytes: 128 });
    expect(losses).toMatchObject({ attributes: 1, events: 2, values: 4, valueBytes: 4 * 72 });
    expect(cut[0]).toMatchObject({ droppedAttributes: 1, droppedEvents: 2 });
    expect(cut[0] && v1SpanOf(cut[0])?.original.annotations).toHaveLength(2);
  });

  it('no spans are no bytes, and the other way round', () => {
    expect([encodeZipkinV1Thrift([]).length, decodeZipkinV1Thrift(Buffer.alloc(0)).spans]).toEqual([0, []]);
  });
});
