import type { TracerError } from '@tracer/base';
import { BlockMemory, lend } from '../index/block-memory.js';
import type { ChunkExecutor } from '../index/chunk-executor.js';
import type { ChunkResult, ChunkTask, TaskResult } from '../index/chunk-task.js';
import type { QueryPlan } from '../index/query-plan.js';
import { FairQueue } from './fair-queue.js';
import { BLOCK_BYTES } from '../query/trace-file-reader.js';
import { errorOf, type TaskAnswer, type TaskMessage } from './task-messages.js';
import { startThread, type Thread } from './thread.js';

/** Blocks of a usual task: what goes back with the next one. */
const BLOCKS_PER_TASK = 12;

export interface DecodePoolOptions {
  readonly threads: number;
  /** Decoded text that all threads together may keep. */
  readonly cacheBytes: number;
  /** Another way to start a worker; for tests. */
  readonly start?: (cacheBytes: number) => Thread;
}

interface Job {
  readonly plan: QueryPlan;
  readonly task: ChunkTask;
  readonly settle: (answer: TaskAnswer) => void;
}

interface Slot {
  readonly thread: Thread;
  job: Job | undefined;
  /** The plan that the thread has. */
  planId: number | undefined;
}

/**
 * Worker threads that decode and filter chunks, shared by all queries of a process. Queries take turns, task by task.
 * Threads start when there is work for them and stay; one that dies fails its task and is replaced.
 */
export class DecodePool implements ChunkExecutor {
  readonly width: number;
  readonly cacheBytes: number;
  readonly #start: () => Thread;
  readonly #slots = new Set<Slot>();
  readonly #queue = new FairQueue<Job>();
  readonly #memory = new BlockMemory();
  queries = 0;
  #closed = false;

  constructor({ threads, cacheBytes, start = startDecodeThread }: DecodePoolOptions) {
    this.width = threads;
    this.cacheBytes = cacheBytes / threads;
    this.#start = () => start(this.cacheBytes);
  }

  run<T extends ChunkTask>(plan: QueryPlan, task: T, signal: AbortSignal): Promise<ChunkResult<T>> {
    if (this.#closed) return Promise.reject(closed());
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    return new Promise((resolve, reject) => {
      const job: Job = {
        plan,
        task,
        settle: (answer) => {
          signal.removeEventListener('abort', onAbort);
          if ('failure' in answer) reject(errorOf(answer.failure));
          else resolve(answer.result as ChunkResult<T>);
        },
      };
      // A task that has begun is short: its result is thrown away when it comes.
      const onAbort = (): void => {
        this.#queue.remove(plan.id, job);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.add(plan.id, job);
      this.#handOut();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (let job = this.#queue.take(); job !== undefined; job = this.#queue.take()) job.settle(CLOSED);
    const slots = [...this.#slots];
    this.#slots.clear();
    for (const { job } of slots) job?.settle(CLOSED);
    await Promise.all(slots.map(({ thread }) => thread.terminate()));
  }

  #handOut(): void {
    while (this.#queue.size > 0) {
      const slot = this.#freeSlot();
      const job = slot && this.#queue.take();
      if (slot === undefined || job === undefined) return;
      const memory = job.task.kind === 'select' ? this.#memory.some(BLOCKS_PER_TASK) : [];
      const message: TaskMessage = { task: job.task, plan: slot.planId === job.plan.id ? undefined : job.plan, memory };
      slot.job = job;
      slot.planId = job.plan.id;
      slot.thread.post(message, memory);
    }
  }

  #freeSlot(): Slot | undefined {
    for (const slot of this.#slots) if (slot.job === undefined) return slot;
    return this.#slots.size < this.width ? this.#newSlot() : undefined;
  }

  #newSlot(): Slot {
    const slot: Slot = { thread: this.#start(), job: undefined, planId: undefined };
    this.#slots.add(slot);
    slot.thread.listen({
      onMessage: (message) => {
        slot.thread.rest();
        this.#settle(slot, message as TaskAnswer);
      },
      onEnd: (reason) => {
        if (!this.#slots.delete(slot)) return;
        this.#settle(slot, { failure: { code: 'INTERNAL', message: `a decoding thread has died: ${reason}` } });
      },
    });
    return slot;
  }

  #lend(result: TaskResult): void {
    if (result.kind !== 'select') return;
    for (const { bytes } of result.blocks) {
      if (bytes.buffer.byteLength === BLOCK_BYTES) lend(bytes.buffer as ArrayBuffer, this.#memory);
    }
  }

  #settle(slot: Slot, answer: TaskAnswer): void {
    const { job } = slot;
    slot.job = undefined;
    if ('result' in answer) this.#lend(answer.result);
    job?.settle(answer);
    if (!this.#closed) this.#handOut();
  }
}

const CLOSED: TaskAnswer = { failure: { code: 'NOT_READY', message: 'the service is stopping' } };

function closed(): TracerError {
  return errorOf({ code: 'NOT_READY', message: 'the service is stopping' });
}

function startDecodeThread(cacheBytes: number): Thread {
  return startThread('./decode.worker.js', { cacheBytes });
}
