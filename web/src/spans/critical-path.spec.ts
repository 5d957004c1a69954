import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { criticalPath, criticalTotals } from './critical-path.js';
import { drawn, type DrawnSpan } from './testing/drawn-trace.js';

const sections = (spans: readonly DrawnSpan[]): [string, number, number][] =>
  criticalPath(drawn(spans)).map(({ place, fromNs, toNs }) => [spans[place]?.name ?? '', fromNs, toNs]);

describe('criticalPath', () => {
  it('goes back from the end, into the child that ended last', () => {
    expect(
      sections([
        { depth: 0, name: 'root', startNs: 0, durationNs: 100 },
        { depth: 1, name: 'first', startNs: 10, durationNs: 30 },
        { depth: 1, name: 'hidden by last', startNs: 45, durationNs: 20 },
        { depth: 1, name: 'last', startNs: 42, durationNs: 48 },
        { depth: 2, name: 'inner', startNs: 50, durationNs: 10 },
      ]),
    ).toEqual([
      ['root', 0, 10],
      ['first', 10, 40],
      ['root', 40, 42],
      ['last', 42, 50],
      ['inner', 50, 60],
      ['last', 60, 90],
      ['root', 90, 100],
    ]);
  });

  it('cuts a child that outlives its parent, and one that began before it', () => {
    expect(
      sections([
        { depth: 0, name: 'root', startNs: 10, durationNs: 10 },
        { depth: 1, name: 'child', startNs: 5, durationNs: 100 },
      ]),
    ).toEqual([['child', 10, 20]]);
  });

  it('leaves gaps between roots to nobody, and spans without a start out', () => {
    expect(
      sections([
        { depth: 0, name: 'a', startNs: 0, durationNs: 10 },
        { depth: 0, name: 'b', startNs: 30, durationNs: 5 },
        { depth: 0, name: 'when?', durationNs: 5 },
      ]),
    ).toEqual([
      ['a', 0, 10],
      ['b', 30, 35],
    ]);
  });

  it('covers a single root without gap or overlap, within the spans it names', () => {
    const span = fc.record({ depth: fc.integer({ min: 1, max: 6 }), startNs: fc.nat(60), durationNs: fc.nat(40) });
    fc.assert(
      fc.property(fc.array(span, { maxLength: 25 }), (wishes) => {
        const spans: DrawnSpan[] = [{ depth: 0, name: 'root', startNs: 0, durationNs: 80 }];
        for (const wish of wishes)
          spans.push({ ...wish, name: 'x', depth: Math.min(wish.depth, (spans.at(-1)?.depth ?? 0) + 1) });
        const path = criticalPath(drawn(spans));
        expect(path[0]?.fromNs).toBe(0);
        expect(path.at(-1)?.toNs).toBe(80);
        for (const [at, { place, fromNs, toNs }] of path.entries()) {
          const { startNs = 0, durationNs = 0 } = spans[place] ?? {};
          expect([fromNs < toNs, startNs <= fromNs, toNs <= startNs + durationNs]).toEqual([true, true, true]);
          if (at > 0) expect(fromNs).toBe(path[at - 1]?.toNs);
        }
      }),
      { numRuns: 200, interruptAfterTimeLimit: 10_000 },
    );
  });

  it('takes a chain of 100 000 spans', () => {
    const chain = Array.from({ length: 100_000 }, (_, depth) => ({
      depth,
      name: 'link',
      startNs: depth,
      durationNs: 300_000 - 2 * depth,
    }));
    const trace = drawn(chain);
    const path = criticalPath(trace);
    expect(path).toHaveLength(199_999);
    expect(criticalTotals(trace, path)).toEqual([
      { service: 'shop', name: 'link', totalNs: 300_000, sections: 199_999 },
    ]);
  });
});
