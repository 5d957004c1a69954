import type { TraceColumns } from './trace-columns.js';

/** A span of one trace, the other, or both. Places are those in `TraceColumns`. */
export interface DiffRow {
  readonly depth: number;
  readonly service: string;
  readonly name: string;
  readonly a?: number;
  readonly b?: number;
  /** Rows below this one in the list of differences. */
  readonly descendants: number;
}

export interface TraceDiff {
  /** In drawing order. */
  readonly rows: readonly DiffRow[];
  readonly both: number;
  readonly onlyA: number;
  readonly onlyB: number;
}

/** Totals of one operation in both traces. */
export interface OperationDiff {
  readonly service: string;
  readonly name: string;
  readonly callsA: number;
  readonly callsB: number;
  readonly totalNsA: number;
  readonly totalNsB: number;
}

interface Pair {
  readonly depth: number;
  readonly a: number | undefined;
  readonly b: number | undefined;
}

type Growing = { -readonly [Key in keyof DiffRow]: DiffRow[Key] };

/**
 * Lays two traces over each other by shape: below spans that are a pair, the first call of an operation (service and name)
 * is a pair with the first call of the same operation in the other trace, the second with the second, and so on. What is
 * left over is in one trace only, with all below. Order of time does not matter, so that calls which ran side by side do not
 * look swapped. O(n), no recursion.
 */
export function diffTraces(a: TraceColumns, b: TraceColumns): TraceDiff {
  const rows: Growing[] = [];
  const counts = { both: 0, onlyA: 0, onlyB: 0 };
  const open: Growing[] = [];
  const stack: Pair[] = pairsBelow(a, b, { depth: -1, a: -1, b: -1 }).reverse();
  for (let pair = stack.pop(); pair !== undefined; pair = stack.pop()) {
    const source = pair.a === undefined ? b : a;
    const place = pair.a ?? pair.b ?? 0;
    const row: Growing = {
      depth: pair.depth,
      service: source.serviceOf(place),
      name: source.nameOf(place),
      descendants: 0,
      ...(pair.a !== undefined && { a: pair.a }),
      ...(pair.b !== undefined && { b: pair.b }),
    };
    counts[pair.a === undefined ? 'onlyB' : pair.b === undefined ? 'onlyA' : 'both']++;
    closeTo(open, pair.depth);
    open.push(row);
    rows.push(row);
    for (const below of pairsBelow(a, b, pair).reverse()) stack.push(below);
  }
  closeTo(open, 0);
  return { rows, ...counts };
}

/** Ends rows that are at least so deep; each gives its number of rows to the one above. */
function closeTo(open: Growing[], depth: number): void {
  while (open.length > depth) {
    const done = open.pop();
    const above = open.at(-1);
    if (done !== undefined && above !== undefined) above.descendants += done.descendants + 1;
  }
}

function pairsBelow(a: TraceColumns, b: TraceColumns, parent: Pair): Pair[] {
  const depth = parent.depth + 1;
  const inA = parent.a === undefined ? [] : [...a.childrenOf(parent.a)];
  const waiting = new Map<string, number[]>();
  const inB = parent.b === undefined ? [] : [...b.childrenOf(parent.b)];
  for (const place of inB) {
    const key = keyOf(b, place);
    const queue = waiting.get(key);
    if (queue === undefined) waiting.set(key, [place]);
    else queue.push(place);
  }
  const taken = new Map<string, number>();
  const pairs: Pair[] = inA.map((place) => {
    const key = keyOf(a, place);
    const turn = taken.get(key) ?? 0;
    taken.set(key, turn + 1);
    return { depth, a: place, b: waiting.get(key)?.[turn] };
  });
  for (const [key, places] of waiting)
    for (const place of places.slice(taken.get(key) ?? 0)) pairs.push({ depth, a: undefined, b: place });
  return pairs;
}

function keyOf(trace: TraceColumns, place: number): string {
  return `${trace.serviceOf(place)}\0${trace.nameOf(place)}`;
}

/** Calls and time of each operation, the greatest change of total time first. */
export function diffOperations(a: TraceColumns, b: TraceColumns): OperationDiff[] {
  const totals = new Map<string, { -readonly [Key in keyof OperationDiff]: OperationDiff[Key] }>();
  for (const [trace, calls, time] of [
    [a, 'callsA', 'totalNsA'],
    [b, 'callsB', 'totalNsB'],
  ] as const) {
    for (let place = 0; place < trace.total; place++) {
      if (!trace.isLoaded(place)) continue;
      const key = keyOf(trace, place);
      const [service, name] = [trace.serviceOf(place), trace.nameOf(place)];
      const total = totals.get(key) ?? { service, name, callsA: 0, callsB: 0, totalNsA: 0, totalNsB: 0 };
      total[calls]++;
      total[time] += trace.durationNs[place] ?? 0;
      totals.set(key, total);
    }
  }
  const change = ({ totalNsA, totalNsB }: OperationDiff): number => Math.abs(totalNsB - totalNsA);
  return [...totals.values()].sort((x, y) => change(y) - change(x));
}
