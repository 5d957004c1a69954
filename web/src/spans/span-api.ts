import type { ApiRequest } from '../api/index.js';
import type { Condition } from './search-form.js';
import type { ServiceLink } from './service-graph.js';
import type { TraceRow } from './trace-columns.js';

/** Requests and answers of the span store; `docs/spans.md` describes them. Times are epoch microseconds. */

export interface SearchBody {
  readonly service?: string;
  readonly name?: string;
  readonly kind?: string;
  readonly status?: 'ok' | 'error';
  readonly minDurationUs?: number;
  readonly maxDurationUs?: number;
  readonly fromUs?: number;
  readonly toUs?: number;
  readonly attributes?: readonly Condition[];
  readonly anyOf?: readonly { readonly attributes: readonly Condition[] }[];
  readonly sort?: 'start' | 'duration';
  readonly limit?: number;
  readonly cursor?: string;
}

export interface SpanName {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
}

export interface FoundTrace {
  readonly traceId: string;
  readonly root?: SpanName;
  readonly match: SpanName;
  readonly matchedSpans: number;
  readonly services: readonly string[];
  readonly spanCount: number;
  readonly errorCount: number;
  readonly startUs?: number;
  readonly durationUs?: number;
}

export interface SearchAnswer {
  readonly traces: readonly FoundTrace[];
  readonly scannedSpans: number;
  readonly matchedSpans: number;
  readonly complete: boolean;
  readonly next?: string;
}

export interface TraceWindow {
  readonly traceId: string;
  readonly spanCount: number;
  readonly errorCount: number;
  readonly orphanCount: number;
  readonly maxDepth: number;
  readonly services: readonly string[];
  readonly startUs?: number;
  readonly durationUs?: number;
  readonly total: number;
  readonly offset: number;
  readonly rows: readonly TraceRow[];
}

export interface OperationFigures {
  readonly service: string;
  readonly name: string;
  readonly bucketStartUs: number;
  readonly calls: number;
  readonly failed: number;
  readonly errorRate: number;
  readonly p50Us?: number;
  readonly p95Us?: number;
  readonly p99Us?: number;
}

export interface Operations {
  readonly bucketUs: number;
  readonly operations: readonly OperationFigures[];
  readonly truncated: boolean;
}

export type ExportFormat = 'zipkin' | 'otlp' | 'chrome' | 'ats';

export const servicesRequest: ApiRequest<{ readonly services: readonly string[] }> = { path: '/api/v1/services' };

export const searchRequest = (body: SearchBody): ApiRequest<SearchAnswer> => ({
  method: 'POST',
  path: '/api/v1/spans/search',
  body,
});

export const windowRequest = (id: string, query: ApiRequest['query'] = {}): ApiRequest<TraceWindow> => ({
  path: `/api/v1/traces/${encodeURIComponent(id)}`,
  query,
});

export const exportRequest = (id: string, format: ExportFormat): ApiRequest => ({
  path: `/api/v1/traces/${encodeURIComponent(id)}/export`,
  query: { format },
});

export const dependenciesRequest = (endMs: number, lookbackMs: number): ApiRequest<readonly ServiceLink[]> => ({
  path: '/api/v2/dependencies',
  query: { endTs: endMs, lookback: lookbackMs },
});

export const operationsRequest = (
  service: string,
  range: { readonly fromUs: number; readonly toUs: number; readonly bucketUs: number },
): ApiRequest<Operations> => ({ path: `/api/v1/services/${encodeURIComponent(service)}/operations`, query: range });
