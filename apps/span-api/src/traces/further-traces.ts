import type { Span } from '@tracer/span-model';
import type { SpanStore, TraceReads } from '@tracer/storage';
import { DEFAULT_TENANT } from '../http/tenant.js';

/** Something that is not stored as spans and can be read as a trace like any other. */
export interface TraceSource {
  /** The spans of a trace; none when the id is not one of this source, or unknown. */
  trace(traceId: string): Promise<Span[]>;
}

/**
 * A span store in which traces of other sources are found by their ids. They are asked first: their ids are their own, and
 * a store that does not match ids strictly would give a trace that only ends alike. All else (searches, names, links) is
 * of the spans alone: the sources have searches of their own. What they have belongs to nobody in particular, so to the
 * tenant of all who name none.
 */
export function withFurtherTraces(spans: SpanStore, sources: readonly TraceSource[]): SpanStore {
  const further = lookUpIn(sources);
  return {
    insert: (batches) => spans.insert(batches),
    trace: async (tenant, traceId, match) => {
      const found = await further(tenant, traceId);
      return found.length > 0 ? found : spans.trace(tenant, traceId, match);
    },
    traces: async (tenant, traceIds, match) => {
      const distinct = [...new Set(traceIds)];
      const found = await Promise.all(distinct.map((traceId) => further(tenant, traceId)));
      const others = distinct.filter((_, index) => found[index]?.length === 0);
      const stored = others.length > 0 ? await spans.traces(tenant, others, match) : [];
      return [...stored, ...found.filter((trace) => trace.length > 0)];
    },
    search: (tenant, query, match) => spans.search(tenant, query, match),
    serviceNames: (tenant, sinceUs) => spans.serviceNames(tenant, sinceUs),
    spanNames: (tenant, service, sinceUs) => spans.spanNames(tenant, service, sinceUs),
    remoteServiceNames: (tenant, service, sinceUs) => spans.remoteServiceNames(tenant, service, sinceUs),
    tagValues: (tenant, key, sinceUs) => spans.tagValues(tenant, key, sinceUs),
    dependencies: (tenant, fromUs, toUs) => spans.dependencies(tenant, fromUs, toUs),
  };
}

/** The same for reading in parts: what the sources have is small enough for one page, and has no outline of its own. */
export function withFurtherTraceReads(reads: TraceReads, sources: readonly TraceSource[]): TraceReads {
  const further = lookUpIn(sources);
  return {
    outline: (tenant, traceId, fromSpans) => reads.outline(tenant, traceId, fromSpans),
    spansAt: (tenant, traceId, seqs) => reads.spansAt(tenant, traceId, seqs),
    async *pages(tenant, traceId, match, size) {
      const found = await further(tenant, traceId);
      if (found.length > 0) yield found;
      else yield* reads.pages(tenant, traceId, match, size);
    },
  };
}

/** Finds a trace in the first source that has it. */
function lookUpIn(sources: readonly TraceSource[]) {
  return async (tenant: string, traceId: string): Promise<Span[]> => {
    if (tenant !== DEFAULT_TENANT) return [];
    for (const source of sources) {
      const found = await source.trace(traceId);
      if (found.length > 0) return found;
    }
    return [];
  };
}
