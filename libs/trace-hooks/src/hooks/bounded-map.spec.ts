import { describe, expect, it } from '@jest/globals';
import { BoundedMap } from './bounded-map.js';

describe('BoundedMap', () => {
  it('forgets the oldest and counts it', () => {
    const map = new BoundedMap<number, string>(2);
    map.set(1, 'a');
    map.set(2, 'b');
    map.set(1, 'c');
    map.set(3, 'd');
    expect([...map.entries()]).toEqual([
      [2, 'b'],
      [3, 'd'],
    ]);
    expect([map.evicted, map.size, map.get(1), map.take(2), map.take(2)]).toEqual([1, 2, undefined, 'b', undefined]);
  });

  it('stays small in a storm', () => {
    const map = new BoundedMap<number, number>(100);
    for (let key = 0; key < 100_000; key += 1) map.set(key, key);
    expect([map.size, map.evicted]).toEqual([100, 99_900]);
  });
});
