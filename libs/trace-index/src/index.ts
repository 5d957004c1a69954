export { chromeJson } from './export/chrome-json.js';
export { foldedStacks } from './export/folded.js';
export { parquetFile } from './export/parquet.js';
export { perfettoTrace } from './export/perfetto.js';
export { MAX_TIMELINE_EVENTS, readTimeline, type SelectedTimeline } from './export/selected-timeline.js';
export { speedscopeJson } from './export/speedscope.js';
export { PlainTraceFile } from './plain/plain-trace-file.js';
export { ByteBuffer } from './query/byte-buffer.js';
export { DensityGrid, type DensityLane, type GridSpec, type LaneKind } from './query/density-grid.js';
export { CallTree, MAX_CALL_DEPTH, type CallNode } from './query/call-tree.js';
export { DurationHistogram, type HistogramBucket } from './query/duration-histogram.js';
export { BUCKETS_PER_OCTAVE, bucketStart, DurationSketch } from './query/duration-sketch.js';
export type { EventField, EventSink } from './query/event-sink.js';
export {
  MAX_LINE_BYTES,
  type FileFacts,
  type FileIdentity,
  type FileProblem,
  type SkippedCounts,
} from './query/file-facts.js';
export type { DurationTotals, FileSummary } from './query/file-summary.js';
export {
  boundFilter,
  Filter,
  needsDefinitions,
  OPERATORS,
  termOf,
  type Condition,
  type Operator,
  type Term,
} from './query/filter.js';
export { GROUP_FIELDS, GroupTable, type GroupRow, type GroupSpec } from './query/group-table.js';
export { IoSeries, type SeriesSpec } from './query/io-series.js';
export { LaneTable, type LaneRow } from './query/lane-table.js';
export { LaneTimeline, type TimelineLane } from './query/lane-timeline.js';
export { eachLine, writeRecord, type Rewriting } from './query/line-rewriter.js';
export { shiftedArray, type ArrayPiece } from './query/shift-block.js';
export { hashText, numberOf, type ArgValue, type TraceEvent } from './query/trace-event.js';
export {
  BLOCK_BYTES,
  type Definitions,
  type EventBlock,
  type LaneFact,
  type MetadataPolicy,
  type SelectOptions,
  type TraceFileReader,
} from './query/trace-file-reader.js';
export { TraceRecord } from './query/trace-record.js';
export { SMALL_FILE_BYTES, TraceIndexes, type TraceIndexesOptions } from './worker/trace-indexes.js';
