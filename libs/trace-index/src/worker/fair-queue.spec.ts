import { describe, expect, it } from '@jest/globals';
import { FairQueue } from './fair-queue.js';

describe('FairQueue', () => {
  const drained = (queue: FairQueue<string>): string[] => {
    const taken: string[] = [];
    for (let piece = queue.take(); piece !== undefined; piece = queue.take()) taken.push(piece);
    return taken;
  };

  it('lets customers take turns, each in its own order', () => {
    const queue = new FairQueue<string>();
    for (const piece of ['a1', 'a2', 'a3']) queue.add(1, piece);
    queue.add(2, 'b1');
    queue.add(3, 'c1');
    queue.add(2, 'b2');
    expect(queue.size).toBe(6);
    expect(drained(queue)).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3']);
    expect(queue.size).toBe(0);
  });

  it('lets a newcomer wait for one turn of each, not for all their work', () => {
    const queue = new FairQueue<string>();
    for (let i = 0; i < 1000; i++) queue.add(1, `a${i}`);
    queue.take();
    queue.add(2, 'b');
    expect([queue.take(), queue.take()]).toEqual(['a1', 'b']);
  });

  it('forgets what is removed', () => {
    const queue = new FairQueue<string>();
    queue.add(1, 'a');
    queue.add(1, 'b');
    expect([queue.remove(1, 'a'), queue.remove(1, 'a'), queue.remove(9, 'b')]).toEqual([true, false, false]);
    expect(queue.size).toBe(1);
    expect(queue.remove(1, 'b')).toBe(true);
    expect(drained(queue)).toEqual([]);
    queue.add(1, 'c');
    expect(drained(queue)).toEqual(['c']);
  });
});
