import { stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { TracerError } from '@tracer/base';
import { removeTemporaries } from '../index/index-writer.js';
import { createPieceRing, failPieceRing, stopPieceRing } from '../index/piece-ring.js';
import type { BuildAnswer, BuildMessage, BuildRequest } from './build-messages.js';
import { errorOf } from './task-messages.js';
import { startThread, type Thread } from './thread.js';

/** A thread that has nothing to do is ended after this time: it holds tens of megabytes. */
const IDLE_MS = 5000;

export type BuildOutcome = { readonly bytes: number } | { readonly unsuitable: string };

export interface BuildWatch {
  readonly signal: AbortSignal;
  /** Told now and then how many bytes of the file have been read. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** From this size on, and when nothing else is built, a second thread inflates for the one that builds. */
const SHARED_FROM_BYTES = 4 << 20;

export interface IndexBuildersOptions {
  readonly start?: () => Thread;
  /** Processors that may be used. */
  readonly threads?: number;
}

/** Builds indexes in threads of its own, as many at a time as it is asked to. */
export class IndexBuilders {
  readonly #idle: { readonly thread: Thread; readonly timer: NodeJS.Timeout }[] = [];
  readonly #start: () => Thread;
  readonly #threads: number;
  #active = 0;
  #closed = false;

  constructor(options: IndexBuildersOptions = {}) {
    this.#start = options.start ?? (() => startThread('./build.worker.js'));
    this.#threads = options.threads ?? availableParallelism();
  }

  /**
   * An aborted build ends at once and leaves nothing.
   *
   * @throws TracerError NOT_FOUND or STORAGE_FAILED when the file cannot be read or the index not be written
   */
  async build(request: BuildRequest, watch: BuildWatch): Promise<BuildOutcome> {
    watch.signal.throwIfAborted();
    this.#active++;
    try {
      return (await this.#isShared(request))
        ? await this.#buildShared(request, watch)
        : await this.#buildAlone(request, watch);
    } catch (error) {
      removeTemporaries(request.indexPath);
      throw error;
    } finally {
      this.#active--;
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(
      this.#idle.splice(0).map(({ thread, timer }) => {
        clearTimeout(timer);
        return thread.terminate();
      }),
    );
  }

  async #isShared({ tracePath, format }: BuildRequest): Promise<boolean> {
    if (format !== 'gzip' || this.#threads < 2) return false;
    const size = await stat(tracePath).then(
      (found) => found.size,
      () => 0,
    );
    return size >= SHARED_FROM_BYTES && this.#active === 1;
  }

  async #buildAlone(request: BuildRequest, watch: BuildWatch): Promise<BuildOutcome> {
    return outcomeOf(await this.#converse({ kind: 'build', ...request }, watch));
  }

  async #buildShared(request: BuildRequest, watch: BuildWatch): Promise<BuildOutcome> {
    const { tracePath, chunkBytes } = request;
    const ring = createPieceRing();
    const inflating = this.#converse({ kind: 'inflate', tracePath, chunkBytes, ring }, { signal: watch.signal });
    // Should it fail, the one who waits for its pieces is told through the ring.
    const inflated = inflating.catch(() => {
      failPieceRing(ring);
    });
    try {
      return outcomeOf(await this.#converse({ kind: 'build', ...request, ring }, watch));
    } finally {
      stopPieceRing(ring);
      await inflated;
    }
  }

  async #converse(message: BuildMessage, { signal, onProgress }: BuildWatch): Promise<BuildAnswer> {
    const thread = this.#take();
    try {
      const answer = await conversation(thread, message, signal, onProgress);
      this.#rest(thread);
      return answer;
    } catch (error) {
      // It may be in the middle of the file.
      await thread.terminate();
      throw error;
    }
  }

  #take(): Thread {
    const idle = this.#idle.pop();
    if (idle === undefined) return this.#start();
    clearTimeout(idle.timer);
    return idle.thread;
  }

  #rest(thread: Thread): void {
    thread.rest();
    if (this.#closed) {
      void thread.terminate();
      return;
    }
    const timer = setTimeout(() => {
      const place = this.#idle.findIndex((idle) => idle.thread === thread);
      this.#idle.splice(place, 1);
      void thread.terminate();
    }, IDLE_MS).unref();
    this.#idle.push({ thread, timer });
  }
}

function outcomeOf(answer: BuildAnswer): BuildOutcome {
  if ('built' in answer) return answer.built;
  if ('unsuitable' in answer) return answer;
  throw new TracerError('INTERNAL', 'the indexing thread gave an answer to another question');
}

/** Everything up to the last answer to a message. */
function conversation(
  thread: Thread,
  message: BuildMessage,
  signal: AbortSignal,
  onProgress: BuildWatch['onProgress'],
): Promise<BuildAnswer> {
  return new Promise<BuildAnswer>((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    thread.listen({
      onMessage: (received) => {
        const answer = received as BuildAnswer;
        if ('progress' in answer) {
          onProgress?.(answer.progress);
          return;
        }
        signal.removeEventListener('abort', onAbort);
        if ('failure' in answer) reject(errorOf(answer.failure));
        else resolve(answer);
      },
      onEnd: (reason) => {
        reject(new TracerError('INTERNAL', `the indexing thread has died: ${reason}`));
      },
    });
    thread.post(message);
  });
}
