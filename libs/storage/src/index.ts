export { INGEST_LIMITS, IngestQueue, type IngestCounts, type IngestLimits } from './ingest-queue.js';
export type { DependencyLink, SpanBatch, SpanStore, Tenant, TraceIdMatch } from './span-store.js';
export { traceMatches, traceTimeUs, type TraceQuery } from './trace-query.js';
