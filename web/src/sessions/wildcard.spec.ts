import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compileGlob } from '../../../libs/pods/src/glob.js';
import { patternFor } from './wildcard.js';

describe('patternFor', () => {
  it.each([
    [['shop-1', 'shop-2'], ['shop-1', 'shop-2', 'store'], 'shop-*', []],
    [['a-web', 'b-web'], ['a-web', 'b-web', 'a-db'], '*-web', []],
    [['api-1-web', 'api-2-web'], ['api-1-web', 'api-2-web', 'api-1-db', 'x-web'], 'api-*-web', []],
    [['shop'], ['shop', 'shop-2'], 'shop', []],
    [['shop', 'shop-2'], ['shop', 'shop-2', 'shop-3'], 'shop*', ['shop-3']],
    [['a', 'b'], ['a', 'b', 'c'], '*', ['c']],
    [['aa', 'aaa'], ['aa', 'aaa', 'b'], 'aa*', []],
    [[], ['a'], '*', ['a']],
  ])('for %j out of %j it is %s', (chosen, all, pattern, extra) => {
    expect(patternFor(chosen, all)).toEqual({ pattern, extra });
  });

  it('matches every chosen name and tells of all others that it matches', () => {
    const name = fc.stringMatching(/^[a-c*?[\]\\-]{1,6}$/);
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 8 }), fc.nat(8), (all, count) => {
        const chosen = all.slice(0, Math.max(1, count));
        const { pattern, extra } = patternFor(chosen, all);
        const matches = compileGlob(pattern);
        expect(all.filter(matches).sort()).toEqual([...chosen, ...extra].sort());
      }),
      { numRuns: 500, interruptAfterTimeLimit: 10_000 },
    );
  });
});
