import { reasonOf, TracerError, type Log } from '@tracer/base';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpanBatch, SpanStore } from './span-store.js';

export interface IngestLimits {
  /** Spans that may wait; a batch that would exceed it is refused. */
  readonly queuedSpans: number;
  /** Spans written in one transaction. */
  readonly flushSpans: number;
  /** Transactions at a time. */
  readonly writers: number;
  /** How long a write that fails is tried again before its spans are given up. */
  readonly retryMs: number;
}

export const INGEST_LIMITS: IngestLimits = { queuedSpans: 200_000, flushSpans: 20_000, writers: 2, retryMs: 30_000 };

/** What went through the queue since the start. */
export interface IngestCounts {
  readonly queued: number;
  readonly stored: number;
  readonly refused: number;
  readonly failed: number;
}

interface Waiting {
  readonly batch: SpanBatch;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

const FIRST_PAUSE_MS = 50;

/**
 * Gathers what arrives while a transaction runs into the next one (group commit): a lone request is written at once,
 * under load the transactions grow. Nothing is held back to wait for more.
 *
 * ```
 *   add ─► waiting (bounded) ─► writer ─► store.insert ─► every add of the flush resolves
 *             │ full                        │ fails: the same batches again, then all reject
 *             └► NOT_READY
 * ```
 */
export class IngestQueue {
  readonly #waiting: Waiting[] = [];
  #waitingSpans = 0;
  #running = 0;
  readonly #counts = { stored: 0, refused: 0, failed: 0 };
  readonly #idle: (() => void)[] = [];

  constructor(
    private readonly store: Pick<SpanStore, 'insert'>,
    private readonly log: Log,
    private readonly limits: IngestLimits = INGEST_LIMITS,
  ) {}

  get counts(): IngestCounts {
    return { queued: this.#waitingSpans, ...this.#counts };
  }

  /** Resolves when the spans are stored. Throws NOT_READY when the queue is full or the store went on failing. */
  add(batch: SpanBatch): Promise<void> {
    const { length } = batch.spans;
    if (length === 0) return Promise.resolve();
    // A single batch larger than the queue is let in alone: refusing it for ever would lose it.
    if (this.#waitingSpans > 0 && this.#waitingSpans + length > this.limits.queuedSpans) {
      this.#counts.refused += length;
      return Promise.reject(
        new TracerError('NOT_READY', `${this.#waitingSpans} spans wait to be stored already, try again`),
      );
    }
    this.#waitingSpans += length;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject });
      this.#wake();
    });
  }

  /** Resolves when nothing waits or is being written. */
  async drained(): Promise<void> {
    if (this.#running === 0 && this.#waiting.length === 0) return;
    await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #wake(): void {
    if (this.#running >= this.limits.writers || this.#waiting.length === 0) return;
    this.#running++;
    void this.#flush(this.#take()).finally(() => {
      this.#running--;
      if (this.#running === 0 && this.#waiting.length === 0) for (const idle of this.#idle.splice(0)) idle();
      this.#wake();
    });
  }

  #take(): Waiting[] {
    let spans = 0;
    let count = 0;
    for (const { batch } of this.#waiting) {
      if (count > 0 && spans + batch.spans.length > this.limits.flushSpans) break;
      spans += batch.spans.length;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #flush(taken: readonly Waiting[]): Promise<void> {
    const batches = taken.map(({ batch }) => batch);
    const spans = batches.reduce((sum, batch) => sum + batch.spans.length, 0);
    try {
      await this.#insert(batches);
      this.#counts.stored += spans;
      for (const { resolve } of taken) resolve();
    } catch (error) {
      this.#counts.failed += spans;
      this.log.warn({ spans, reason: reasonOf(error) }, 'spans could not be stored');
      for (const { reject } of taken) reject(error);
    } finally {
      this.#waitingSpans -= spans;
    }
  }

  /** The same array each time: that is how the store knows that it is the same attempt. */
  async #insert(batches: readonly SpanBatch[]): Promise<void> {
    const deadline = performance.now() + this.limits.retryMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
      try {
        await this.store.insert(batches);
        return;
      } catch (error) {
        if (performance.now() + pauseMs > deadline) throw error;
      }
      await sleep(pauseMs);
    }
  }
}
