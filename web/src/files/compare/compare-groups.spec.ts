import { describe, expect, it } from '@jest/globals';
import { changeUs, pairGroups, ratioOf, sortPairs, type GroupPair, type PairSort } from './compare-groups.js';

const group = (name: string | null, sum: number, count: number, more: Record<string, number | null> = {}) => ({
  key: { name, cat: 'POSIX' },
  values: { sum, count, mean: sum / count, p95: sum / count, bytes: 0, ...more },
});
const pairs = pairGroups(
  [group('read', 1000, 10, { bytes: 5 }), group('open', 400, 4), group('stat', 90, 1), group('close', 50, 50)],
  [group('read', 1500, 30), group('open', 100, 4), group('write', 700, 7), group('close', 50, 50)],
  ['name', 'cat'],
);
const named = (name: string): GroupPair => {
  const pair = pairs.find(({ key }) => key[0] === name);
  if (pair === undefined) throw new Error(`no pair ${name}`);
  return pair;
};

describe('two sides', () => {
  it('stand beside each other by all parts of their key', () => {
    expect(pairs).toHaveLength(5);
    expect(named('read')).toEqual({
      key: ['read', 'POSIX'],
      a: { count: 10, totalUs: 1000, meanUs: 100, p95Us: 100, bytes: 5 },
      b: { count: 30, totalUs: 1500, meanUs: 50, p95Us: 50, bytes: 0 },
    });
    expect(named('write')).not.toHaveProperty('a');
    expect(pairGroups([group(null, 1, 1)], [group('null', 1, 1)], ['name'])).toHaveLength(2);
  });

  it('differ by time and by ratio', () => {
    expect(['read', 'open', 'write', 'stat'].map((name) => changeUs(named(name)))).toEqual([500, -300, 700, -90]);
    expect(ratioOf(named('read'), 'meanUs')).toBe(0.5);
    expect(ratioOf(named('write'), 'meanUs')).toBeNaN();
    const [zero] = pairGroups([group('n', 0, 1)], [group('n', 0, 1)], ['name']);
    expect(zero && ratioOf(zero, 'p95Us')).toBe(1);
    const [grown] = pairGroups([group('n', 0, 1)], [group('n', 3, 1)], ['name']);
    expect(grown && ratioOf(grown, 'p95Us')).toBe(Infinity);
  });

  it.each<[PairSort, string[]]>([
    ['change', ['write', 'read', 'open', 'stat', 'close']],
    ['count', ['read', 'write', 'stat', 'close', 'open']],
    ['mean', ['open', 'read', 'close', 'stat', 'write']],
    ['key', ['close', 'open', 'read', 'stat', 'write']],
  ])('are sorted by %s', (sort, expected) => {
    expect(sortPairs(pairs, sort).map(({ key }) => key[0])).toEqual(expected);
  });

  it('put a duration of none first by mean', () => {
    const with0 = [...pairs, ...pairGroups([group('n', 0, 1)], [group('n', 3, 1)], ['name'])];
    expect(sortPairs(with0, 'mean')[0]?.key[0]).toBe('n');
  });
});
