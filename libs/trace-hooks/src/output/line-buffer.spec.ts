import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineBuffer, stamp } from './line-buffer.js';

function written(write: (lines: LineBuffer) => void): string {
  const lines = new LineBuffer();
  const block = Buffer.alloc(512, 0x23);
  lines.use(block, 3);
  write(lines);
  return block.toString('utf8', 3, lines.at);
}

const integers = fc.oneof(
  fc.maxSafeInteger(),
  fc.nat(100_000),
  fc.constantFrom(0, 9, 10, 99, 9999, 10_000, 99_999_999, 100_000_000, 1e15, 1e16 - 1e10, Number.MAX_SAFE_INTEGER),
);

describe('LineBuffer', () => {
  it('writes integers as JavaScript does', () => {
    fc.assert(
      fc.property(integers, (value) => {
        expect(
          written((lines) => {
            lines.integer(value);
          }),
        ).toBe(`${value}`);
      }),
    );
  });

  it('writes eight digits with leading zeros', () => {
    const padded = (value: number): void => {
      expect(
        written((lines) => {
          lines.padded8(value);
        }),
      ).toBe(String(value).padStart(8, '0'));
    };
    fc.assert(fc.property(fc.nat(99_999_999), padded));
  });

  it('writes pointers without leading zeros', () => {
    const word = fc.oneof(fc.nat(0xffffffff), fc.constantFrom(0, 1, 0xf, 0x10, 0xfffffff, 0x10000000, 0xffffffff));
    const check = (high: number, low: number): void => {
      const value = (BigInt(high) << 32n) | BigInt(low);
      expect(
        written((lines) => {
          lines.pointer(high >>> 0, low >>> 0);
        }),
      ).toBe(`"0x${value.toString(16)}"`);
    };
    fc.assert(fc.property(word, word, check));
  });

  it('copies stamps of every length side by side', () => {
    const ascii = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
      maxLength: 40,
    });
    fc.assert(
      fc.property(fc.array(ascii, { maxLength: 8 }), (texts) => {
        expect(
          written((lines) => {
            texts.forEach((text) => {
              lines.stamp(stamp(text));
            });
          }),
        ).toBe(texts.join(''));
      }),
    );
  });

  it('refuses a stamp that is not ASCII, which copying by doubles could damage', () => {
    expect(() => stamp('é')).toThrow(RangeError);
  });

  it('writes any text as UTF-8 and bytes as they are', () => {
    const write = (lines: LineBuffer): void => {
      lines.text('é🙂');
      lines.byte(0x7d);
    };
    expect(written(write)).toBe('é🙂}');
  });
});
