import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, TracerError, type Log } from '@tracer/base';
import type { DmArrival } from './dm-event.js';
import type { DmEventStore } from './dm-event-store.js';

export interface DmQueueLimits {
  /** Bytes of events that may wait; an upload that would exceed it is refused. */
  readonly queuedBytes: number;
  /** Bytes written in one transaction. */
  readonly flushBytes: number;
  /** How long a write that fails is tried again before its events are given up. */
  readonly retryMs: number;
}

export const DM_QUEUE_LIMITS: DmQueueLimits = { queuedBytes: 64 << 20, flushBytes: 8 << 20, retryMs: 20_000 };

/** What went through the queue since the start, in events; `queued` ones are in it now. */
export interface DmQueueCounts {
  readonly queued: number;
  readonly stored: number;
  readonly refused: number;
  readonly failed: number;
}

interface Upload {
  readonly arrivals: readonly DmArrival[];
  readonly sizeBytes: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const FIRST_PAUSE_MS = 50;

/**
 * Gathers the uploads that come while a transaction runs into the next one (group commit), one transaction at a time, so
 * that the order of arrival is the order of storage.
 *
 * ```
 *   add ─► waiting (bounded in bytes) ─► store.append ─► every upload of the transaction resolves
 *             │ full                        │ fails: the same events again, then all reject
 *             └► NOT_READY
 * ```
 */
export class DmEventQueue {
  readonly #waiting: Upload[] = [];
  #queuedBytes = 0;
  #queued = 0;
  #running: Promise<void> | undefined;
  readonly #counts = { stored: 0, refused: 0, failed: 0 };

  constructor(
    private readonly store: Pick<DmEventStore, 'append'>,
    private readonly log: Log,
    private readonly nowUs: () => number,
    private readonly limits: DmQueueLimits = DM_QUEUE_LIMITS,
  ) {}

  get counts(): DmQueueCounts {
    return { queued: this.#queued, ...this.#counts };
  }

  /** Resolves when the events are stored. Throws NOT_READY when the queue is full or the store went on failing. */
  add(arrivals: readonly DmArrival[]): Promise<void> {
    if (arrivals.length === 0) return Promise.resolve();
    const sizeBytes = arrivals.reduce((sum, { wire }) => sum + wire.length, 0);
    if (this.#queued > 0 && this.#queuedBytes + sizeBytes > this.limits.queuedBytes) {
      this.#counts.refused += arrivals.length;
      return Promise.reject(new TracerError('NOT_READY', `${this.#queued} events wait to be stored, try again`));
    }
    this.#queued += arrivals.length;
    this.#queuedBytes += sizeBytes;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ arrivals, sizeBytes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing waits or is being written. */
  async drained(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#flush(this.#take());
    this.#running = undefined;
  }

  #take(): Upload[] {
    let sizeBytes = 0;
    let count = 0;
    for (const upload of this.#waiting) {
      if (count > 0 && sizeBytes + upload.sizeBytes > this.limits.flushBytes) break;
      sizeBytes += upload.sizeBytes;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #flush(uploads: readonly Upload[]): Promise<void> {
    const arrivals = uploads.flatMap((upload) => upload.arrivals);
    try {
      await this.#append(arrivals);
      this.#counts.stored += arrivals.length;
      for (const { resolve } of uploads) resolve();
    } catch (error) {
      this.#counts.failed += arrivals.length;
      this.log.warn({ events: arrivals.length, reason: reasonOf(error) }, 'replication events could not be stored');
      const failure = new TracerError('NOT_READY', 'the events could not be stored, try again', { cause: error });
      for (const { reject } of uploads) reject(failure);
    } finally {
      this.#queued -= arrivals.length;
      this.#queuedBytes -= uploads.reduce((sum, upload) => sum + upload.sizeBytes, 0);
    }
  }

  /** The same array each time: that is how the store knows that it is the same attempt. */
  async #append(arrivals: readonly DmArrival[]): Promise<void> {
    const deadline = performance.now() + this.limits.retryMs;
    const receivedAtUs = this.nowUs();
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
      try {
        await this.store.append(arrivals, receivedAtUs);
        return;
      } catch (error) {
        if (performance.now() + pauseMs > deadline) throw error;
      }
      await sleep(pauseMs);
    }
  }
}
