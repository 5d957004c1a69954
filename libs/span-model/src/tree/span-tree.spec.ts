import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Endpoint } from '../endpoint.js';
import { SpanTree, type TreeSpan } from './span-tree.js';

const hex = (n: number): string => n.toString(16).padStart(16, '0');
const ALL = { offset: 0, limit: 1_000_000 };

function span(id: number, parent?: number, startNs?: number, more: Partial<TreeSpan> = {}): TreeSpan {
  return {
    id: hex(id),
    parentId: parent === undefined ? undefined : hex(parent),
    shared: false,
    startNs: startNs === undefined ? undefined : BigInt(startNs),
    localEndpoint: undefined,
    ...more,
  };
}

/** `depth:id`, `*` for orphans. */
const rows = (tree: SpanTree<TreeSpan>, options: Partial<Parameters<SpanTree<TreeSpan>['window']>[0]> = {}): string[] =>
  tree
    .window({ ...ALL, ...options })
    .rows.map(
      ({ span: one, depth, orphan }) => `${depth}:${parseInt(one.id, 16)}${one.shared ? 's' : ''}${orphan ? '*' : ''}`,
    );

describe('SpanTree', () => {
  const family = [span(4, 2, 40), span(1, undefined, 10), span(3, 1, 30), span(2, 1, 20), span(5, 2, 35), span(6, 1)];

  it('draws parents before children, children by start, unknown starts last', () => {
    const tree = new SpanTree(family);
    expect(rows(tree)).toEqual(['0:1', '1:2', '2:5', '2:4', '1:3', '1:6']);
    expect([tree.roots.length, tree.orphans, tree.maxDepth]).toEqual([1, 0, 2]);
    const { children, descendants } = tree.window(ALL).rows[0] ?? {};
    expect([children, descendants]).toEqual([3, 5]);
  });

  it('gives windows of it', () => {
    const tree = new SpanTree(family);
    expect(rows(tree, { offset: 2, limit: 2 })).toEqual(['2:5', '2:4']);
    expect(rows(tree, { offset: 99 })).toEqual([]);
    expect(tree.window({ offset: 4, limit: 1 }).total).toBe(6);
    expect(rows(tree, { maxDepth: 1, offset: 1 })).toEqual(['1:2', '1:3', '1:6']);
    expect(tree.window({ ...ALL, maxDepth: 1, limit: 1 })).toMatchObject({ total: 4 });
    expect(rows(tree, { under: hex(2) })).toEqual(['1:2', '2:5', '2:4']);
    expect(rows(tree, { under: hex(2), offset: 1, limit: 1 })).toEqual(['2:5']);
    expect(tree.window({ ...ALL, under: hex(77) })).toEqual({ total: 0, rows: [] });
  });

  it('roots and orphans stand beside each other', () => {
    const tree = new SpanTree([span(2, 99, 5), span(1, undefined, 7), span(3, 2, 6)]);
    expect(rows(tree)).toEqual(['0:2*', '1:3', '0:1']);
    expect([tree.roots.length, tree.orphans]).toEqual([2, 1]);
  });

  it('puts the callee under its caller, and its children under the half of their service', () => {
    const [web, api] = ['web', 'api'].map((name) => new Endpoint(name, undefined, undefined, 0));
    const tree = new SpanTree([
      span(1, undefined, 1, { localEndpoint: web }),
      span(1, undefined, 2, { localEndpoint: api, shared: true }),
      span(2, 1, 3, { localEndpoint: api }),
      span(3, 1, 4, { localEndpoint: web }),
    ]);
    expect(rows(tree)).toEqual(['0:1', '1:1s', '2:2', '1:3']);
    expect(rows(tree, { under: hex(1) })).toHaveLength(4);
  });

  it('a callee without its caller hangs where the caller would', () => {
    expect(rows(new SpanTree([span(1, undefined, 1), span(2, 1, 2, { shared: true })]))).toEqual(['0:1', '1:2s']);
  });

  it('opens loops at their earliest span', () => {
    const tree = new SpanTree([span(1, 3, 10), span(2, 1, 5), span(3, 2, 20), span(4, 4, 1), span(5, 1, 30)]);
    expect(rows(tree)).toEqual(['0:4*', '0:2*', '1:3', '2:1', '3:5']);
    expect(tree.window(ALL).rows.map((row) => row.descendants)).toEqual([0, 3, 2, 1, 0]);
  });

  it('an empty trace is an empty tree', () => {
    expect(new SpanTree([]).window(ALL)).toEqual({ total: 0, rows: [] });
  });

  // Work that grew with the square of the spans would end at the time limit of the test.
  it('takes a chain and a bush of 100 000 spans', () => {
    const count = 100_000;
    for (const parentOf of [(i: number) => i - 1, () => 0]) {
      const spans = Array.from({ length: count }, (_, i) =>
        span(i + 1, i === 0 ? undefined : parentOf(i) + 1, count - i),
      );
      const tree = new SpanTree(spans);
      const last = tree.window({ offset: count - 2, limit: 10 });
      expect([last.total, last.rows.length]).toEqual([count, 2]);
      expect(tree.window({ offset: 0, limit: 1 }).rows[0]?.descendants).toBe(count - 1);
    }
  });

  it('agrees with plain recursion', () => {
    const shapes = fc.array(fc.tuple(fc.nat(20), fc.option(fc.nat(5))), { maxLength: 20 });
    fc.assert(
      fc.property(shapes, fc.nat(4), (shape, maxDepth) => {
        const spans = shape.map(([parent, start], i) =>
          span(i + 1, parent === 0 || parent === i + 1 ? undefined : parent, start ?? undefined),
        );
        const tree = new SpanTree(spans);
        expect(new Set(tree.window(ALL).rows.map((row) => row.span))).toEqual(new Set(spans));
        const reachable = plainRows(spans);
        const drawn = tree.window(ALL).rows;
        expect(drawn.slice(0, reachable.length).map((row) => [row.depth, row.span.id])).toEqual(reachable);
        expect(tree.window({ ...ALL, maxDepth }).rows).toEqual(drawn.filter((row) => row.depth <= maxDepth));
        for (const [index, row] of drawn.entries()) {
          const below = drawn.slice(index + 1).findIndex((next) => next.depth <= row.depth);
          expect(row.descendants).toBe(below < 0 ? drawn.length - index - 1 : below);
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** Depth and id of what can be reached from roots and orphans, by recursion. */
function plainRows(spans: readonly TreeSpan[]): [number, string][] {
  const byStart = [...spans].sort((a, b) => {
    if (a.startNs === b.startNs) return spans.indexOf(a) - spans.indexOf(b);
    return (a.startNs ?? 99n) < (b.startNs ?? 99n) ? -1 : 1;
  });
  const found: [number, string][] = [];
  const visit = (one: TreeSpan, depth: number): void => {
    found.push([depth, one.id]);
    for (const child of byStart) if (child.parentId === one.id) visit(child, depth + 1);
  };
  for (const one of byStart) if (!spans.some((other) => other.id === one.parentId)) visit(one, 0);
  return found;
}
