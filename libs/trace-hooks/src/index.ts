export { EventCatalog, EventFormat, parseEventFormat, type FieldFormat, type FieldKind } from './event-format.js';
export {
  type DecoderContext,
  type EventDecoder,
  type HookPlan,
  type NativeHook,
  type TraceSink,
} from './native-hook.js';
export { RawEvent } from './raw-event.js';
