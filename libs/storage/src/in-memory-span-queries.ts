import type { Span } from '@tracer/span-model';
import type {
  FoundSpan,
  OperationFigures,
  SpanFilter,
  SpanOrder,
  SpanPlace,
  SpanPosition,
  SpanQueries,
} from './span-queries.js';
import type { SpanBatch, Tenant } from './span-store.js';

interface Stored {
  readonly span: Span;
  readonly seq: number;
  readonly batch: SpanBatch;
}

/** The questions as they are meant, without any cleverness. */
export class InMemorySpanQueries implements SpanQueries {
  readonly #spans: Stored[] = [];

  add(batch: SpanBatch): void {
    for (const span of batch.spans) this.#spans.push({ span, batch, seq: this.#spans.length + 1 });
  }

  page(
    tenant: Tenant,
    filter: SpanFilter,
    { order, size, after }: { readonly order: SpanOrder; readonly size: number; readonly after?: SpanPosition },
  ): Promise<FoundSpan[]> {
    const found = this.#fitting(tenant, filter).map(({ span, seq }) => ({
      span,
      position: { key: order === 'newest' ? startUsOf(span) : (durationUsOf(span) ?? -1), seq: String(seq) },
    }));
    found.sort((a, b) => compare(b.position, a.position));
    const rest = after === undefined ? found : found.filter(({ position }) => compare(position, after) < 0);
    return Promise.resolve(rest.slice(0, size));
  }

  placesOf(tenant: Tenant, traceId: string): Promise<SpanPlace[]> {
    const ofTrace = this.#spans.filter(({ span, batch }) => batch.tenant === tenant && span.traceId === traceId);
    const places = ofTrace.map(({ batch: { clusterId, namespace } }) => ({ clusterId, namespace }));
    return Promise.resolve([...new Map(places.map((place) => [JSON.stringify(place), place])).values()]);
  }

  operations(tenant: Tenant, filter: SpanFilter, bucketUs: number, limit: number): Promise<OperationFigures[]> {
    const groups = new Map<string, Span[]>();
    for (const { span } of this.#fitting(tenant, filter)) {
      const { localServiceName, lowerName } = span;
      if (localServiceName === undefined) continue;
      const bucketStartUs = Math.floor(startUsOf(span) / bucketUs) * bucketUs;
      const key = JSON.stringify([localServiceName, lowerName ?? '', bucketStartUs]);
      groups.set(key, [...(groups.get(key) ?? []), span]);
    }
    const rows = Array.from(groups, ([key, spans]): OperationFigures => {
      const [service, name, bucketStartUs] = JSON.parse(key) as [string, string, number];
      const durations = spans.map(durationUsOf).filter((duration) => duration !== undefined);
      durations.sort((a, b) => a - b);
      const failed = spans.filter((span) => span.failed).length;
      const [p50Us, p95Us, p99Us] = [0.5, 0.95, 0.99].map((part) => durations[Math.ceil(part * durations.length) - 1]);
      return { service, name, bucketStartUs, calls: spans.length, failed, p50Us, p95Us, p99Us };
    });
    rows.sort((a, b) => order(a.service, b.service) || order(a.name, b.name) || a.bucketStartUs - b.bucketStartUs);
    return Promise.resolve(rows.slice(0, limit));
  }

  #fitting(tenant: Tenant, filter: SpanFilter): Stored[] {
    return this.#spans.filter((stored) => stored.batch.tenant === tenant && fits(stored, filter));
  }
}

function fits({ span, batch }: Stored, filter: SpanFilter): boolean {
  return [
    span.startNs !== undefined && isWithin(startUsOf(span), filter.fromUs, filter.toUs),
    filter.minDurationUs === undefined || (durationUsOf(span) ?? NaN) >= filter.minDurationUs,
    filter.maxDurationUs === undefined || (durationUsOf(span) ?? NaN) <= filter.maxDurationUs,
    isWanted(span.localServiceName, filter.serviceName),
    isWanted(span.lowerName, filter.spanName),
    isWanted(span.kind, filter.kind),
    isWanted(span.failed, filter.failed),
    isWanted(batch.clusterId ?? filter.clusterId, filter.clusterId),
    isWanted(batch.namespace ?? filter.namespace, filter.namespace),
  ].every(Boolean);
}

function isWithin(value: number, from: number, to: number): boolean {
  return value >= from && value <= to;
}

function isWanted<T>(value: T, wanted: T | undefined): boolean {
  return wanted === undefined || value === wanted;
}

function startUsOf({ startNs = 0n }: Span): number {
  return Number(startNs / 1000n);
}

function durationUsOf({ durationNs }: Span): number | undefined {
  return durationNs === undefined ? undefined : Number(durationNs / 1000n);
}

function compare(a: SpanPosition, b: SpanPosition): number {
  return a.key - b.key || Number(a.seq) - Number(b.seq);
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
