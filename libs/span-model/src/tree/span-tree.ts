import type { Endpoint } from '../endpoint.js';
import { Forest, NONE } from './forest.js';

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

/**
 * The spans of a trace as a forest in drawing order: parents before children, children by start (unknown starts last).
 * Built once in O(n log n). Asks for merged spans (`mergeTrace`) of one trace.
 */
export class SpanTree<T extends TreeSpan> {
  readonly spans: readonly T[];
  readonly roots: readonly number[];
  /** Spans whose parent is missing. */
  readonly orphans: number;
  readonly maxDepth: number;
  readonly #forest: Forest;

  constructor(spans: readonly T[]) {
    this.spans = spans;
    const orphan = new Uint8Array(spans.length);
    const parents = this.#findParents(orphan);
    this.#forest = new Forest(parents, orphan, orderByStart(spans));
    this.roots = this.#forest.roots;
    this.orphans = this.#forest.orphans;
    this.maxDepth = this.#forest.maxDepth;
  }

  /**
   * Rows `offset` to `offset + limit` in drawing order. `maxDepth` leaves out what is deeper; `under` shows the subtree of
   * a span (that span first, with its own depth), nothing when there is no such span.
   */
  window(options: { offset: number; limit: number; maxDepth?: number; under?: string }): TreeWindow<T> {
    const { under, ...more } = options;
    const { total, rows } = this.#forest.window(more, under === undefined ? undefined : this.#rangeOf(under));
    return {
      total,
      rows: rows.flatMap(({ index, ...row }) => {
        const span = this.spans[index];
        return span === undefined ? [] : [{ span, ...row }];
      }),
    };
  }

  /** Of two halves of a shared span the caller's comes first, which has the other below it. */
  #rangeOf(id: string): readonly [from: number, to: number] {
    const places = this.spans.flatMap((span, index) => (span.id === id ? [this.#forest.placeOf(index)] : []));
    return places.length === 0 ? [0, 0] : this.#forest.rangeAt(Math.min(...places));
  }

  /** The parent of each span; NONE for roots and orphans. */
  #findParents(orphan: Uint8Array): Int32Array {
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
      if (parent === undefined || parent === index) orphan[index] = 1;
      return parent === undefined || parent === index ? NONE : parent;
    });
  }

  /** The callee's half of a shared id, if it is of the same service as the child. */
  #parentFor(span: T, halves: readonly number[]): number | undefined {
    const service = span.localEndpoint?.lowerServiceName;
    return halves.find((half) => this.spans[half]?.localEndpoint?.lowerServiceName === service);
  }
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
