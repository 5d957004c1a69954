import { describe, expect, it } from '@jest/globals';
import { chosenBy, filesBelow, filesIn, keysOf, shortKeys } from './file-keys.js';

const PATHS = ['a.pfw', 'job/b.pfw', 'job/n1/c.pfw', 'job2/d.pfw'];

describe('keys of files', () => {
  it.each([
    [[], PATHS],
    [[filesIn('')], ['a.pfw']],
    [[filesBelow('')], PATHS],
    [['job/'], ['job/b.pfw']],
    [['job/**'], ['job/b.pfw', 'job/n1/c.pfw']],
    [
      ['job/n1/c.pfw', 'a.pfw'],
      ['a.pfw', 'job/n1/c.pfw'],
    ],
    [['jo/**', 'job'], []],
  ])('%j choose', (keys, expected) => {
    expect(PATHS.filter(chosenBy(keys))).toEqual(expected);
  });

  it.each([
    ['', []],
    ['file=a&file=b&dir=c', ['a', 'b']],
    ['dir=job7', ['job7/']],
    ['dir=job7%2F', ['job7/']],
    ['dir=job7%2F**', ['job7/**']],
    ['dir=.%2F', ['./']],
  ])('are read from %j', (query, expected) => {
    expect(keysOf(new URLSearchParams(query))).toEqual(expected);
  });

  it('are short where whole directories are chosen', () => {
    expect(shortKeys(new Set(['job/n1/c.pfw', 'job2/d.pfw', 'a.pfw']), [...PATHS, 'b.pfw'])).toEqual([
      'job/n1/',
      'job2/',
      'a.pfw',
    ]);
    const ranks = Array.from({ length: 1000 }, (_, at) => `job/rank-${at}.pfw`);
    expect(shortKeys(new Set(ranks), [...ranks, 'x.pfw'])).toEqual(['job/']);
    expect(shortKeys(new Set(ranks.slice(1)), ranks)).toHaveLength(999);
  });
});
