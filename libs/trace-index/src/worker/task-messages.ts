import { reasonOf, TracerError, type TracerErrorCode } from '@tracer/base';
import type { ChunkTask, TaskResult } from '../index/chunk-task.js';
import { IndexLost, type IndexLoss } from '../index/index-lost.js';
import type { QueryPlan } from '../index/query-plan.js';

/** To a decode worker: a plan that the next tasks belong to, or a task of the last plan. */
export interface TaskMessage {
  readonly plan?: QueryPlan | undefined;
  readonly task: ChunkTask;
  /** For the blocks of the next results. */
  readonly memory?: readonly ArrayBuffer[];
}

/** From a decode worker: what became of the task. */
export type TaskAnswer = { readonly result: TaskResult } | { readonly failure: Failure };

/** An error on its way between threads, where classes do not survive. */
export interface Failure {
  readonly code: TracerErrorCode;
  readonly message: string;
  /** Of an `IndexLost`. */
  readonly indexLoss?: IndexLoss | undefined;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof IndexLost) return { code: error.code, message: error.message, indexLoss: error.loss };
  if (error instanceof TracerError) return { code: error.code, message: error.message };
  return { code: 'INTERNAL', message: reasonOf(error) };
}

export function errorOf({ code, message, indexLoss }: Failure): TracerError {
  if (indexLoss !== undefined) return new IndexLost(indexLoss, message);
  return new TracerError(code, message);
}

/** The memory of a result, which moves to the other thread instead of being copied. */
export function transferable(result: TaskResult): ArrayBuffer[] {
  return [...new Set(viewsOf(result).map((view) => view.buffer as ArrayBuffer))];
}

function viewsOf(result: TaskResult): ArrayBufferView[] {
  switch (result.kind) {
    case 'select':
      return result.blocks.map(({ bytes }) => bytes);
    case 'columns':
      return result.batches.flatMap(({ classes, lanes, ts, dur, transfers }) => [classes, lanes, ts, dur, transfers]);
    case 'density':
      return result.cells.flatMap((cells): ArrayBufferView[] => Object.values(cells) as ArrayBufferView[]);
  }
}
