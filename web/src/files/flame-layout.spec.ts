import { describe, expect, it } from '@jest/globals';
import type { CallNode } from './files-api.js';
import { flameLayout, nodeAt, selfTimes } from './flame-layout.js';

const node = (name: string, total: number, self: number, children: CallNode[] = []): CallNode => ({
  ...{ name, count: 1, total_us: total, self_us: self, children },
});
const ROOTS = [
  node('main', 80, 20, [node('read', 40, 30, [node('main', 10, 10)]), node('write', 20, 20)]),
  node('x', 20, 20),
];

describe('the flame', () => {
  it('places calls inside their callers, by time', () => {
    const { boxes, depth, totalUs } = flameLayout(ROOTS, '', 0);
    const places = Object.fromEntries(boxes.map(({ path, left, width, depth: level }) => [path, [left, width, level]]));
    expect(places).toEqual({
      '0': [0, 0.8, 0],
      '0.0': [0, 0.4, 1],
      '0.0.0': [0, 0.1, 2],
      '0.1': [0.4, 0.2, 1],
      '1': [0.8, 0.2, 0],
    });
    expect([depth, totalUs]).toEqual([3, 100]);
  });

  it('counts what is too narrow, and zooms into one call', () => {
    expect(flameLayout(ROOTS, '', 0.15)).toMatchObject({ hidden: 1, depth: 2 });
    const { boxes } = flameLayout(ROOTS, '0.0', 0);
    expect(boxes.map(({ path, width }) => [path, width])).toEqual([
      ['0.0', 1],
      ['0.0.0', 0.25],
    ]);
    expect(flameLayout(ROOTS, '7.7', 0).boxes).toHaveLength(5);
    expect(nodeAt(ROOTS, '0.1')?.name).toBe('write');
  });

  it('does not count a call inside a call of its name twice', () => {
    const sums = Object.fromEntries(selfTimes(ROOTS).map(({ name, ...sum }) => [name, sum]));
    expect(sums).toEqual({
      main: { count: 2, selfUs: 30, totalUs: 80 },
      read: { count: 1, selfUs: 30, totalUs: 40 },
      write: { count: 1, selfUs: 20, totalUs: 20 },
      x: { count: 1, selfUs: 20, totalUs: 20 },
    });
    expect(selfTimes(ROOTS).map(({ selfUs }) => selfUs)).toEqual([30, 30, 20, 20]);
  });

  it('takes a chain deeper than the stack', () => {
    let deep = node('f', 1, 1);
    for (let i = 0; i < 20_000; i++) deep = node('f', 1, 0, [deep]);
    expect(flameLayout([deep], '', 0).depth).toBe(20_001);
    expect(selfTimes([deep])).toEqual([{ name: 'f', count: 20_001, selfUs: 1, totalUs: 1 }]);
  });

  it('has nothing to show for nothing', () => {
    expect(flameLayout([], '', 0)).toEqual({ boxes: [], depth: 0, hidden: 0, totalUs: 0 });
  });
});
