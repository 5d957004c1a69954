import { hashOf, tableSize } from '../zipkin/link-columns.js';
import { Forest, NONE, type ForestWindow } from './forest.js';

/** What the outline of a trace is drawn from, a column each. The 64 bits of an id are two columns of 32; no parent is 0. */
export interface OutlineColumns {
  readonly length: number;
  readonly idHigh: Int32Array;
  readonly idLow: Int32Array;
  readonly parentHigh: Int32Array;
  readonly parentLow: Int32Array;
  /** Epoch microseconds; NaN when unknown. */
  readonly startUs: Float64Array;
  /** NaN when unknown. */
  readonly durationUs: Float64Array;
  readonly shared: Uint8Array;
  readonly failed: Uint8Array;
}

/**
 * The drawn tree of a large trace without its spans: numbers in columns, of which a window shows some, so that only those
 * need be read. For traces in which no id comes twice and nothing is shared, that is, nothing to merge; there it is what
 * `SpanTree` is, but that siblings of one microsecond stand in the order of their ids.
 */
export class TraceOutline {
  readonly #forest: Forest;
  readonly #columns: OutlineColumns;
  readonly #slots: Int32Array;

  private constructor(columns: OutlineColumns, slots: Int32Array) {
    this.#columns = columns;
    this.#slots = slots;
    const orphan = new Uint8Array(columns.length);
    this.#forest = new Forest(this.#parents(orphan), orphan, orderByStart(columns));
  }

  /** Undefined when the trace has something to merge. */
  static of(columns: OutlineColumns): TraceOutline | undefined {
    const slots = new Int32Array(tableSize(columns.length));
    for (let row = 0; row < columns.length; row++) {
      const slot = slotOf(columns, slots, columns.idHigh[row] ?? 0, columns.idLow[row] ?? 0);
      if (slots[slot] !== 0 || columns.shared[row] === 1) return undefined;
      slots[slot] = row + 1;
    }
    return new TraceOutline(columns, slots);
  }

  get spanCount(): number {
    return this.#columns.length;
  }

  get errorCount(): number {
    return this.#columns.failed.subarray(0, this.#columns.length).reduce((sum, failed) => sum + failed, 0);
  }

  get orphans(): number {
    return this.#forest.orphans;
  }

  get maxDepth(): number {
    return this.#forest.maxDepth;
  }

  /** Of the spans whose start is known; undefined when none is. */
  get times(): { readonly startUs: number; readonly durationUs: number } | undefined {
    const { startUs, durationUs, length } = this.#columns;
    let [first, last] = [Infinity, -Infinity];
    for (let row = 0; row < length; row++) {
      const start = startUs[row] ?? NaN;
      if (Number.isNaN(start)) continue;
      const duration = durationUs[row] ?? NaN;
      first = Math.min(first, start);
      last = Math.max(last, Number.isNaN(duration) ? start : start + duration);
    }
    return first === Infinity ? undefined : { startUs: first, durationUs: last - first };
  }

  /** As `SpanTree.window`, with the numbers of rows. */
  window(options: { offset: number; limit: number; maxDepth?: number; under?: string }): ForestWindow {
    const { under, ...more } = options;
    if (under === undefined) return this.#forest.window(more);
    const [high, low] = [under.slice(0, 8), under.slice(8)].map((digits) => parseInt(digits, 16) | 0);
    const row = (this.#slots[slotOf(this.#columns, this.#slots, high ?? 0, low ?? 0)] ?? 0) - 1;
    return row === NONE
      ? { total: 0, rows: [] }
      : this.#forest.window(more, this.#forest.rangeAt(this.#forest.placeOf(row)));
  }

  #parents(orphan: Uint8Array): Int32Array {
    const { length, parentHigh, parentLow } = this.#columns;
    const parents = new Int32Array(length).fill(NONE);
    for (let row = 0; row < length; row++) {
      const [high = 0, low = 0] = [parentHigh[row], parentLow[row]];
      if (high === 0 && low === 0) continue;
      const parent = (this.#slots[slotOf(this.#columns, this.#slots, high, low)] ?? 0) - 1;
      if (parent === NONE || parent === row) orphan[row] = 1;
      else parents[row] = parent;
    }
    return parents;
  }
}

/** The slot of an id, or the empty one where it would be. */
function slotOf({ idHigh, idLow }: OutlineColumns, slots: Int32Array, high: number, low: number): number {
  const mask = slots.length - 1;
  let slot = hashOf(high, low) & mask;
  for (let row = slots[slot] ?? 0; row !== 0; row = slots[slot] ?? 0) {
    if (idLow[row - 1] === low && idHigh[row - 1] === high) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

/** Rows by start (unknown ones last), then by id. */
function orderByStart({ length, startUs, idHigh, idLow }: OutlineColumns): Int32Array {
  const keys = Float64Array.from(startUs.subarray(0, length), (us) => (Number.isNaN(us) ? Infinity : us));
  return Int32Array.from(keys.keys()).sort((a, b) => {
    const [first = 0, second = 0] = [keys[a], keys[b]];
    if (first !== second) return first < second ? -1 : 1;
    const high = ((idHigh[a] ?? 0) >>> 0) - ((idHigh[b] ?? 0) >>> 0);
    return high === 0 ? ((idLow[a] ?? 0) >>> 0) - ((idLow[b] ?? 0) >>> 0) : high;
  });
}
