import { ChunkReader } from './chunk-reader.js';
import type { ChunkResult, ChunkTask } from './chunk-task.js';
import type { QueryPlan } from './query-plan.js';

/** Who works on chunks: worker threads shared by all queries, or the calling thread. */
export interface ChunkExecutor {
  /** How many tasks are worked on at a time. */
  readonly width: number;
  /** Decoded text that is kept altogether. */
  readonly cacheBytes: number;
  /** How many queries are under way: they share what may be worked on in advance. */
  queries: number;
  /**
   * Rejects with the signal's reason soon after it aborts.
   *
   * @throws TracerError STORAGE_FAILED when a file is not what was indexed
   */
  run<T extends ChunkTask>(plan: QueryPlan, task: T, signal: AbortSignal): Promise<ChunkResult<T>>;
  close(): Promise<void>;
}

/** Works in the calling thread, giving others a turn between tasks. For tests and command lines. */
export class InlineExecutor implements ChunkExecutor {
  readonly width = 1;
  queries = 0;
  readonly #reader: ChunkReader;

  constructor(readonly cacheBytes = 0) {
    this.#reader = new ChunkReader(cacheBytes);
  }

  async run<T extends ChunkTask>(plan: QueryPlan, task: T, signal: AbortSignal): Promise<ChunkResult<T>> {
    await new Promise((resolve) => setImmediate(resolve));
    signal.throwIfAborted();
    return this.#reader.run(plan, task);
  }

  close(): Promise<void> {
    this.#reader.close();
    return Promise.resolve();
  }
}
