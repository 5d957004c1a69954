import { TracerError } from '@tracer/base';
import {
  atsSpanStrings,
  encodeChromeTrace,
  encodeOtlpJson,
  encodeZipkinV2Json,
  mergeTrace,
  SpanTree,
  type Span,
} from '@tracer/span-model';
import type { SpanStore, Tenant, TraceIdMatch } from '@tracer/storage';
import { traceIdOf } from '../zipkin/zipkin-queries.js';
import { traceFacts, type TraceFacts } from './trace-facts.js';
import { rowJson } from './trace-row-json.js';

export interface TraceWindowOptions {
  readonly offset?: number | undefined;
  readonly limit?: number | undefined;
  readonly depth?: number | undefined;
  readonly under?: string | undefined;
}

export type TraceExportFormat = 'zipkin' | 'otlp' | 'chrome' | 'ats';

const DEFAULT_ROWS = 1_000;
/** A trace of this size is kept for a moment, so that scrolling through it does not read it again each time. */
const KEPT_FROM_SPANS = 5_000;
const KEPT_TRACES = 2;
const KEPT_MS = 10_000;

interface DrawnTrace {
  readonly tree: SpanTree<Span>;
  readonly facts: TraceFacts;
}

/** Shows single traces: as rows of a tree, a window at a time, and as files. */
export class TraceView {
  readonly #kept = new Map<string, { readonly trace: DrawnTrace; readonly untilMs: number }>();

  constructor(
    private readonly store: Pick<SpanStore, 'trace'>,
    private readonly match: TraceIdMatch,
  ) {}

  /** JSON of the rows. Throws VALIDATION for a bad id, NOT_FOUND for one that nothing has. */
  async window(tenant: Tenant, id: string, options: TraceWindowOptions): Promise<string> {
    const traceId = traceIdOf(id);
    const { tree, facts } = await this.#drawn(tenant, traceId);
    const { offset = 0, limit = DEFAULT_ROWS, depth, under } = options;
    const { total, rows } = tree.window({
      offset,
      limit,
      ...(depth === undefined ? {} : { maxDepth: depth }),
      ...(under === undefined ? {} : { under: under.padStart(16, '0') }),
    });
    const head = { traceId, ...facts, orphanCount: tree.orphans, maxDepth: tree.maxDepth, total, offset };
    return `${JSON.stringify(head).slice(0, -1)},"rows":[${rows.map(rowJson).join(',\n')}]}`;
  }

  /** The whole trace as a file. */
  async export(tenant: Tenant, id: string, format: TraceExportFormat): Promise<{ name: string; body: Buffer }> {
    const traceId = traceIdOf(id);
    const body = encode(await this.#spans(tenant, traceId), format);
    return { name: `${traceId}.${format}.json`, body };
  }

  async #drawn(tenant: Tenant, traceId: string): Promise<DrawnTrace> {
    const key = `${tenant}/${traceId}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.untilMs > performance.now()) return kept.trace;
    const tree = new SpanTree(mergeTrace(await this.#spans(tenant, traceId)));
    const trace = { tree, facts: traceFacts(tree.spans) };
    this.#kept.delete(key);
    if (tree.spans.length >= KEPT_FROM_SPANS) this.#keep(key, trace);
    return trace;
  }

  #keep(key: string, trace: DrawnTrace): void {
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= KEPT_TRACES && oldest !== undefined) this.#kept.delete(oldest);
    this.#kept.set(key, { trace, untilMs: performance.now() + KEPT_MS });
    // Not to hold a large trace after its viewer has gone.
    setTimeout(() => this.#kept.delete(key), KEPT_MS).unref();
  }

  async #spans(tenant: Tenant, traceId: string): Promise<Span[]> {
    const spans = await this.store.trace(tenant, traceId, this.match);
    if (spans.length === 0) throw new TracerError('NOT_FOUND', `trace ${traceId} is not stored`);
    return spans;
  }
}

function encode(spans: readonly Span[], format: TraceExportFormat): Buffer {
  switch (format) {
    case 'zipkin':
      return encodeZipkinV2Json(spans);
    case 'otlp':
      return encodeOtlpJson(spans);
    case 'chrome':
      return encodeChromeTrace(mergeTrace(spans)).json;
    case 'ats':
      return Buffer.from(JSON.stringify(atsSpanStrings(spans)));
  }
}
