import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { drawn, type DrawnSpan } from './testing/drawn-trace.js';
import { minimapOf } from './trace-minimap.js';

describe('minimapOf', () => {
  it('counts in each cell the spans that touch it, as looking at each span would', () => {
    const spans = fc.array(fc.record({ startNs: fc.nat(99), durationNs: fc.nat(120), failed: fc.boolean() }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(spans, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 5 }), (list, columns, bands) => {
        const rows = list.map((span): DrawnSpan => ({ ...span, depth: 0, name: 'x' }));
        const map = minimapOf(drawn(rows), 100, columns, bands);
        const column = (ns: number): number => Math.min(columns - 1, Math.floor((ns / 100) * columns));
        for (let cell = 0; cell < columns * bands; cell++) {
          const inside = list.filter(
            ({ startNs, durationNs }, place) =>
              Math.floor((place / list.length) * bands) === Math.floor(cell / columns) &&
              column(startNs) <= cell % columns &&
              cell % columns <= column(startNs + durationNs),
          );
          expect(map.spans[cell]).toBe(inside.length);
          expect(map.failed[cell]).toBe(inside.filter(({ failed }) => failed).length);
        }
        expect(map.mostSpans).toBe(Math.max(...map.spans));
      }),
      { numRuns: 150, interruptAfterTimeLimit: 10_000 },
    );
  });

  it('puts a trace without length into the first column', () => {
    const map = minimapOf(drawn([{ depth: 0, name: 'x', startNs: 0, durationNs: 0 }]), 0, 3, 1);
    expect([...map.spans]).toEqual([1, 0, 0]);
  });
});
