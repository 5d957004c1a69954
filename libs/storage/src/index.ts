export { atsCallOf, atsOutcomeOf, DEFAULT_MONITOR_GROUP, type AtsCall, type AtsOutcome } from './ats-call.js';
export {
  atsNameKey,
  atsNamesOf,
  type AtsName,
  type AtsNameFilter,
  type AtsNameKind,
  type AtsNames,
} from './ats-names.js';
export { InMemoryAtsNames } from './in-memory-ats-names.js';
export { InMemorySpanQueries } from './in-memory-span-queries.js';
export type {
  FoundSpan,
  OperationFigures,
  SpanFilter,
  SpanOrder,
  SpanPlace,
  SpanPosition,
  SpanQueries,
} from './span-queries.js';
export { InMemorySpanStore } from './in-memory-span-store.js';
export { INGEST_LIMITS, IngestQueue, type IngestCounts, type IngestLimits } from './ingest-queue.js';
export type { SpanBatch, SpanStore, Tenant, TraceIdMatch } from './span-store.js';
export { traceMatches, traceTimeUs, type TraceQuery } from './trace-query.js';
export {
  compareDmPositions,
  DM_OP_SKIP,
  DmEventType,
  DmJobState,
  dmJobStateOf,
  dmPositionOf,
  dmSourceOf,
  type DmArrival,
  type DmBase,
  type DmBinlogEvent,
  type DmDdlInfo,
  type DmEvent,
  type DmJobEvent,
  type DmPosition,
  type DmSource,
  type DmSyncerState,
  type DmText,
  type StoredDmEvent,
} from './dm/dm-event.js';
export { DM_QUEUE_LIMITS, DmEventQueue, type DmQueueCounts, type DmQueueLimits } from './dm/dm-event-queue.js';
export {
  DM_TRACE_EVENTS,
  type DmEventPages,
  type DmEventStore,
  type DmEvicted,
  type DmRetention,
  type DmTail,
  type DmTotals,
  type DmTrace,
  type DmTraceQuery,
} from './dm/dm-event-store.js';
export { dmGroupInstances, dmJobsOf, type DmGroupInstance, type DmJob, type DmJobOutcome } from './dm/dm-jobs.js';
export { dmEventMatches, type DmCursor, type DmEventFilter, type DmEventQuery } from './dm/dm-query.js';
export { DM_OP_NAMES, dmTraceSpans } from './dm/dm-spans.js';
export { decodeDmEvent, decodeDmUpload, decodeGetTsoRequest } from './dm/dm-wire.js';
export {
  DM_UPLOAD_STORED,
  dmArrivalOf,
  encodeDmEvent,
  encodeDmUpload,
  encodeGetTsoResponse,
} from './dm/dm-wire-writer.js';
export { InMemoryDmEventStore } from './dm/in-memory-dm-event-store.js';
export { numberedTraceId, numberOfTraceId, type NumberedTraceFamily } from './numbered-trace-id.js';
export { runSpans } from './runs/run-spans.js';
export { InMemoryRunStore } from './runs/in-memory-run-store.js';
export { runDurationUs, stepDurationsUs, type FinishedRun, type RunKey, type RunStep } from './runs/run.js';
export {
  RUN_STEPS,
  type AddedStep,
  type LiveRun,
  type RunLimits,
  type RunSelection,
  type RunStore,
  type RunsExpired,
  type RunTotals,
  type TagFigures,
  type TagSelection,
  type TimedRun,
} from './runs/run-store.js';
export {
  compareRuns,
  stepTimes,
  summarizeRuns,
  timeFigures,
  type Difference,
  type RunSummary,
  type RunTrend,
  type StepFigures,
  type TimeFigures,
} from './runs/run-statistics.js';
export type { StoredOutline, TraceReads } from './trace-reads.js';
