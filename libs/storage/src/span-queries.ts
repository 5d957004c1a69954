import type { Span, SpanKind } from '@tracer/span-model';
import type { Tenant } from './span-store.js';

/** Which spans; absent parts match everything, names are lower case. Spans without a start are never found. */
export interface SpanFilter {
  /** When the span began, epoch microseconds, inclusive. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly serviceName?: string;
  readonly spanName?: string;
  readonly kind?: SpanKind;
  readonly failed?: boolean;
  /** Inclusive; spans of unknown duration have none of these. */
  readonly minDurationUs?: number;
  readonly maxDurationUs?: number;
  /** Where it was sent from; spans whose sender named no place match any. */
  readonly clusterId?: string;
  readonly namespace?: string;
}

/** Where spans were sent from, as the headers of the same names said. */
export interface SpanPlace {
  readonly clusterId: string | undefined;
  readonly namespace: string | undefined;
}

/** Newest start first, or longest duration first (unknown ones last). */
export type SpanOrder = 'newest' | 'slowest';

/** Where a span stands in an order: its start or duration in microseconds, then the order of storing. */
export interface SpanPosition {
  readonly key: number;
  readonly seq: string;
}

export interface FoundSpan {
  readonly span: Span;
  readonly position: SpanPosition;
}

/** How one operation did in a slice of time. Durations in microseconds; undefined when no call of known duration. */
export interface OperationFigures {
  readonly service: string;
  readonly name: string;
  readonly bucketStartUs: number;
  readonly calls: number;
  readonly failed: number;
  readonly p50Us: number | undefined;
  readonly p95Us: number | undefined;
  readonly p99Us: number | undefined;
}

/** Questions about single spans, beside those about traces that `SpanStore` answers. */
export interface SpanQueries {
  /** At most `size` spans behind a position; fewer only when there are no more. */
  page(
    tenant: Tenant,
    filter: SpanFilter,
    options: { readonly order: SpanOrder; readonly size: number; readonly after?: SpanPosition },
  ): Promise<FoundSpan[]>;

  /** The places that the spans of a trace were sent from, each once. */
  placesOf(tenant: Tenant, traceId: string): Promise<SpanPlace[]>;

  /** Each operation in each slice of `bucketUs`, by service, name and time; at most `limit` rows. */
  operations(tenant: Tenant, filter: SpanFilter, bucketUs: number, limit: number): Promise<OperationFigures[]>;
}
