import type { TraceEvent } from './trace-event.js';

export type EventField = 'name' | 'cat' | 'ph' | 'pid' | 'tid' | 'ts' | 'dur' | 'args';

/**
 * An aggregate that is fed the events of a selection one by one: density grid, duration sketch, group table.
 * The same sink is handed to one reader after the other, in catalogue order, so the result of many files needs no merge.
 */
export interface EventSink {
  /** Only these fields are read in `accept`; without `args` an index answers from its columns and inflates nothing. */
  readonly reads: ReadonlySet<EventField>;
  /**
   * Events come in file order. The object is reused: keep values, never the object.
   * Returning `false` ends the feeding of this file (the sink is full).
   */
  accept(event: TraceEvent): boolean | undefined;
}
