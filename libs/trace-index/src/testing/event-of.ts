import type { ArgValue, TraceEvent } from '../query/trace-event.js';

export type EventFields = Partial<Omit<TraceEvent, 'arg'>> & {
  readonly args?: Readonly<Record<string, string | number>>;
};

/** An event for tests of aggregates; what is not given is absent. */
export function eventOf({ args = {}, ...fields }: EventFields): TraceEvent {
  const arg = (key: string): ArgValue | undefined => {
    const value = args[key];
    if (typeof value === 'number') return { type: 'number', value, literal: String(value) };
    return value === undefined ? undefined : { type: 'string', text: value };
  };
  const absent = {
    name: undefined,
    cat: undefined,
    ph: undefined,
    pid: undefined,
    tid: undefined,
    ts: undefined,
    dur: undefined,
  };
  return { ...absent, isMetadata: false, ...fields, arg };
}
