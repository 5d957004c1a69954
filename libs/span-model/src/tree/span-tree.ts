import type { Endpoint } from '../endpoint.js';

/** What a span must say to find its place. */
export interface TreeSpan {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly shared: boolean;
  readonly startNs: bigint | undefined;
  readonly localEndpoint: Endpoint | undefined;
}

/** A line of the drawn tree. */
export interface TreeRow<T> {
  readonly span: T;
  /** 0 for roots. */
  readonly depth: number;
  readonly children: number;
  /** All below, children included. */
  readonly descendants: number;
  /** A root only because its parent is missing, or because its ancestors form a loop. */
  readonly orphan: boolean;
}

export interface TreeWindow<T> {
  /** Rows that the whole window selection has, of which `rows` are a part. */
  readonly total: number;
  readonly rows: TreeRow<T>[];
}

const NONE = -1;

/**
 * The spans of a trace as a forest in drawing order: parents before children, children by start (unknown starts last).
 * Built once in O(n log n) over flat arrays without recursion, so a chain of 100 000 spans is as good as a bush; a window
 * of it costs what it shows. Asks for merged spans (`mergeTrace`) of one trace.
 */
export class SpanTree<T extends TreeSpan> {
  readonly spans: readonly T[];
  readonly roots: readonly number[];
  /** Spans whose parent is missing. */
  readonly orphans: number;
  readonly maxDepth: number;
  readonly #order: Int32Array;
  readonly #place: Int32Array;
  readonly #depth: Int32Array;
  readonly #children: Int32Array;
  readonly #descendants: Int32Array;
  readonly #orphan: Uint8Array;

  constructor(spans: readonly T[]) {
    this.spans = spans;
    const count = spans.length;
    this.#order = new Int32Array(count);
    this.#place = new Int32Array(count).fill(NONE);
    this.#depth = new Int32Array(count);
    this.#children = new Int32Array(count);
    this.#descendants = new Int32Array(count);
    this.#orphan = new Uint8Array(count);
    const byStart = orderByStart(spans);
    const parents = this.#findParents();
    const family = linkChildren(parents, byStart);
    this.roots = this.#layOut(byStart, parents, family);
    this.orphans = this.#orphan.reduce((sum, flag) => sum + flag, 0);
    this.maxDepth = this.#depth.reduce((deepest, depth) => Math.max(deepest, depth), 0);
  }

  /**
   * Rows `offset` to `offset + limit` in drawing order. `maxDepth` leaves out what is deeper; `under` shows the subtree of
   * a span (that span first, with its own depth), nothing when there is no such span.
   */
  window(options: { offset: number; limit: number; maxDepth?: number; under?: string }): TreeWindow<T> {
    const { offset, limit, maxDepth = Infinity, under } = options;
    const [from, to] = under === undefined ? [0, this.spans.length] : this.#rangeOf(under);
    if (maxDepth === Infinity) {
      const start = Math.min(from + offset, to);
      return { total: to - from, rows: this.#rows(start, Math.min(start + limit, to)) };
    }
    const rows: TreeRow<T>[] = [];
    let total = 0;
    for (let place = from; place < to; place++) {
      if ((this.#depth[this.#order[place] ?? 0] ?? 0) > maxDepth) continue;
      if (total >= offset && rows.length < limit) rows.push(...this.#rows(place, place + 1));
      total++;
    }
    return { total, rows };
  }

  #rows(from: number, to: number): TreeRow<T>[] {
    const rows: TreeRow<T>[] = [];
    for (const index of this.#order.subarray(from, to)) {
      const span = this.spans[index];
      if (span === undefined) continue;
      rows.push({
        span,
        depth: this.#depth[index] ?? 0,
        children: this.#children[index] ?? 0,
        descendants: this.#descendants[index] ?? 0,
        orphan: this.#orphan[index] === 1,
      });
    }
    return rows;
  }

  /** Of two halves of a shared span the caller's comes first, which has the other below it. */
  #rangeOf(id: string): [from: number, to: number] {
    const places = this.spans.flatMap((span, index) => (span.id === id ? [this.#place[index] ?? 0] : []));
    if (places.length === 0) return [0, 0];
    const from = Math.min(...places);
    return [from, from + 1 + (this.#descendants[this.#order[from] ?? 0] ?? 0)];
  }

  /** The parent of each span; NONE for roots and orphans. */
  #findParents(): Int32Array {
    const callers = new Map<string, number>();
    const shared = new Map<string, number[]>();
    for (const [index, span] of this.spans.entries()) {
      if (!span.shared) callers.set(span.id, callers.get(span.id) ?? index);
      else shared.set(span.id, [...(shared.get(span.id) ?? []), index]);
    }
    return Int32Array.from(this.spans, (span, index) => {
      const caller = span.shared ? callers.get(span.id) : undefined;
      if (caller !== undefined) return caller;
      if (span.parentId === undefined) return NONE;
      const parent = this.#parentFor(span, shared.get(span.parentId) ?? []) ?? callers.get(span.parentId);
      if (parent === undefined || parent === index) this.#orphan[index] = 1;
      return parent === undefined || parent === index ? NONE : parent;
    });
  }

  /** The callee's half of a shared id, if it is of the same service as the child. */
  #parentFor(span: T, halves: readonly number[]): number | undefined {
    const service = span.localEndpoint?.lowerServiceName;
    return halves.find((half) => this.spans[half]?.localEndpoint?.lowerServiceName === service);
  }

  /** Walks the forest depth first; what it did not reach lies in loops, which are opened at their earliest span. */
  #layOut(byStart: Int32Array, parents: Int32Array, family: Family): number[] {
    const roots: number[] = [];
    let next = 0;
    for (const root of byStart) {
      if (parents[root] !== NONE) continue;
      roots.push(root);
      next = this.#walk(root, next, family);
    }
    for (const index of byStart) {
      if (this.#place[index] !== NONE) continue;
      this.#orphan[index] = 1;
      roots.push(index);
      next = this.#walk(index, next, family);
    }
    for (let place = next - 1; place >= 0; place--) this.#countUp(this.#order[place] ?? 0, parents);
    return roots;
  }

  #walk(root: number, start: number, family: Family): number {
    let next = start;
    const stack = [root];
    this.#depth[root] = 0;
    for (let index = stack.pop(); index !== undefined; index = stack.pop()) {
      this.#place[index] = next;
      this.#order[next++] = index;
      for (let child = family.last[index] ?? NONE; child !== NONE; child = family.previous[child] ?? NONE) {
        if (this.#place[child] !== NONE) continue;
        this.#depth[child] = (this.#depth[index] ?? 0) + 1;
        stack.push(child);
      }
    }
    return next;
  }

  #countUp(index: number, parents: Int32Array): void {
    const parent = parents[index] ?? NONE;
    // A root of an opened loop has a parent below itself, to which it does not count.
    if (parent === NONE || this.#depth[index] === 0) return;
    this.#children[parent] = (this.#children[parent] ?? 0) + 1;
    this.#descendants[parent] = (this.#descendants[parent] ?? 0) + (this.#descendants[index] ?? 0) + 1;
  }
}

/** Children of each span as a list from the last to the first: pushed in that order, they are popped in the right one. */
interface Family {
  readonly last: Int32Array;
  readonly previous: Int32Array;
}

function linkChildren(parents: Int32Array, byStart: Int32Array): Family {
  const last = new Int32Array(parents.length).fill(NONE);
  const previous = new Int32Array(parents.length).fill(NONE);
  for (const index of byStart) {
    const parent = parents[index] ?? NONE;
    if (parent === NONE) continue;
    previous[index] = last[parent] ?? NONE;
    last[parent] = index;
  }
  return { last, previous };
}

/** Indices by start, then by place. Nanoseconds since the earliest start are exact in a double for 104 days. */
function orderByStart(spans: readonly TreeSpan[]): Int32Array {
  let earliest: bigint | undefined;
  for (const { startNs } of spans) {
    if (startNs !== undefined && (earliest === undefined || startNs < earliest)) earliest = startNs;
  }
  const since = Float64Array.from(spans, ({ startNs }) =>
    startNs === undefined ? Infinity : Number(startNs - (earliest ?? 0n)),
  );
  return Int32Array.from(spans.keys()).sort((a, b) => {
    const first = since[a] ?? 0;
    const second = since[b] ?? 0;
    return first === second ? a - b : first < second ? -1 : 1;
  });
}
