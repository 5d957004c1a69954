import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { INT64_MAX, INT64_MIN, nsOfSafeUs, UINT64_MAX, usOfNs } from './int64.js';
import { integerOfLiteral } from './json-integers.js';

/** An obviously correct twin: moves the decimal point over a text with enough zeros on both sides. */
function slowInteger(literal: string): bigint | undefined {
  const negative = literal.startsWith('-');
  const [mantissa = '', power = '0'] = literal
    .toLowerCase()
    .slice(negative ? 1 : 0)
    .split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = '0'.repeat(100) + whole + fraction + '0'.repeat(100);
  const point = 100 + whole.length + Number(power);
  if (/[1-9]/.test(digits.slice(point))) return undefined;
  const value = BigInt(digits.slice(0, point)) * (negative ? -1n : 1n);
  return value >= INT64_MIN && value <= INT64_MAX ? value : undefined;
}

describe('integerOfLiteral', () => {
  it('is exact, as the slow way is', () => {
    const literals = fc
      .tuple(
        fc.constantFrom('', '-'),
        fc.oneof(fc.constant('0'), fc.bigInt({ min: 1n, max: 10n ** 20n }).map(String)),
        fc.oneof(fc.constant(''), fc.stringMatching(/^\.[0-9]{1,20}$/), fc.constant('.000')),
        fc.oneof(
          fc.constant(''),
          fc.integer({ min: -40, max: 40 }).map((n) => `e${n}`),
          fc.constant('E+3'),
        ),
      )
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(literals, (literal) => {
        expect([literal, integerOfLiteral(literal)]).toEqual([literal, slowInteger(literal)]);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['9223372036854775807', INT64_MAX],
    ['9223372036854775808', undefined],
    ['-9223372036854775808', INT64_MIN],
    ['9007199254740993', 9007199254740993n],
    ['922337203685477580.7e1', INT64_MAX],
    ['1e400', undefined],
    ['1e-400', undefined],
    ['0e999999999', 0n],
    ['1e999999999', undefined],
    ['0.0000000000000000000000000000000001e34', 1n],
  ])('%s', (literal, value) => {
    expect(integerOfLiteral(literal)).toBe(value);
  });

  it('keeps to the range that it is given', () => {
    expect(integerOfLiteral('18446744073709551615', 0n, UINT64_MAX)).toBe(UINT64_MAX);
    expect(integerOfLiteral('-1', 0n, UINT64_MAX)).toBeUndefined();
  });
});

describe('times', () => {
  it('microseconds become nanoseconds exactly', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (us) => {
        expect(nsOfSafeUs(us)).toBe(BigInt(us) * 1000n);
      }),
    );
  });

  it('nanoseconds become microseconds, rounded down', () => {
    expect([0n, 999n, 1000n, -1n, -1000n, -1001n].map(usOfNs)).toEqual([0n, 0n, 1n, -1n, -1n, -2n]);
  });
});
