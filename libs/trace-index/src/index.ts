export { giveBack } from './index/block-memory.js';
export { chromeJson } from './export/chrome-json.js';
export { foldedStacks } from './export/folded.js';
export { parquetFile } from './export/parquet.js';
export { perfettoTrace } from './export/perfetto.js';
export { MAX_TIMELINE_EVENTS, readTimeline } from './export/selected-timeline.js';
export { speedscopeJson } from './export/speedscope.js';
export { IndexLost } from './index/index-lost.js';
export { PlainTraceFile } from './plain/plain-trace-file.js';
export { ByteBuffer } from './query/byte-buffer.js';
export { DensityGrid, type DensityLane, type LaneKind } from './query/density-grid.js';
export { CallTree, type CallNode } from './query/call-tree.js';
export { DurationHistogram } from './query/duration-histogram.js';
export type { EventSink } from './query/event-sink.js';
export { type FileFacts } from './query/file-facts.js';
export type { FileSummary } from './query/file-summary.js';
export { boundFilter, Filter, needsDefinitions, termOf, type Condition, type Term } from './query/filter.js';
export { GROUP_FIELDS, GroupTable, type GroupRow, type GroupSpec } from './query/group-table.js';
export { IoSeries } from './query/io-series.js';
export { LaneTable, type LaneRow } from './query/lane-table.js';
export { LaneTimeline } from './query/lane-timeline.js';
export { eachLine, writeRecord, type Rewriting } from './query/line-rewriter.js';
export { shiftedArray } from './query/shift-block.js';
export { directionOf } from './query/transfer.js';
export { hashText, numberOf, type TraceEvent } from './query/trace-event.js';
export {
  type Definitions,
  type EventBlock,
  type LaneFact,
  type MetadataPolicy,
  type SelectOptions,
  type TraceFileReader,
} from './query/trace-file-reader.js';
export { TraceRecord } from './query/trace-record.js';
export { SMALL_FILE_BYTES, TraceIndexes, type TraceIndexesOptions } from './worker/trace-indexes.js';
