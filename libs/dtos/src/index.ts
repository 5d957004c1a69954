export { BooleanField, IntField, StringField } from './properties.js';
export { ApiOkMap, mapOf } from './map-response.js';
export { AtsEnvelopeDto, AtsFailureDto } from './ats.dto.js';
export { AgentDto } from './agent.dto.js';
export { ContainerDto, PodDto } from './pods.dto.js';
export {
  CallTotalsDto,
  ChangeSessionDto,
  CreateSessionDto,
  SESSION_STATES,
  SessionDto,
  SessionExportDto,
  SessionLimitsDto,
  SessionSummaryDto,
} from './sessions.dto.js';
export { TraceHookDto, TraceHookGroupDto } from './trace-hooks.dto.js';
export {
  ClusterCallTotalsDto,
  ClusterContainerDto,
  ClusterHookDto,
  ClusterHookGroupDto,
  ClusterPodDto,
  ClusterSummaryDto,
} from './gateway-answers.dto.js';
export { NODE_CONDITIONS, NodeDto, NodesDto, NodeSourceDto } from './gateway-nodes.dto.js';
export {
  TraceDurationDto,
  TraceErrorDto,
  TraceFileBoundsDto,
  TraceFileDto,
  TraceFileInfoDto,
  TraceFileProblemDto,
  TraceFilesDto,
  TraceFileSkippedDto,
  TraceFileStatsDto,
  TraceInfoDto,
  TraceSpanDto,
  TraceStatsDto,
  TraceTimeRangeDto,
  VizDensityDto,
  VizEventsDto,
  VizMetadataDto,
} from './trace-files.dto.js';
export {
  AGGREGATES,
  CallNodeDto,
  CallTreeDto,
  CallTreeLaneDto,
  CountersDto,
  DensityDto,
  DensityLaneDto,
  EventNameDto,
  EventNamesDto,
  HistogramBucketDto,
  HistogramDto,
  LaneDto,
  LanesDto,
  TraceGroupDto,
  TraceGroupsDto,
  TraceQueryDto,
  type Aggregate,
} from './trace-analysis.dto.js';
export { DmDeletedDto, DmEventWrapperDto, DmStatusDto, DmTruncatedDto } from './dm-published.dto.js';
export {
  DM_JOB_OUTCOMES,
  DM_JOB_STATES,
  DM_OPS,
  DM_TYPES,
  DmDdlInfoDto,
  DmEventDto,
  DmEventFilterDto,
  DmEventsDto,
  DmEventsQueryDto,
  DmEvictedDto,
  DmGroupDto,
  DmGroupInstanceDto,
  DmGroupTraceDto,
  DmImportedDto,
  DmJobDto,
  DmJobsDto,
  DmJobsQueryDto,
  DmLiveQueryDto,
  DmPositionDto,
  DmTotalsDto,
  DmTraceJobsDto,
} from './dm-queries.dto.js';
export {
  ATTRIBUTE_OPERATORS,
  AttributeConditionDto,
  OperationFiguresDto,
  OperationsDto,
  ServicesDto,
  SPAN_KINDS,
  SPAN_SORTS,
  SPAN_STATUSES,
  SpanNameDto,
  SpanSearchDto,
  SpanSearchResultDto,
  TraceSummaryDto,
} from './span-search.dto.js';
export { JaegerAnswerDto } from './jaeger.dto.js';
export { RetainedDayDto, RetentionDto } from './retention.dto.js';
export {
  MissingStorageDto,
  NextPurgeDto,
  StorageDto,
  StorageLimitsDto,
  storageOf,
  STORED_KINDS,
  StoredKindDto,
  type StoredKind,
} from './storage.dto.js';
export {
  TRACE_EXPORTS,
  TraceExportQueryDto,
  TraceRowDto,
  TraceWindowDto,
  TraceWindowQueryDto,
} from './trace-window.dto.js';
export {
  AddedStepDto,
  AddStepDto,
  BudgetQueryDto,
  CompareQueryDto,
  EndedRunDto,
  FinishedRunDto,
  LiveQueryDto,
  LiveRunDto,
  LiveRunsDto,
  RunBatchDto,
  RunBudgetDto,
  RunComparisonDto,
  RunPageDto,
  RunPageQueryDto,
  RunProblemsDto,
  RunsQueryDto,
  RunStepDto,
  RunSummaryDto,
  StartedRunDto,
  StartRunDto,
  StepFiguresDto,
  StoredBatchDto,
  TagsDto,
  TagsQueryDto,
  TimedRunDto,
  TimeFiguresDto,
} from './perf-tracer.dto.js';
export { parseSessionId } from './session-id.js';
