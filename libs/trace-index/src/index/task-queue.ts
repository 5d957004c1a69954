import type { ChunkDirectory } from './chunk-directory.js';
import type { ChunkExecutor } from './chunk-executor.js';
import type { ChunkResult, ChunkTask, TaskChunk } from './chunk-task.js';
import type { QueryPlan } from './query-plan.js';

/** Chunks of a task: a first answer shall come soon, a long one in few messages. */
const FIRST_CHUNKS = 2;
const MOST_CHUNKS = 32;
/** How much faster tasks may become larger than those whose results are known. */
const GROWTH = 4;
/**
 * What the result of a task should be at most: of the only query, and of one of many. Results wait in memory for a
 * consumer that may have stopped taking them, for every such consumer.
 */
const RESULT_BYTES = 4 << 20;
const LEAST_RESULT_BYTES = 1 << 20;

export interface TaskQueueOptions<T extends ChunkTask> {
  readonly plan: QueryPlan;
  readonly directory: ChunkDirectory;
  /** Chunk numbers, in file order. */
  readonly chunks: readonly number[];
  readonly executor: ChunkExecutor;
  readonly signal: AbortSignal;
  readonly taskOf: (chunks: readonly TaskChunk[]) => T;
  readonly bytesOf: (result: ChunkResult<T>) => number;
}

interface Running<T extends ChunkTask> {
  readonly chunks: number;
  readonly result: Promise<ChunkResult<T>>;
}

/**
 * The results of a query's tasks, in file order. Twice as many tasks are on their way as the executor works on at a
 * time, shared among the queries that there are, and no more until the consumer has taken a result: that bounds the
 * memory and is the back-pressure. Tasks become larger only as results show that they may. Leaving the iteration calls
 * off what is on its way.
 */
export async function* taskResults<T extends ChunkTask>(
  options: TaskQueueOptions<T>,
): AsyncGenerator<ChunkResult<T>, void, undefined> {
  const { executor, plan, chunks, directory, taskOf, bytesOf } = options;
  const left = new AbortController();
  const signal = AbortSignal.any([options.signal, left.signal]);
  const running: Running<T>[] = [];
  let next = 0;
  let size = FIRST_CHUNKS;
  executor.queries++;
  try {
    for (;;) {
      const tasks = Math.ceil((executor.width * 2) / executor.queries);
      while (running.length < tasks && next < chunks.length) {
        const taken = chunks.slice(next, next + size).map((chunk) => taskChunk(directory, chunk));
        next += taken.length;
        const result = executor.run(plan, taskOf(taken), signal);
        // It may fail while an earlier one is awaited.
        result.catch(() => undefined);
        running.push({ chunks: taken.length, result });
      }
      const first = running.shift();
      if (first === undefined) return;
      const result = await first.result;
      size = sizeAfter(first.chunks, bytesOf(result), executor.queries);
      yield result;
    }
  } finally {
    executor.queries--;
    left.abort();
  }
}

/** Chunks of the next task, after one of so many chunks had a result of so many bytes. */
function sizeAfter(chunks: number, bytes: number, queries: number): number {
  const most = Math.max(LEAST_RESULT_BYTES, RESULT_BYTES / queries);
  const fitting = Math.floor((most * chunks) / Math.max(1, bytes));
  return Math.max(1, Math.min(fitting, chunks * GROWTH, MOST_CHUNKS));
}

function taskChunk(directory: ChunkDirectory, chunk: number): TaskChunk {
  // Copies: a view would take the whole directory along to another thread.
  const record = Uint8Array.from(directory.record(chunk));
  const next = chunk + 1 < directory.count ? directory.facts(chunk + 1).cut.textOffset : undefined;
  return { chunk, record, next };
}
