import { TracerError } from '@tracer/base';
import { encodeZipkinV2Json, IdError, normalizeTraceId, type Span } from '@tracer/span-model';
import type { SpanStore, Tenant, TraceIdMatch } from '@tracer/storage';
import { filledParameter, textParameter, wholeParameter, type RawQuery } from '../http/query-parameters.js';
import { lowerName, timeWindow, zipkinTraceQuery, type ZipkinQueryDefaults } from './zipkin-trace-query.js';

export interface ZipkinQueryOptions extends ZipkinQueryDefaults {
  readonly match: TraceIdMatch;
  readonly autocompleteKeys: readonly string[];
}

/** A list of names, and whether Zipkin lets clients keep it for a while. */
export interface NameList {
  readonly names: readonly string[];
  readonly cacheable: boolean;
}

/** Short lists change soon: a system that is being set up. */
const CACHED_FROM = 4;

/** The questions of Zipkin's API v2. Throws VALIDATION and NOT_FOUND with Zipkin's texts. */
export class ZipkinQueries {
  constructor(
    private readonly store: SpanStore,
    private readonly options: ZipkinQueryOptions,
  ) {}

  async serviceNames(tenant: Tenant): Promise<NameList> {
    return nameList(await this.store.serviceNames(tenant, this.#namesSinceUs));
  }

  async spanNames(tenant: Tenant, query: RawQuery): Promise<NameList> {
    return nameList(await this.store.spanNames(tenant, requiredService(query), this.#namesSinceUs));
  }

  async remoteServiceNames(tenant: Tenant, query: RawQuery): Promise<NameList> {
    return nameList(await this.store.remoteServiceNames(tenant, requiredService(query), this.#namesSinceUs));
  }

  autocompleteKeys(): NameList {
    return { names: this.options.autocompleteKeys, cacheable: true };
  }

  async autocompleteValues(tenant: Tenant, query: RawQuery): Promise<NameList> {
    const key = filledParameter(query, 'key');
    if (key === undefined) throw new TracerError('VALIDATION', 'key is required');
    if (!this.options.autocompleteKeys.includes(key)) return nameList([]);
    return nameList(await this.store.tagValues(tenant, key, this.#namesSinceUs));
  }

  /** JSON of a list of traces, newest first. */
  async search(tenant: Tenant, query: RawQuery): Promise<Buffer> {
    return tracesJson(await this.store.search(tenant, zipkinTraceQuery(query, this.options), this.options.match));
  }

  /** JSON of the spans of a trace. */
  async trace(tenant: Tenant, id: string): Promise<Buffer> {
    const traceId = traceIdOf(id.trim());
    const spans = await this.store.trace(tenant, traceId, this.options.match);
    if (spans.length === 0) throw new TracerError('NOT_FOUND', `${traceId} not found`);
    return encodeZipkinV2Json(spans);
  }

  /** JSON of those of several traces that exist. */
  async traceMany(tenant: Tenant, query: RawQuery): Promise<Buffer> {
    const text = textParameter(query, 'traceIds') ?? '';
    if (text.trim() === '') throw new TracerError('VALIDATION', 'traceIds parameter is empty');
    const traceIds = new Set<string>();
    for (const id of text.split(',')) {
      const traceId = traceIdOf(id.trim());
      if (traceIds.has(traceId)) throw new TracerError('VALIDATION', `redundant traceId: ${traceId}`);
      traceIds.add(traceId);
    }
    if (traceIds.size === 1)
      throw new TracerError('VALIDATION', 'Use /api/v2/trace/{traceId} endpoint to retrieve a single trace');
    return tracesJson(await this.store.traces(tenant, [...traceIds], this.options.match));
  }

  async dependencies(tenant: Tenant, query: RawQuery): Promise<object[]> {
    const endTs = wholeParameter(query, 'endTs');
    if (endTs === undefined) throw new TracerError('VALIDATION', 'endTs is required');
    if (endTs <= 0) throw new TracerError('VALIDATION', 'endTs <= 0');
    const lookback = wholeParameter(query, 'lookback') ?? this.options.lookbackMs;
    if (lookback <= 0) throw new TracerError('VALIDATION', 'lookback <= 0');
    const { fromUs, toUs } = timeWindow(endTs, lookback);
    const links = await this.store.dependencies(tenant, fromUs, toUs);
    return links.map(({ parent, child, callCount, errorCount }) => ({
      parent,
      child,
      callCount,
      ...(errorCount > 0 ? { errorCount } : {}),
    }));
  }

  get #namesSinceUs(): number {
    return Math.max(0, Date.now() - this.options.lookbackMs) * 1000;
  }
}

function nameList(names: readonly string[]): NameList {
  return { names, cacheable: names.length >= CACHED_FROM };
}

function requiredService(query: RawQuery): string {
  const name = lowerName(query, 'serviceName');
  if (name === undefined) throw new TracerError('VALIDATION', 'serviceName is required');
  return name;
}

/** Throws VALIDATION with Zipkin's text. */
export function traceIdOf(text: string): string {
  try {
    return normalizeTraceId(text);
  } catch (error) {
    if (error instanceof IdError) throw new TracerError('VALIDATION', error.message, { cause: error });
    throw error;
  }
}

function tracesJson(traces: readonly Span[][]): Buffer {
  const parts = traces.flatMap((spans, at) => [Buffer.from(at === 0 ? '[' : ','), encodeZipkinV2Json(spans)]);
  return Buffer.concat([...(parts.length === 0 ? [Buffer.from('[')] : parts), Buffer.from(']')]);
}
