import type { DependencyLink, Span } from '@tracer/span-model';
import type { TraceQuery } from './trace-query.js';

/** Whose spans: everything that is stored or asked belongs to one tenant (the project id of ATS; '0' when none is named). */
export type Tenant = string;

/** Spans that arrived together. */
export interface SpanBatch {
  readonly tenant: Tenant;
  readonly spans: readonly Span[];
  /** Where ATS clients filter: recorded from the headers of the request. */
  readonly clusterId?: string;
  readonly namespace?: string;
}

export interface TraceIdMatch {
  /** False: traces are told apart by the lower 64 bits of their ids only. */
  readonly strict: boolean;
}

/**
 * Where spans live. Implementations pass `spanStoreContract`.
 *
 * Spans come back equal to what was inserted (`Span` loses nothing that a wire format said), those of one trace in the
 * order in which they were stored. A span inserted twice by the caller is there twice: merging halves and repeats is the
 * business of the readers, as in Zipkin. Names are compared in lower case.
 */
export interface SpanStore {
  /**
   * Stores all spans of all batches or none. When it resolves they survive a crash; when it rejects the caller may call
   * again with the same batches and nothing is stored twice.
   */
  insert(batches: readonly SpanBatch[]): Promise<void>;

  /** The spans of a trace; none when it is unknown. */
  trace(tenant: Tenant, traceId: string, match: TraceIdMatch): Promise<Span[]>;

  /** Those of the named traces that exist, in no particular order. */
  traces(tenant: Tenant, traceIds: readonly string[], match: TraceIdMatch): Promise<Span[][]>;

  /** Traces that `traceMatches`, newest first by `traceTimeUs`, at most `query.limit`. */
  search(tenant: Tenant, query: TraceQuery, match: TraceIdMatch): Promise<Span[][]>;

  /** Names seen since `sinceUs`, sorted, without repeats. */
  serviceNames(tenant: Tenant, sinceUs: number): Promise<string[]>;
  spanNames(tenant: Tenant, serviceName: string, sinceUs: number): Promise<string[]>;
  remoteServiceNames(tenant: Tenant, serviceName: string, sinceUs: number): Promise<string[]>;
  /** Values of a tag that the store was told to remember, sorted; none for other keys. */
  tagValues(tenant: Tenant, key: string, sinceUs: number): Promise<string[]>;

  /** Links of the traces that began between the times (epoch microseconds, inclusive), by the rules of Zipkin's linker. */
  dependencies(tenant: Tenant, fromUs: number, toUs: number): Promise<DependencyLink[]>;
}
