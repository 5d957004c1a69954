import type { TraceEvent } from './trace-event.js';

/** `transfer` is what `transferOf` needs; it comes with the name. */
export type EventField = 'name' | 'cat' | 'ph' | 'pid' | 'tid' | 'ts' | 'dur' | 'transfer' | 'args';

/**
 * Events as columns, in file order: what an index has of them without looking at their lines. Columns of fields that the
 * sink does not read are empty. Valid during the call only.
 */
export interface EventBatch {
  readonly count: number;
  /** Per event: its place in `kinds`. */
  readonly classes: Uint32Array;
  /** Per event: its place in `threads`. */
  readonly lanes: Uint32Array;
  /** NaN = absent. */
  readonly ts: Float64Array;
  readonly dur: Float64Array;
  /** Bytes that a call moved; NaN = its name does not say that it moves any. */
  readonly transfers: Float64Array;
  /** The same array for all batches of a file. */
  readonly kinds: readonly Pick<TraceEvent, 'name' | 'cat' | 'ph'>[];
  readonly threads: readonly Pick<TraceEvent, 'pid' | 'tid'>[];
}

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
  /**
   * The same for many events at once, for sinks that are asked about millions: it must come to what `accept` of each of
   * them comes to. A reader may use either.
   */
  acceptBatch?: ((batch: EventBatch) => boolean | undefined) | undefined;
}
