import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { drawn, type DrawnSpan } from './testing/drawn-trace.js';
import { diffOperations, diffTraces } from './trace-diff.js';

const tree = (...rows: readonly [depth: number, name: string][]): DrawnSpan[] =>
  rows.map(([depth, name], at) => ({ depth, name, startNs: at, durationNs: 10 }));

describe('diffTraces', () => {
  it('pairs calls of one operation in turn and shows what is in one trace only', () => {
    const a = drawn(tree([0, 'get'], [1, 'sql'], [2, 'wait'], [1, 'sql'], [1, 'render']));
    const b = drawn(tree([0, 'get'], [1, 'render'], [1, 'sql'], [1, 'cache'], [2, 'miss']));
    const diff = diffTraces(a, b);
    expect(
      diff.rows.map(({ depth, name, a: inA, b: inB, descendants }) => [depth, name, inA, inB, descendants]),
    ).toEqual([
      [0, 'get', 0, 0, 6],
      [1, 'sql', 1, 2, 1],
      [2, 'wait', 2, undefined, 0],
      [1, 'sql', 3, undefined, 0],
      [1, 'render', 4, 1, 0],
      [1, 'cache', undefined, 3, 1],
      [2, 'miss', undefined, 4, 0],
    ]);
    expect([diff.both, diff.onlyA, diff.onlyB]).toEqual([3, 2, 2]);
  });

  it('finds a trace equal to itself, and nothing lost of any two', () => {
    const forests = fc.array(fc.tuple(fc.nat(4), fc.constantFrom('a', 'b', 'c')), { maxLength: 20 }).map((wishes) => {
      const spans: DrawnSpan[] = [];
      for (const [depth, name] of wishes)
        spans.push({ depth: Math.min(depth, (spans.at(-1)?.depth ?? -1) + 1), name, startNs: 0, durationNs: 1 });
      return spans;
    });
    fc.assert(
      fc.property(forests, forests, (left, right) => {
        const [a, b] = [drawn(left), drawn(right)];
        expect(diffTraces(a, a)).toMatchObject({ both: left.length, onlyA: 0, onlyB: 0 });
        const diff = diffTraces(a, b);
        const places = (side: 'a' | 'b'): number[] => diff.rows.flatMap((row) => row[side] ?? []).sort((x, y) => x - y);
        expect(places('a')).toEqual(left.map((_, at) => at));
        expect(places('b')).toEqual(right.map((_, at) => at));
        expect(diff.both + diff.onlyA + diff.onlyB).toBe(diff.rows.length);
      }),
      { numRuns: 200, interruptAfterTimeLimit: 10_000 },
    );
  });

  it('adds up operations, the greatest change first', () => {
    const a = drawn(tree([0, 'get'], [1, 'sql'], [1, 'sql']));
    const b = drawn([...tree([0, 'get']), { depth: 1, name: 'sql', startNs: 0, durationNs: 100 }]);
    expect(diffOperations(a, b)).toEqual([
      { service: 'shop', name: 'sql', callsA: 2, callsB: 1, totalNsA: 20, totalNsB: 100 },
      { service: 'shop', name: 'get', callsA: 1, callsB: 1, totalNsA: 10, totalNsB: 10 },
    ]);
  });
});
