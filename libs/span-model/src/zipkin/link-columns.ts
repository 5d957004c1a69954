import type { SpanKind } from '../span.js';

const FIRST_CAPACITY = 1 << 12;
/** The number of an unknown name, service or address. */
export const UNKNOWN_TEXT = -1;

/** Texts by number, each once. */
export class TextNumbers {
  readonly texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  numberOf(text: string): number {
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.texts.push(text) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }

  textOf(number: number): string | undefined {
    return this.texts[number];
  }
}

/**
 * What links depend on, of many spans, a column each: a million spans are 43 MB instead of a million objects. The 64 bits
 * of an id are two columns of 32; a missing parent is 0, which is no id.
 */
export class LinkColumns {
  length = 0;
  traceHigh = new Int32Array(FIRST_CAPACITY);
  traceLow = new Int32Array(FIRST_CAPACITY);
  idHigh = new Int32Array(FIRST_CAPACITY);
  idLow = new Int32Array(FIRST_CAPACITY);
  parentHigh = new Int32Array(FIRST_CAPACITY);
  parentLow = new Int32Array(FIRST_CAPACITY);
  /** Epoch microseconds; NaN when unknown. */
  startUs = new Float64Array(FIRST_CAPACITY);
  kind = new Uint8Array(FIRST_CAPACITY);
  shared = new Uint8Array(FIRST_CAPACITY);
  failed = new Uint8Array(FIRST_CAPACITY);
  /** Numbers of lower-case names, -1 for unknown ones. */
  service = new Int32Array(FIRST_CAPACITY);
  remote = new Int32Array(FIRST_CAPACITY);
  /** Number of whatever tells endpoints of one service apart, -1 for none. */
  address = new Int32Array(FIRST_CAPACITY);

  /** The index of a new row, for the caller to fill in all columns. */
  add(): number {
    if (this.length === this.kind.length) this.#grow();
    return this.length++;
  }

  kindAt(row: number): SpanKind {
    return (this.kind[row] ?? 0) as SpanKind;
  }

  #grow(): void {
    const capacity = this.kind.length * 2;
    this.traceHigh = grown(this.traceHigh, new Int32Array(capacity));
    this.traceLow = grown(this.traceLow, new Int32Array(capacity));
    this.idHigh = grown(this.idHigh, new Int32Array(capacity));
    this.idLow = grown(this.idLow, new Int32Array(capacity));
    this.parentHigh = grown(this.parentHigh, new Int32Array(capacity));
    this.parentLow = grown(this.parentLow, new Int32Array(capacity));
    this.startUs = grown(this.startUs, new Float64Array(capacity));
    this.kind = grown(this.kind, new Uint8Array(capacity));
    this.shared = grown(this.shared, new Uint8Array(capacity));
    this.failed = grown(this.failed, new Uint8Array(capacity));
    this.service = grown(this.service, new Int32Array(capacity));
    this.remote = grown(this.remote, new Int32Array(capacity));
    this.address = grown(this.address, new Int32Array(capacity));
  }
}

/** Rows in the order of their traces; trace `t` has `rows[starts[t]]` to `rows[starts[t + 1]]`. */
export interface RowsByTrace {
  readonly rows: Int32Array;
  readonly starts: Int32Array;
  readonly traces: number;
}

/** Groups rows by the lower 64 bits of their trace id, those of a trace in the order in which they came. */
export function rowsByTrace(columns: LinkColumns): RowsByTrace {
  const { length } = columns;
  const mask = tableSize(length) - 1;
  // Of each slot the first row of a trace, plus one; of each row the number of its trace.
  const slots = new Int32Array(mask + 1);
  const traceOf = new Int32Array(length);
  let traces = 0;
  for (let row = 0; row < length; row++) {
    const slot = slotOf(columns, row, slots, mask);
    const first = slots[slot] ?? 0;
    if (first === 0) slots[slot] = row + 1;
    traceOf[row] = first === 0 ? traces++ : (traceOf[first - 1] ?? 0);
  }
  return sortedByTrace(traceOf, traces);
}

/** The slot of the trace of a row, or the empty one where it would be. */
function slotOf({ traceHigh, traceLow }: LinkColumns, row: number, slots: Int32Array, mask: number): number {
  const [high = 0, low = 0] = [traceHigh[row], traceLow[row]];
  let slot = hashOf(high, low) & mask;
  for (let first = slots[slot] ?? 0; first !== 0; first = slots[slot] ?? 0) {
    if (traceLow[first - 1] === low && traceHigh[first - 1] === high) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

/** Counting sort. */
function sortedByTrace(traceOf: Int32Array, traces: number): RowsByTrace {
  const starts = new Int32Array(traces + 1);
  for (const trace of traceOf) starts[trace + 1] = (starts[trace + 1] ?? 0) + 1;
  for (let trace = 0; trace < traces; trace++) starts[trace + 1] = (starts[trace + 1] ?? 0) + (starts[trace] ?? 0);
  const next = starts.slice();
  const rows = new Int32Array(traceOf.length);
  for (let row = 0; row < traceOf.length; row++) {
    const trace = traceOf[row] ?? 0;
    const at = next[trace] ?? 0;
    rows[at] = row;
    next[trace] = at + 1;
  }
  return { rows, starts, traces };
}

/** A power of two, at least one and a half times as many. */
export function tableSize(entries: number): number {
  let size = 16;
  while (size < entries * 1.5) size *= 2;
  return size;
}

export function hashOf(high: number, low: number): number {
  let hash = Math.imul(high, 0x9e3779b1) ^ Math.imul(low, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}

function grown<T extends Int32Array | Float64Array | Uint8Array>(old: T, larger: T): T {
  larger.set(old);
  return larger;
}
