export { EventCatalog, EventFormat, parseEventFormat, type FieldFormat, type FieldKind } from './event-format.js';
export {
  type DecoderContext,
  type EventDecoder,
  type HookPlan,
  type NativeHook,
  type TraceSink,
} from './native-hook.js';
export { RawEvent } from './raw-event.js';
export { ExternalHooks, type ExternalHook, type ExternalHooksOptions } from './external/external-hooks.js';
export { type HookRun, type RunDeadlines, type StreamState } from './external/external-run.js';
export { type HookExit } from './external/hook-process.js';
export { parseTraceLine, type TraceLine } from './external/trace-line.js';
export { type TraceLineSink } from './external/trace-stream.js';
