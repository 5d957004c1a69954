import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { didYouMean, editDistance, nearest } from './nearest.js';

/** The definition of the distance, word for word. */
function slow(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [x, y] = [a.slice(0, -1), b.slice(0, -1)];
  const ways = [slow(x, b) + 1, slow(a, y) + 1, slow(x, y) + (a.at(-1) === b.at(-1) ? 0 : 1)];
  if (a.length > 1 && b.length > 1 && a.at(-1) === b.at(-2) && a.at(-2) === b.at(-1))
    ways.push(slow(a.slice(0, -2), b.slice(0, -2)) + 1);
  return Math.min(...ways);
}

describe('editDistance', () => {
  it('is what its definition says', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 5 });
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(slow(a, b));
      }),
      { numRuns: 200 },
    );
  });
});

describe('nearest', () => {
  const commands = ['pods', 'hooks', 'run', 'sessions', 'stats', 'spans'];
  it.each([
    ['pod', 'pods'],
    ['sesions', 'sessions'],
    ['sessinos', 'sessions'],
    ['sess', 'sessions'],
    ['rnu', 'run'],
    ['satts', 'stats'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearest(typed, commands)).toBe(meant);
  });

  it.each(['delete', 'x', 'kubernetes', ''])('guesses nothing for %p', (typed) => {
    expect(nearest(typed, commands)).toBeUndefined();
    expect(didYouMean(typed, commands)).toBe('');
  });
});
