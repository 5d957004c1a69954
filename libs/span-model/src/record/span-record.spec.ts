import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { DecodeError } from '../decode-error.js';
import { Resource, Scope, Span } from '../span.js';
import { otlpBodies, v1Spans, zipkinSpans } from '../testing/span-arbitraries.js';
import { spansOfV1 } from '../zipkin/v1-to-v2.js';
import { decodeResourceRecord, decodeScopeRecord, decodeSpanRecord } from './span-record.js';
import { encodeResourceRecord, encodeScopeRecord, encodeSpanRecord } from './span-record-writer.js';

const anySpan = fc.oneof(
  otlpBodies.map((spans) => spans[0]),
  zipkinSpans,
  v1Spans(false).chain((v1) => fc.constantFrom(...spansOfV1(v1))),
);

describe('span records', () => {
  it('give back every span of every format, to the letter', () => {
    fc.assert(
      fc.property(anySpan, (span) => {
        if (span === undefined) return;
        const { resource, scope } = span;
        const stored = [encodeSpanRecord(span), encodeResourceRecord(resource), encodeScopeRecord(scope)] as const;
        const again = decodeSpanRecord(stored[0], decodeResourceRecord(stored[1]), decodeScopeRecord(stored[2]));
        expect(again).toStrictEqual(span);
      }),
      { numRuns: 300 },
    );
  });

  it('equal resources and scopes are equal bytes', () => {
    expect(
      encodeResourceRecord(new Resource(Resource.none.attributes)).equals(encodeResourceRecord(Resource.none)),
    ).toBe(true);
    expect(encodeScopeRecord(Scope.none).length).toBe(2);
  });

  it('are small', () => {
    expect(encodeSpanRecord(new Span('zipkin-v2', '00000000000000aa', '00000000000000bb')).length).toBe(22);
  });

  it('fields of the future are skipped', () => {
    const record = encodeSpanRecord(new Span('otlp', '00000000000000aa', '00000000000000bb'));
    const extended = Buffer.concat([record, Buffer.from([0xba, 0x06, 1, 7])]);
    expect(decodeSpanRecord(extended)).toEqual(decodeSpanRecord(record));
  });

  it.each([
    [Buffer.alloc(0), 'ids are missing'],
    [Buffer.from([0x12, 3, 1, 2, 3]), 'Expected an id of 8 or 16 bytes'],
    [Buffer.from([0x3a, 1, 0x78]), 'Expected a number'],
  ])('damaged ones are refused', (bytes, reason) => {
    expect(() => decodeSpanRecord(bytes)).toThrow(DecodeError);
    expect(() => decodeSpanRecord(bytes)).toThrow(`${reason} reading a stored span`);
  });
});
