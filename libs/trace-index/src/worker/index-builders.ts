import { TracerError } from '@tracer/base';
import { removeTemporaries } from '../index/index-writer.js';
import type { BuildAnswer, BuildRequest } from './build-messages.js';
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

/** Builds indexes in threads of its own, as many at a time as it is asked to. */
export class IndexBuilders {
  readonly #idle: { readonly thread: Thread; readonly timer: NodeJS.Timeout }[] = [];
  #closed = false;

  constructor(private readonly start: () => Thread = () => startThread('./build.worker.js')) {}

  /**
   * An aborted build ends at once and leaves nothing.
   *
   * @throws TracerError STORAGE_FAILED when the file cannot be read or the index not be written
   */
  async build(request: BuildRequest, { signal, onProgress }: BuildWatch): Promise<BuildOutcome> {
    signal.throwIfAborted();
    const thread = this.#take();
    try {
      const outcome = await conversation(thread, request, signal, onProgress);
      this.#rest(thread);
      return outcome;
    } catch (error) {
      // It may be in the middle of the file.
      await thread.terminate();
      removeTemporaries(request.indexPath);
      throw error;
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

  #take(): Thread {
    const idle = this.#idle.pop();
    if (idle === undefined) return this.start();
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
      this.#idle.splice(
        this.#idle.findIndex((idle) => idle.thread === thread),
        1,
      );
      void thread.terminate();
    }, IDLE_MS).unref();
    this.#idle.push({ thread, timer });
  }
}

function conversation(
  thread: Thread,
  request: BuildRequest,
  signal: AbortSignal,
  onProgress: BuildWatch['onProgress'],
): Promise<BuildOutcome> {
  return new Promise<BuildOutcome>((resolve, reject) => {
    const onAbort = (): void => {
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    thread.listen({
      onMessage: (message) => {
        const answer = message as BuildAnswer;
        if ('progress' in answer) {
          onProgress?.(answer.progress);
          return;
        }
        signal.removeEventListener('abort', onAbort);
        if ('failure' in answer) reject(errorOf(answer.failure));
        else resolve('built' in answer ? answer.built : answer);
      },
      onEnd: (reason) => {
        reject(new TracerError('INTERNAL', `the indexing thread has died: ${reason}`));
      },
    });
    thread.post(request);
  });
}
