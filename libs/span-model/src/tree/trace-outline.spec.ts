import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SpanTree, type TreeSpan } from './span-tree.js';
import { TraceOutline, type OutlineColumns } from './trace-outline.js';

interface Row {
  readonly id: number;
  readonly parent: number;
  readonly startUs: number;
}
const HIGH = 0x80000000;
const hex = (n: number): string => HIGH.toString(16) + n.toString(16).padStart(8, '0');
const rows = fc.uniqueArray(
  fc.record({
    id: fc.integer({ min: 1, max: 12 }),
    parent: fc.integer({ min: 0, max: 14 }),
    startUs: fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constant(NaN)),
  }),
  { maxLength: 12, selector: ({ id }) => id },
);

function columns(given: readonly Row[], more: Partial<OutlineColumns> = {}): OutlineColumns {
  return {
    length: given.length,
    idHigh: Int32Array.from(given, () => HIGH),
    idLow: Int32Array.from(given, ({ id }) => id),
    parentHigh: Int32Array.from(given, ({ parent }) => (parent === 0 ? 0 : HIGH)),
    parentLow: Int32Array.from(given, ({ parent }) => parent),
    startUs: Float64Array.from(given, ({ startUs }) => startUs),
    durationUs: Float64Array.from(given, () => 2),
    shared: new Uint8Array(given.length),
    failed: Uint8Array.from(given, ({ id }) => id & 1),
    ...more,
  };
}

/** The same as spans, sorted as merged spans are. */
function tree(given: readonly Row[]): SpanTree<TreeSpan> {
  const spans = given.map(({ id, parent, startUs }) => ({
    id: hex(id),
    parentId: parent === 0 ? undefined : hex(parent),
    shared: false,
    startNs: Number.isNaN(startUs) ? undefined : BigInt(startUs) * 1000n,
    localEndpoint: undefined,
  }));
  return new SpanTree(spans.sort((a, b) => (a.id < b.id ? -1 : 1)));
}

describe('TraceOutline', () => {
  it('is the tree of the spans', () => {
    const options = fc.record(
      {
        offset: fc.integer({ min: 0, max: 4 }),
        limit: fc.integer({ min: 1, max: 20 }),
        maxDepth: fc.integer({ min: 0, max: 3 }),
        under: fc.integer({ min: 1, max: 13 }).map(hex),
      },
      { requiredKeys: ['offset', 'limit'] },
    );
    fc.assert(
      fc.property(rows, options, (given, window) => {
        const outline = TraceOutline.of(columns(given));
        const whole = tree(given);
        expect([outline?.spanCount, outline?.orphans, outline?.maxDepth]).toEqual([
          given.length,
          whole.orphans,
          whole.maxDepth,
        ]);
        const expected = whole.window(window);
        const shown = outline?.window(window);
        expect(shown?.total).toBe(expected.total);
        expect(shown?.rows.map(({ index, ...row }) => ({ ...row, id: hex(given[index]?.id ?? 0) }))).toEqual(
          expected.rows.map(({ span, ...row }) => ({ ...row, id: span.id })),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('is for traces with nothing to merge only', () => {
    const one = { id: 1, parent: 0, startUs: 0 };
    expect(TraceOutline.of(columns([one, one]))).toBeUndefined();
    expect(TraceOutline.of(columns([one], { shared: Uint8Array.of(1) }))).toBeUndefined();
    expect(TraceOutline.of(columns([]))?.window({ offset: 0, limit: 1 })).toEqual({ total: 0, rows: [] });
  });

  it('knows when the trace was, and what failed', () => {
    const outline = TraceOutline.of(
      columns([
        { id: 1, parent: 0, startUs: 10 },
        { id: 2, parent: 1, startUs: 15 },
        { id: 3, parent: 1, startUs: NaN },
      ]),
    );
    expect([outline?.times, outline?.errorCount]).toEqual([{ startUs: 10, durationUs: 7 }, 2]);
    expect(TraceOutline.of(columns([{ id: 1, parent: 0, startUs: NaN }]))?.times).toBeUndefined();
  });
});
