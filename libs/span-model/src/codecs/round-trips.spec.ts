import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Span } from '../span.js';
import { otlpBodies, v1Spans, zipkinSpans } from '../testing/span-arbitraries.js';
import { spansOfV1 } from '../zipkin/v1-to-v2.js';
import { v1SpanOf } from '../zipkin/v2-to-v1.js';
import { zipkinSpanOf } from '../zipkin/zipkin-span.js';
import { decodeOtlpJson } from './otlp-json.js';
import { encodeOtlpJson } from './otlp-json-writer.js';
import { decodeOtlpProto } from './otlp-proto.js';
import { encodeOtlpProto } from './otlp-proto-writer.js';
import { atsSpanStrings, encodeZipkinV1Json, encodeZipkinV2Json } from './zipkin-json-writer.js';
import { decodeZipkinV1Json } from './zipkin-v1-json.js';
import { decodeZipkinV1Thrift } from './zipkin-v1-thrift.js';
import { encodeZipkinV1Thrift } from './zipkin-v1-thrift-writer.js';
import { decodeZipkinV2Json } from './zipkin-v2-json.js';
import { decodeZipkinV2Proto } from './zipkin-v2-proto.js';
import { encodeZipkinV2Proto } from './zipkin-v2-proto-writer.js';

const byId = (spans: readonly Span[]): Span[] => [...spans].sort((a, b) => (a.id < b.id ? -1 : 1));
const runs = { numRuns: 100 };

describe('decode(encode(x)) = x', () => {
  it('OTLP protobuf', () => {
    fc.assert(
      fc.property(otlpBodies, (spans) => {
        const decoded = decodeOtlpProto(encodeOtlpProto(spans));
        expect(byId(decoded.spans)).toStrictEqual(spans);
        expect([decoded.rejected, decoded.losses.any]).toEqual([0, false]);
      }),
      runs,
    );
  });

  it('OTLP JSON', () => {
    fc.assert(
      fc.property(otlpBodies, (spans) => {
        expect(byId(decodeOtlpJson(encodeOtlpJson(spans)).spans)).toStrictEqual(spans);
      }),
      runs,
    );
  });

  it('Zipkin v2 JSON, up to what v2 normalises', () => {
    fc.assert(
      fc.property(fc.array(zipkinSpans, { maxLength: 4 }), (spans) => {
        const once = encodeZipkinV2Json(spans);
        const decoded = decodeZipkinV2Json(once);
        expect(decoded.spans.map(zipkinSpanOf)).toStrictEqual(spans.map(zipkinSpanOf));
        expect(encodeZipkinV2Json(decoded.spans).equals(once)).toBe(true);
      }),
      runs,
    );
  });

  it('Zipkin v2 proto3, up to what v2 normalises', () => {
    fc.assert(
      fc.property(fc.array(zipkinSpans, { maxLength: 4 }), (spans) => {
        const once = encodeZipkinV2Proto(spans);
        const decoded = decodeZipkinV2Proto(once);
        expect(decoded.spans.map(zipkinSpanOf)).toStrictEqual(spans.map(zipkinSpanOf));
        expect(encodeZipkinV2Proto(decoded.spans).equals(once)).toBe(true);
      }),
      runs,
    );
  });

  it('Zipkin v1 JSON, whatever spans it becomes in between', () => {
    fc.assert(
      fc.property(fc.array(v1Spans(true), { maxLength: 3 }), (originals) => {
        const json = encodeZipkinV1Json(originals.flatMap(spansOfV1));
        const again = decodeZipkinV1Json(json).spans;
        expect(again.map(v1SpanOf).filter((span) => span !== undefined)).toStrictEqual(originals);
        expect(`[${atsSpanStrings(again).join(',')}]`).toBe(json.toString());
      }),
      runs,
    );
  });

  it('Zipkin v1 thrift', () => {
    fc.assert(
      fc.property(fc.array(v1Spans(false), { maxLength: 3 }), (originals) => {
        const bytes = encodeZipkinV1Thrift(originals.flatMap(spansOfV1));
        const again = decodeZipkinV1Thrift(bytes).spans;
        expect(again.map(v1SpanOf).filter((span) => span !== undefined)).toStrictEqual(originals);
      }),
      runs,
    );
  });
});

describe('one span, two encodings', () => {
  it('OTLP JSON and protobuf say the same', () => {
    fc.assert(
      fc.property(otlpBodies, (spans) => {
        expect(decodeOtlpJson(encodeOtlpJson(spans))).toStrictEqual(decodeOtlpProto(encodeOtlpProto(spans)));
      }),
      runs,
    );
  });

  it('Zipkin v2 JSON and proto3 say the same', () => {
    fc.assert(
      fc.property(fc.array(zipkinSpans, { maxLength: 4 }), (spans) => {
        expect(decodeZipkinV2Proto(encodeZipkinV2Proto(spans))).toStrictEqual(
          decodeZipkinV2Json(encodeZipkinV2Json(spans)),
        );
      }),
      runs,
    );
  });

  it('Zipkin v1 JSON and thrift say the same', () => {
    fc.assert(
      fc.property(fc.array(v1Spans(true), { maxLength: 3 }), (originals) => {
        const spans = originals.flatMap(spansOfV1);
        expect(decodeZipkinV1Thrift(encodeZipkinV1Thrift(spans))).toStrictEqual(
          decodeZipkinV1Json(encodeZipkinV1Json(spans)),
        );
      }),
      runs,
    );
  });

  it('a Zipkin span that travels by OTLP looks the same in Zipkin, and keeps what tags can carry', () => {
    fc.assert(
      fc.property(zipkinSpans, (span) => {
        const [otlp] = decodeOtlpProto(encodeOtlpProto([span])).spans;
        const sent = zipkinSpanOf(span);
        const seen = otlp && zipkinSpanOf(otlp);
        expect(seen).toMatchObject({
          traceId: sent.traceId,
          id: sent.id,
          parentId: sent.parentId,
          kind: sent.kind,
          name: sent.name,
        });
        expect(seen?.annotations.map((a) => a.value).sort()).toEqual(sent.annotations.map((a) => a.value).sort());
        const tags = new Map(seen?.tags);
        for (const [key, value] of sent.tags) expect(tags.get(key)).toBe(value);
      }),
      runs,
    );
  });
});
