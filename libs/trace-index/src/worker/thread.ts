import { Worker } from 'node:worker_threads';

export interface ThreadListener {
  onMessage(message: unknown): void;
  /** The thread has ended by itself. */
  onEnd(reason: string): void;
}

/** The other side of a worker thread, as far as pools need it. */
export interface Thread {
  /** Sends work, `transfer` changing hands. The process stays alive until `rest`. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** The work is done: a thread that waits does not keep the process alive. */
  rest(): void;
  /** Takes the place of the listener before. */
  listen(listener: ThreadListener): void;
  terminate(): Promise<void>;
}

/**
 * Room for short-lived objects of a thread. What the threads work on is outside of the heap; a heap of the usual size
 * would only hold on to buffers that nobody needs any more, some 30 MB a thread.
 */
const YOUNG_MB = 4;

/** Starts the worker script `file`, which stands beside this module in the compiled tree. */
export function startThread(file: string, data?: unknown): Thread {
  const worker = new Worker(new URL(file, import.meta.url), {
    workerData: data,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
  });
  let listener: ThreadListener | undefined;
  worker.on('message', (message: unknown) => listener?.onMessage(message));
  worker.on('error', (error: unknown) => listener?.onEnd(error instanceof Error ? error.message : String(error)));
  worker.on('exit', (code) => listener?.onEnd(`it ended with code ${code}`));
  worker.unref();
  return {
    post: (message, transfer = []) => {
      worker.ref();
      worker.postMessage(message, transfer);
    },
    rest: () => {
      worker.unref();
    },
    listen: (next) => {
      listener = next;
    },
    terminate: async () => {
      listener = undefined;
      await worker.terminate();
    },
  };
}
