import type { DensityCells } from '../kernels/chunk-density.js';

/** A chunk that a task is about. */
export interface TaskChunk {
  readonly chunk: number;
  /** Its record, of `CHUNK_RECORD_BYTES`. */
  readonly record: Uint8Array;
  /** Text offset at which the next one begins. */
  readonly next: number | undefined;
}

/** Copy the lines that a plan selects. */
export interface SelectTask {
  readonly kind: 'select';
  readonly chunks: readonly TaskChunk[];
  /** Most events. */
  readonly limit: number;
  /** Definitions (places in the index's list) of which it shall be told which events refer to them first. */
  readonly definitions: Uint32Array;
  /** Whether decoded chunks are worth keeping: the query reads few. */
  readonly keep: boolean;
  /** What times are shifted by; lines are elements then, each with a comma behind it. No metadata, no definitions. */
  readonly shiftUs?: number | undefined;
}

/** Read the values of the events that a plan selects. */
export interface ColumnsTask {
  readonly kind: 'columns';
  readonly chunks: readonly TaskChunk[];
  /** Sum of `COLUMNS`. */
  readonly columns: number;
}

/** Count the events that a plan selects into the cells of a picture. */
export interface DensityTask {
  readonly kind: 'density';
  readonly chunks: readonly TaskChunk[];
}

export type ChunkTask = SelectTask | ColumnsTask | DensityTask;

/** Whole lines, each with a newline; at most `BLOCK_BYTES` unless it is one long line. */
export interface LineBlock {
  readonly bytes: Uint8Array;
  readonly events: number;
  /** Elements instead of lines. */
  readonly shifted?: true;
}

/** The event with this number among those of the result is the first that refers to the definition. */
export interface Reference {
  readonly event: number;
  readonly definition: number;
}

export interface SelectResult {
  readonly kind: 'select';
  readonly blocks: readonly LineBlock[];
  readonly events: number;
  /** By event, then by definition. */
  readonly references: readonly Reference[];
}

/** Columns of events, those that were asked for; ids are those of the index's dictionaries. */
export interface EventColumns {
  readonly count: number;
  readonly classes: Uint32Array;
  readonly lanes: Uint32Array;
  /** NaN = absent. */
  readonly ts: Float64Array;
  readonly dur: Float64Array;
  readonly transfers: Float64Array;
}

export interface ColumnsResult {
  readonly kind: 'columns';
  readonly batches: readonly EventColumns[];
}

export interface DensityResult {
  readonly kind: 'density';
  /** In file order of what they were made of. */
  readonly cells: readonly DensityCells[];
  readonly untimed: number;
}

export type TaskResult = SelectResult | ColumnsResult | DensityResult;
export type ChunkResult<T extends ChunkTask> = T extends SelectTask
  ? SelectResult
  : T extends ColumnsTask
    ? ColumnsResult
    : DensityResult;
