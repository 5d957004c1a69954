import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseSessionId } from './session-id.js';

describe('parseSessionId', () => {
  it.each([
    ['0', '0'],
    ['000', '0'],
    ['007', '7'],
    ['18446744073709551615', '18446744073709551615'],
    [`${'0'.repeat(50)}18446744073709551615`, '18446744073709551615'],
  ])('takes %s as %s', (text, id) => {
    expect(parseSessionId(text)).toBe(id);
  });

  it.each(['', 'abc', '-1', '+1', '1_000', '0x1f', '1.0', '1e3', ' 1', '1\n', 'ALL', '٣'])('refuses %j', (text) => {
    expect(() => parseSessionId(text)).toThrow(`session id ${JSON.stringify(text)} is not a decimal number`);
  });

  it.each(['18446744073709551616', '99999999999999999999', '1'.repeat(100_000)])(
    'refuses what is too large',
    (text) => {
      expect(() => parseSessionId(text)).toThrow(/is larger than 18446744073709551615$/);
    },
  );

  it('keeps every 64-bit number, with any leading zeros', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), fc.nat(30), (id, zeros) => {
        expect(parseSessionId('0'.repeat(zeros) + String(id))).toBe(String(id));
      }),
    );
  });
});
