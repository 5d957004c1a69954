import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { arbitraryLines } from '../testing/arbitrary-trace.js';
import { DIALECTS, traceLines } from '../testing/trace-lines.js';
import { ByteBuffer } from './byte-buffer.js';
import { writeRecord } from './line-rewriter.js';
import { shiftedArray } from './shift-block.js';
import { TraceRecord } from './trace-record.js';

/** The records of lines as a selection returns them. */
function recordsOf(lines: readonly string[]): string[] {
  const record = new TraceRecord();
  return lines.flatMap((line) => {
    const bytes = Buffer.from(line);
    return record.read(bytes, 0, bytes.length) === 'record' ? [bytes.toString('utf8', record.start, record.end)] : [];
  });
}

function slowly(lines: readonly string[], originUs: number): unknown {
  const record = new TraceRecord();
  const out = new ByteBuffer();
  for (const line of lines) {
    const bytes = Buffer.from(line);
    record.read(bytes, 0, bytes.length);
    writeRecord(record, { originUs }, out);
    out.text(',');
  }
  return JSON.parse(`[${out.take().toString().slice(0, -1)}]`);
}

function quickly(lines: readonly string[], originUs: number): unknown {
  const { bytes, elements } = shiftedArray(Buffer.from(lines.map((line) => `${line}\n`).join('')), originUs);
  const text = bytes.toString();
  expect(text === '' || text.endsWith(',')).toBe(true);
  const array = JSON.parse(`[${text.slice(0, -1)}]`) as unknown[];
  expect(elements).toBe(array.length);
  return array;
}

describe('shiftedArray', () => {
  it('changes plain lines where they stand', () => {
    const lines = [
      '{"id":1,"ts":1713456789012999,"dur":5}',
      '{"ts":1713456789012345}',
      '{"id":2,"ts":5,"x":1}',
      '{"id":3}',
    ];
    const { bytes, elements } = shiftedArray(Buffer.from(`${lines.join('\n')}\n`), 1713456789012345);
    expect([bytes.toString(), elements]).toEqual([
      '{"id":1,"ts":             654,"dur":5},{"ts":               0},{"id":2,"ts":0,"x":1},{"id":3},',
      4,
    ]);
  });

  it('writes anew what is not of that shape', () => {
    const lines = [
      '{"ts":"1500"}',
      '{"ts":1500.5}',
      '{"ts":1.5e3}',
      '{"ts":-5}',
      '{"ts" : 1500}',
      '{"ts":1500,"ts":1700}',
      '{"args":{"ts":1500},"ts":1600}',
      '{"ts":1500,"args":{"ts":1}}',
      '{"name":"a\\"b","ts":1500}',
      '{"ts":1500,"t\\u0073":1600}',
      '{"ts":9007199254740993}',
      '{"name":",\\"ts\\":1"}',
      '{"a":[{"ts":7}],"ts":1500}',
      '{"ts":null}',
      '{"ts":12345678901234567890}',
      '{}',
    ];
    expect(quickly(lines, 1000)).toEqual(slowly(lines, 1000));
  });

  it('leaves times alone when they are not to be shifted', () => {
    const { bytes, elements } = shiftedArray(Buffer.from('{"ts":-5}\n{"ts":"007"}\n'), undefined);
    expect([bytes.toString(), elements]).toEqual(['{"ts":-5},{"ts":"007"},', 2]);
  });

  it('agrees with the slow way on every dialect', () => {
    for (const dialect of DIALECTS) {
      const lines = recordsOf(traceLines({ dialect, events: 2000 }));
      expect(quickly(lines, 1713456789012345)).toEqual(slowly(lines, 1713456789012345));
    }
  });

  it('agrees with the slow way on random records', () => {
    fc.assert(
      fc.property(arbitraryLines, fc.constantFrom(0, 1, 1_700_000_000_000_500), (lines, originUs) => {
        const records = recordsOf(lines);
        expect(quickly(records, originUs)).toEqual(slowly(records, originUs));
      }),
      { numRuns: 500 },
    );
  });
});
