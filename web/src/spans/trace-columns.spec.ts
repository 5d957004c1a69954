import { describe, expect, it } from '@jest/globals';
import { drawn, rowsOf } from './testing/drawn-trace.js';
import { TraceColumns, UNNAMED_SERVICE } from './trace-columns.js';

const ROWS = rowsOf([
  { depth: 0, name: 'get', startNs: 0, durationNs: 50 },
  { depth: 1, name: 'sql', startNs: 5, durationNs: 10, failed: true },
  { depth: 2, name: 'wait', startNs: 6, durationNs: 2 },
  { depth: 1, name: 'sql', service: 'db', startNs: 20 },
]);

describe('TraceColumns', () => {
  it('takes pages in any order, twice as well, and says what is there', () => {
    const trace = new TraceColumns(4, 1_795_000_000_000_000_000n);
    trace.put(2, ROWS.slice(2));
    trace.put(2, ROWS.slice(2));
    expect([trace.loadedRows, trace.isComplete, trace.isLoaded(0), trace.isLoaded(3)]).toEqual([2, false, false, true]);
    trace.put(0, ROWS);
    expect([trace.loadedRows, trace.isComplete]).toEqual([4, true]);
    expect([trace.startNs[3], trace.endNs(1), trace.serviceOf(3), trace.nameOf(1)]).toEqual([20, 15, 'db', 'sql']);
  });

  it('leaves out rows behind the end, as of a trace that grew', () => {
    const trace = new TraceColumns(2, 0n);
    trace.put(1, ROWS);
    expect(trace.loadedRows).toBe(1);
  });

  it('walks the children of a row, and the roots', () => {
    const trace = drawn([
      { depth: 0, name: 'a' },
      { depth: 1, name: 'b' },
      { depth: 2, name: 'c' },
      { depth: 1, name: 'd' },
      { depth: 0, name: 'e' },
    ]);
    expect([[...trace.childrenOf(-1)], [...trace.childrenOf(0)], [...trace.childrenOf(4)]]).toEqual([
      [0, 4],
      [1, 3],
      [],
    ]);
  });

  it('finds the next of something around the end, both ways, and nothing where nothing is', () => {
    const trace = drawn([
      { depth: 0, name: 'a' },
      { depth: 0, name: 'b', failed: true },
      { depth: 0, name: 'c' },
    ]);
    const failed = (place: number): boolean => trace.failed[place] === 1;
    expect([trace.find(1, 1, failed), trace.find(2, 1, failed), trace.find(0, -1, failed)]).toEqual([1, 1, 1]);
    expect(trace.find(0, 1, () => false)).toBe(-1);
    expect(trace.placeOfId('0000000000000002')).toBe(2);
  });

  it('names a missing service and keeps a missing start unknown', () => {
    const trace = new TraceColumns(1, 0n);
    trace.put(0, [{ depth: 0, children: 0, descendants: 0, id: '1', name: 'x', attributes: {} }]);
    expect([trace.serviceOf(0), trace.endNs(0)]).toEqual([UNNAMED_SERVICE, NaN]);
  });
});
