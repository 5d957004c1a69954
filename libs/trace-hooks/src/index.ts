export { EventCatalog, EventFormat, parseEventFormat, type FieldFormat, type FieldKind } from './event-format.js';
export {
  type DecoderContext,
  type EventDecoder,
  type HookPlan,
  type NativeHook,
  type TraceSink,
} from './native-hook.js';
export { RawEvent } from './raw-event.js';
export { type CallSummary, type CallTotals } from './summary.js';
export { Capture } from './capture/capture.js';
export {
  type CaptureCounts,
  type CaptureLimits,
  type CaptureOptions,
  type CaptureReason,
  type CaptureResult,
  type CaptureRun,
  type CaptureSpec,
} from './capture/capture-types.js';
export { closeTornFile } from './output/gzip-member.js';
export { findTracefs, openTracefs, type HostPaths } from './tracefs/find-tracefs.js';
export { instanceNameFor, removeLeftovers } from './tracefs/leftovers.js';
export { ExternalHooks, type ExternalHook, type ExternalHooksOptions } from './external/external-hooks.js';
export { type HookRun, type RunDeadlines, type StreamState } from './external/external-run.js';
export { type HookExit } from './external/hook-process.js';
export { endOrphanedHook } from './external/orphaned-hook.js';
export { type ProcessRef } from './external/process-tree.js';
export { StreamRecorder, type RecorderOptions } from './external/stream-recorder.js';
export { parseTraceLine, type TraceLine } from './external/trace-line.js';
export { type TraceLineSink } from './external/trace-stream.js';
export { nativeHooks } from './hooks/native-hooks.js';
