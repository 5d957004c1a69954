import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseGoInt } from './parse-int.js';

/** The grammar of Go's integer literals, spelled out, with the range checked at the end. */
function slowParse(text: string): bigint | undefined {
  const [, sign = '', literal = ''] = /^([+-]?)([^]*)$/.exec(text) ?? [];
  const forms: readonly [RegExp, bigint][] = [
    [/^0[xX]_?[0-9a-fA-F]+(_[0-9a-fA-F]+)*$/, 16n],
    [/^0[bB]_?[01]+(_[01]+)*$/, 2n],
    [/^0[oO]_?[0-7]+(_[0-7]+)*$/, 8n],
    [/^0(_?[0-7]+)+$/, 8n],
    [/^(0|[1-9][0-9]*(_[0-9]+)*)$/, 10n],
  ];
  const form = forms.find(([syntax]) => syntax.test(literal));
  if (form === undefined) return undefined;
  const digits = literal.replace(/^0[xXbBoO]/, '').replaceAll('_', '');
  const magnitude = [...digits].reduce((sum, digit) => sum * form[1] + BigInt(Number.parseInt(digit, 16)), 0n);
  const value = sign === '-' ? -magnitude : magnitude;
  return BigInt.asIntN(64, value) === value ? value : undefined;
}

describe('integers as Go reads them', () => {
  it.each([
    ['0', 0n],
    ['10', 10n],
    ['007', 7n],
    ['010', 8n],
    ['08', undefined],
    ['00', 0n],
    ['0x', undefined],
    ['0x1F', 31n],
    ['0X1f', 31n],
    ['0b101', 5n],
    ['0b2', undefined],
    ['0O17', 15n],
    ['0o8', undefined],
    ['1_000', 1000n],
    ['1__0', undefined],
    ['_1', undefined],
    ['1_', undefined],
    ['0x_1', 1n],
    ['0x__1', undefined],
    ['0_7', 7n],
    ['0_8', undefined],
    ['+1', 1n],
    ['-0', 0n],
    ['-0x10', -16n],
    ['--1', undefined],
    ['+', undefined],
    ['', undefined],
    [' 1', undefined],
    ['1.0', undefined],
    ['1e3', undefined],
    ['NaN', undefined],
    ['1n', undefined],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['9223372036854775808', undefined],
    ['-9223372036854775808', -(2n ** 63n)],
    ['-9223372036854775809', undefined],
    ['0x7fffffffffffffff', 2n ** 63n - 1n],
    ['0x8000000000000000', undefined],
    [`0b${'0'.repeat(90)}1`, 1n],
    ['1'.repeat(5_000), undefined],
  ])('%s', (text, value) => {
    expect(parseGoInt(text)).toBe(value);
  });

  it('agree with the grammar', () => {
    const literal = fc.oneof(
      fc.stringMatching(/^[+-]?(0[xXbBoO])?[0-9a-fA-F_]{0,6}$/),
      fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }).map(String),
      fc.bigInt({ min: 0n, max: 2n ** 65n }).map((value) => `-0x${value.toString(16)}`),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(literal, (text) => {
        expect(parseGoInt(text)).toBe(slowParse(text));
      }),
      { numRuns: 5_000 },
    );
  });

  it('takes no longer for absurd texts', () => {
    const startedAt = performance.now();
    for (const text of ['9'.repeat(1e6), '_1'.repeat(5e5), `0x${'f_'.repeat(5e5)}`])
      expect(parseGoInt(text)).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });
});
