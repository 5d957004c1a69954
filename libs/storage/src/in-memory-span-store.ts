import {
  DependencyLinker,
  linkPartOf,
  lowTraceId,
  remoteEndpointOf,
  type DependencyLink,
  type Span,
} from '@tracer/span-model';
import type { SpanBatch, SpanStore, Tenant, TraceIdMatch } from './span-store.js';
import { traceMatches, traceTimeUs, type TraceQuery } from './trace-query.js';

/** The store as it is meant, without any cleverness: what the contract tests compare others with. */
export class InMemorySpanStore implements SpanStore {
  readonly #spans: { readonly tenant: Tenant; readonly span: Span }[] = [];
  readonly #stored = new WeakSet<readonly SpanBatch[]>();

  constructor(private readonly tagKeys: readonly string[] = []) {}

  insert(batches: readonly SpanBatch[]): Promise<void> {
    if (!this.#stored.has(batches))
      for (const { tenant, spans } of batches) for (const span of spans) this.#spans.push({ tenant, span });
    this.#stored.add(batches);
    return Promise.resolve();
  }

  trace(tenant: Tenant, traceId: string, match: TraceIdMatch): Promise<Span[]> {
    return Promise.resolve(this.#tracesOf(tenant, match).get(keyOf(traceId, match)) ?? []);
  }

  traces(tenant: Tenant, traceIds: readonly string[], match: TraceIdMatch): Promise<Span[][]> {
    const all = this.#tracesOf(tenant, match);
    const wanted = new Set(traceIds.map((traceId) => keyOf(traceId, match)));
    return Promise.resolve(pick(all, wanted));
  }

  search(tenant: Tenant, query: TraceQuery, match: TraceIdMatch): Promise<Span[][]> {
    const found = [...this.#tracesOf(tenant, match).values()].filter((spans) => traceMatches(spans, query));
    found.sort((a, b) => (traceTimeUs(b) ?? 0) - (traceTimeUs(a) ?? 0));
    return Promise.resolve(found.slice(0, query.limit));
  }

  serviceNames(tenant: Tenant, sinceUs: number): Promise<string[]> {
    return this.#names(tenant, sinceUs, (span) => span.localServiceName);
  }

  spanNames(tenant: Tenant, serviceName: string, sinceUs: number): Promise<string[]> {
    return this.#names(tenant, sinceUs, (span) => (span.localServiceName === serviceName ? span.lowerName : undefined));
  }

  remoteServiceNames(tenant: Tenant, serviceName: string, sinceUs: number): Promise<string[]> {
    return this.#names(tenant, sinceUs, (span) =>
      span.localServiceName === serviceName ? remoteEndpointOf(span)?.lowerServiceName : undefined,
    );
  }

  tagValues(tenant: Tenant, key: string, sinceUs: number): Promise<string[]> {
    if (!this.tagKeys.includes(key)) return Promise.resolve([]);
    return this.#names(tenant, sinceUs, ({ attributes }) => attributes.text(key));
  }

  dependencies(tenant: Tenant, fromUs: number, toUs: number): Promise<DependencyLink[]> {
    const traces = [...this.#tracesOf(tenant, { strict: false }).values()].filter((spans) => {
      const timeUs = traceTimeUs(spans);
      return timeUs !== undefined && timeUs >= fromUs && timeUs <= toUs;
    });
    const linker = new DependencyLinker();
    for (const spans of traces) linker.addTrace(spans.map(linkPartOf));
    return Promise.resolve(linker.links());
  }

  #names(tenant: Tenant, sinceUs: number, nameOf: (span: Span) => string | undefined): Promise<string[]> {
    const names = new Set<string>();
    for (const { tenant: owner, span } of this.#spans) {
      const name = nameOf(span);
      const recent = span.startNs === undefined || Number(span.startNs / 1000n) >= sinceUs;
      if (owner === tenant && recent && name !== undefined) names.add(name);
    }
    return Promise.resolve([...names].sort());
  }

  #tracesOf(tenant: Tenant, match: TraceIdMatch): Map<string, Span[]> {
    const traces = new Map<string, Span[]>();
    for (const { tenant: owner, span } of this.#spans) {
      if (owner !== tenant) continue;
      const key = keyOf(span.traceId, match);
      traces.set(key, [...(traces.get(key) ?? []), span]);
    }
    return traces;
  }
}

function keyOf(traceId: string, { strict }: TraceIdMatch): string {
  return strict ? traceId : lowTraceId(traceId);
}

function pick(all: ReadonlyMap<string, Span[]>, wanted: ReadonlySet<string>): Span[][] {
  return [...wanted].map((key) => all.get(key) ?? []).filter((spans) => spans.length > 0);
}
