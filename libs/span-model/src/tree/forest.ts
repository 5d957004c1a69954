/** No parent, no place. */
export const NONE = -1;

/** What a window of the drawn tree shows, by the number of the span. */
export interface ForestRow {
  readonly index: number;
  /** 0 for roots. */
  readonly depth: number;
  readonly children: number;
  /** All below, children included. */
  readonly descendants: number;
  readonly orphan: boolean;
}

export interface ForestWindow {
  readonly total: number;
  readonly rows: ForestRow[];
}

export interface ForestWindowOptions {
  readonly offset: number;
  readonly limit: number;
  /** Leaves out what is deeper. */
  readonly maxDepth?: number;
}

/**
 * Numbered spans as a forest in drawing order: parents before children, siblings in a given order. Built without recursion
 * over flat arrays, so a chain of 100 000 spans is as good as a bush; a window of it costs what it shows.
 */
export class Forest {
  readonly roots: readonly number[];
  /** Spans that are roots only because their parent is missing, or in a loop. */
  readonly orphans: number;
  readonly maxDepth: number;
  readonly size: number;
  readonly #order: Int32Array;
  readonly #place: Int32Array;
  readonly #depth: Int32Array;
  readonly #children: Int32Array;
  readonly #descendants: Int32Array;
  readonly #orphan: Uint8Array;

  /**
   * `parents` has the parent of each span, NONE for roots; `orphan` is 1 for those whose parent is missing (and is kept);
   * `byStart` has all spans in the order of siblings.
   */
  constructor(parents: Int32Array, orphan: Uint8Array, byStart: Int32Array) {
    this.size = parents.length;
    this.#order = new Int32Array(this.size);
    this.#place = new Int32Array(this.size).fill(NONE);
    this.#depth = new Int32Array(this.size);
    this.#children = new Int32Array(this.size);
    this.#descendants = new Int32Array(this.size);
    this.#orphan = orphan;
    this.roots = this.#layOut(byStart, parents, linkChildren(parents, byStart));
    this.orphans = this.#orphan.reduce((sum, flag) => sum + flag, 0);
    this.maxDepth = this.#depth.reduce((deepest, depth) => Math.max(deepest, depth), 0);
  }

  placeOf(index: number): number {
    return this.#place[index] ?? 0;
  }

  /** Places of the span at a place and of all below it. */
  rangeAt(place: number): readonly [from: number, to: number] {
    return [place, place + 1 + (this.#descendants[this.#order[place] ?? 0] ?? 0)];
  }

  /** Rows `offset` to `offset + limit` of a range of places, all by default. */
  window(options: ForestWindowOptions, [from, to]: readonly [number, number] = [0, this.size]): ForestWindow {
    const { offset, limit, maxDepth = Infinity } = options;
    if (maxDepth === Infinity) {
      const start = Math.min(from + offset, to);
      return { total: to - from, rows: this.#rows(start, Math.min(start + limit, to)) };
    }
    const rows: ForestRow[] = [];
    let total = 0;
    for (let place = from; place < to; place++) {
      if ((this.#depth[this.#order[place] ?? 0] ?? 0) > maxDepth) continue;
      if (total >= offset && rows.length < limit) rows.push(...this.#rows(place, place + 1));
      total++;
    }
    return { total, rows };
  }

  #rows(from: number, to: number): ForestRow[] {
    return Array.from(this.#order.subarray(from, to), (index) => ({
      index,
      depth: this.#depth[index] ?? 0,
      children: this.#children[index] ?? 0,
      descendants: this.#descendants[index] ?? 0,
      orphan: this.#orphan[index] === 1,
    }));
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
