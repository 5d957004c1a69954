export { PlainTraceFile } from './plain/plain-trace-file.js';
export { ByteBuffer } from './query/byte-buffer.js';
export { DensityGrid, type DensityLane, type GridSpec, type LaneKind } from './query/density-grid.js';
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
export { Filter, OPERATORS, termOf, type Condition, type Operator, type Term } from './query/filter.js';
export { eachLine, writeRecord, type Rewriting } from './query/line-rewriter.js';
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
