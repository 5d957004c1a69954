import { TracerError } from '@tracer/base';
import { mergeTrace, SpanTree, type Span, type TreeRow } from '@tracer/span-model';
import type { SpanStore, StoredOutline, Tenant, TraceIdMatch, TraceReads } from '@tracer/storage';
import { traceIdOf } from '../zipkin/zipkin-queries.js';
import { traceFacts, type TraceFacts } from './trace-facts.js';
import { rowJson } from './trace-row-json.js';

export interface TraceWindowOptions {
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
  readonly depth?: number | undefined;
  readonly under?: string | undefined;
}

const DEFAULT_ROWS = 1_000;
/** A trace of this size is kept for a moment, so that scrolling through it does not read it again each time. */
const KEPT_FROM_SPANS = 5_000;
const KEPT_TRACES = 2;
const KEPT_MS = 10_000;

interface Window {
  readonly offset: number;
  readonly limit: number;
  readonly maxDepth?: number;
  readonly under?: string;
}

/** A trace whose windows can be shown. */
interface DrawnTrace {
  readonly facts: TraceFacts;
  readonly orphans: number;
  readonly maxDepth: number;
  window(window: Window): Promise<{ readonly total: number; readonly rows: readonly TreeRow<Span>[] }>;
}

/** Shows single traces as rows of a tree, a window at a time. */
export class TraceView {
  readonly #kept = new Map<string, { readonly trace: DrawnTrace; readonly untilMs: number }>();

  constructor(
    private readonly store: Pick<SpanStore, 'trace'>,
    private readonly reads: TraceReads,
    private readonly match: TraceIdMatch,
  ) {}

  /** JSON of the rows. Throws VALIDATION for a bad id, NOT_FOUND for one that nothing has. */
  async window(tenant: Tenant, id: string, options: TraceWindowOptions): Promise<string> {
    const traceId = traceIdOf(id);
    const trace = await this.#drawn(tenant, traceId);
    const { offset = 0, limit = DEFAULT_ROWS, depth, under } = options;
    const { total, rows } = await trace.window({
      offset,
      limit,
      ...(depth === undefined ? {} : { maxDepth: depth }),
      ...(under === undefined ? {} : { under: under.padStart(16, '0') }),
    });
    const { facts, orphans, maxDepth } = trace;
    const head = { traceId, ...facts, orphanCount: orphans, maxDepth, total, offset };
    return `${JSON.stringify(head).slice(0, -1)},"rows":[${rows.map(rowJson).join(',\n')}]}`;
  }

  async #drawn(tenant: Tenant, traceId: string): Promise<DrawnTrace> {
    const key = `${tenant}/${traceId}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.untilMs > performance.now()) return kept.trace;
    this.#kept.delete(key);
    const trace = (await this.#outlined(tenant, traceId)) ?? (await this.#whole(tenant, traceId));
    if (trace.facts.spanCount >= KEPT_FROM_SPANS) this.#keep(key, trace);
    return trace;
  }

  /** A large trace of which only the spans that are shown are read. */
  async #outlined(tenant: Tenant, traceId: string): Promise<DrawnTrace | undefined> {
    if (!this.match.strict) return undefined;
    const stored = await this.reads.outline(tenant, traceId, KEPT_FROM_SPANS);
    if (stored === undefined) return undefined;
    const { outline } = stored;
    return {
      facts: factsOf(stored),
      orphans: outline.orphans,
      maxDepth: outline.maxDepth,
      window: async (window) => {
        const { total, rows } = outline.window(window);
        const spans = await this.reads.spansAt(
          tenant,
          traceId,
          rows.map(({ index }) => stored.seqs[index] ?? 0),
        );
        // Spans that retention took in the meantime.
        if (spans.length < rows.length) throw new TracerError('NOT_FOUND', `trace ${traceId} is not stored any more`);
        const shown = rows.map(({ depth, children, descendants, orphan }, at) => {
          const span = spans[at];
          return span === undefined ? [] : [{ span, depth, children, descendants, orphan }];
        });
        return { total, rows: shown.flat() };
      },
    };
  }

  async #whole(tenant: Tenant, traceId: string): Promise<DrawnTrace> {
    const spans = await this.store.trace(tenant, traceId, this.match);
    if (spans.length === 0) throw new TracerError('NOT_FOUND', `trace ${traceId} is not stored`);
    const tree = new SpanTree(mergeTrace(spans));
    return {
      facts: traceFacts(tree.spans),
      orphans: tree.orphans,
      maxDepth: tree.maxDepth,
      window: (window) => Promise.resolve(tree.window(window)),
    };
  }

  #keep(key: string, trace: DrawnTrace): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= KEPT_TRACES && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, { trace, untilMs: performance.now() + KEPT_MS });
    // Not to hold a large trace after its viewer has gone.
    setTimeout(() => this.#kept.delete(key), KEPT_MS).unref();
  }
}

function factsOf({ outline, services }: StoredOutline): TraceFacts {
  const { spanCount, errorCount, times } = outline;
  return { spanCount, errorCount, services, ...times };
}
