import type { Span, TraceOutline } from '@tracer/span-model';
import type { Tenant, TraceIdMatch } from './span-store.js';

/** A large trace without its spans. */
export interface StoredOutline {
  readonly outline: TraceOutline;
  /** Lower-case names, sorted. */
  readonly services: readonly string[];
  /** By the number of a row of the outline, what `spansAt` asks for. */
  readonly seqs: Float64Array;
}

/** Reads large traces in parts, so that neither time nor memory depend on all of them. */
export interface TraceReads {
  /**
   * The outline of a trace by its whole id. Undefined when the trace has fewer than `fromSpans` spans, or has something to
   * merge: then it is to be read whole.
   */
  outline(tenant: Tenant, traceId: string, fromSpans: number): Promise<StoredOutline | undefined>;

  /** The spans of a trace with these numbers, in that order; those that are gone are left out. */
  spansAt(tenant: Tenant, traceId: string, seqs: readonly number[]): Promise<Span[]>;

  /** All spans in the order in which they were stored, at most `size` at a time. */
  pages(tenant: Tenant, traceId: string, match: TraceIdMatch, size: number): AsyncIterable<Span[]>;
}
