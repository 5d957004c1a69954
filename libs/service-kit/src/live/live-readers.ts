import type { Writable } from 'node:stream';
import { TracerError } from '@tracer/base';
import type { LiveFormat, LiveFrames } from './live-frames.js';

export interface LiveReaderLimits {
  /** Readers at a time. */
  readonly most: number;
  /** What may wait in memory for all of them together. */
  readonly totalBytes: number;
}

/** What may wait for one reader: when few are there, and when many are. */
const MOST_BYTES = 4 << 20;
const LEAST_BYTES = 64 << 10;
/** Proxies close connections on which nothing happens. */
const KEEP_ALIVE_MS = 15_000;

/** The clients of all live streams of a process. */
export class LiveReaders {
  readonly #open = new Set<LiveReader>();
  #skipped = 0;

  constructor(private readonly limits: LiveReaderLimits) {}

  get size(): number {
    return this.#open.size;
  }

  /** Events that readers did not get because they were too slow. */
  get skippedEvents(): number {
    return this.#skipped;
  }

  /** What may wait for one reader now: each may be at another place of the stream. */
  get queueBytes(): number {
    return Math.max(LEAST_BYTES, Math.min(MOST_BYTES, Math.floor(this.limits.totalBytes / Math.max(1, this.size))));
  }

  /** A place for a client, until its stream closes. Throws TOO_MANY. */
  add(out: Writable, format: LiveFormat): LiveReader {
    if (this.size >= this.limits.most)
      throw new TracerError('TOO_MANY', `${this.limits.most} clients follow sessions already`);
    const reader = new LiveReader(out, format, {
      queueBytes: () => this.queueBytes,
      skipped: (events) => {
        this.#skipped += events;
      },
      closed: () => {
        this.#open.delete(reader);
      },
    });
    this.#open.add(reader);
    return reader;
  }
}

interface Pool {
  queueBytes(): number;
  skipped(events: number): void;
  closed(): void;
}

/**
 * One client of a live stream. It holds nobody up: while too much waits for it, frames are skipped whole, and where they
 * are missing stands an event `events skipped` with their number (`event: skipped` in SSE).
 */
export class LiveReader {
  #skipped = 0;
  readonly #keepAlive: NodeJS.Timeout | undefined;

  constructor(
    private readonly out: Writable,
    private readonly format: LiveFormat,
    private readonly pool: Pool,
  ) {
    out.on('drain', () => {
      this.#tellSkipped();
    });
    if (format === 'sse')
      this.#keepAlive = setInterval(() => {
        if (!out.writableNeedDrain && !this.isOver) out.write(': still here\n\n');
      }, KEEP_ALIVE_MS);
    out.once('close', () => {
      clearInterval(this.#keepAlive);
      pool.closed();
    });
  }

  /** Gone, or told the end. */
  get isOver(): boolean {
    return this.out.destroyed || this.out.writableEnded;
  }

  /** Whether it has taken so much that it could take more at once. */
  get hasRoom(): boolean {
    return !this.out.writableNeedDrain;
  }

  write(frames: LiveFrames): void {
    if (this.isOver || frames.bytes.length === 0) return;
    if (this.out.writableLength > this.pool.queueBytes()) {
      this.#skipped += frames.events;
      this.pool.skipped(frames.events);
      return;
    }
    this.#tellSkipped();
    this.out.write(frames.bytes);
  }

  /** Ends the stream with these last frames. */
  end(last: string): void {
    if (this.isOver) return;
    this.#tellSkipped();
    this.out.end(last);
  }

  #tellSkipped(): void {
    if (this.#skipped === 0 || this.isOver) return;
    const count = this.#skipped;
    this.#skipped = 0;
    const event = JSON.stringify({ name: 'events skipped', cat: 'tracer', ph: 'X', ts: 0, dur: 0, args: { count } });
    this.out.write(this.format === 'sse' ? `event: skipped\ndata: {"count":${count}}\n\n` : `${event}\n`);
  }
}
