import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { CopyRows } from './copy-rows.js';

const HEAD_BYTES = 19;
/** The fields of the only row, as PostgreSQL reads them. */
function written(write: (rows: CopyRows) => void, sizeBytes?: number): Buffer {
  const rows = new CopyRows(sizeBytes);
  write(rows);
  const bytes = rows.finish();
  expect(bytes.subarray(0, HEAD_BYTES).toString('hex')).toBe('5047434f50590aff0d0a000000000000000000');
  expect(bytes.subarray(-2).toString('hex')).toBe('ffff');
  return bytes.subarray(HEAD_BYTES, -2);
}
const field = (value: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeInt32BE(value.length);
  return Buffer.concat([length, value]);
};
const runs = { numRuns: 300 };

describe('CopyRows', () => {
  it('writes texts as UTF-8 without NUL, however long', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit: 'grapheme', maxLength: 80 }),
    );
    fc.assert(
      fc.property(fc.array(texts, { maxLength: 5 }), (values) => {
        const expected = values.map((value) => field(Buffer.from(value.replaceAll('\0', '\ufffd'))));
        const bytes = written((rows) => {
          for (const value of values) rows.text(value);
        }, 1);
        expect(bytes.toString('hex')).toBe(Buffer.concat(expected).toString('hex'));
      }),
      runs,
    );
  });

  it('writes numbers and ids as eight bytes', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (safe, big) => {
        const [expectedSafe, expectedBig] = [Buffer.alloc(8), Buffer.alloc(8)];
        expectedSafe.writeBigInt64BE(BigInt(safe));
        expectedBig.writeBigInt64BE(big);
        const bytes = written((rows) => {
          rows.safeInt64(safe);
          rows.int64(big);
          rows.hex64(expectedBig.toString('hex'));
        });
        const expected = [expectedSafe, expectedBig, expectedBig].map(field);
        expect(bytes.toString('hex')).toBe(Buffer.concat(expected).toString('hex'));
      }),
      runs,
    );
  });

  it('writes rows, flags, small numbers, bytes and nothing', () => {
    const bytes = written((rows) => {
      rows.row(5);
      rows.boolean(true);
      rows.int16(-2);
      rows.int32(3);
      rows.bytes(Buffer.from('abc'));
      rows.nothing();
      rows.text(undefined);
    });
    expect(bytes.toString('hex')).toBe(
      '0005' + '0000000101' + '00000002fffe' + '0000000400000003' + '00000003616263' + 'ffffffff' + 'ffffffff',
    );
  });

  it.each(['', '123', 'ABCDEF0123456789', '012345678901234g', '0123456789012345é', '00000000000000001'])(
    'refuses %j as an id',
    (digits) => {
      expect(() => {
        new CopyRows().hex64(digits);
      }).toThrow('is not an id');
    },
  );
});
