import type { Writable } from 'node:stream';
import type { Follower } from './followers.js';
import { eventsIn } from './skipped-lines.js';

export type TailFormat = 'ndjson' | 'sse';

/** What may wait for a slow client; beyond it lines are skipped. */
const QUEUE_BYTES = 4 << 20;
/** Proxies close connections on which nothing happens. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Writes the lines of running sessions to one client, as they come:
 *
 *   ndjson   the lines of the trace file
 *   sse      `data: <line>` events; `event: end` with the reason at the end
 *
 * A client that is slower than the session does not hold it up: lines are skipped whole, and where they are missing
 * stands an event `events skipped` with their number (`event: skipped` in SSE).
 */
export class LiveTail implements Follower {
  #skipped = 0;
  #open: number;
  #reason = '';
  readonly #keepAlive: NodeJS.Timeout | undefined;

  /** Ends the stream when `sessions` sessions have ended. */
  constructor(
    private readonly out: Writable,
    private readonly format: TailFormat,
    sessions: number,
  ) {
    this.#open = sessions;
    out.on('drain', () => {
      this.#tellSkipped();
    });
    if (format === 'sse') this.#keepAlive = setInterval(() => out.write(': still here\n\n'), KEEP_ALIVE_MS);
    out.once('close', () => {
      clearInterval(this.#keepAlive);
    });
  }

  lines(lines: Buffer): void {
    if (this.out.destroyed || this.out.writableEnded) return;
    if (this.out.writableLength > QUEUE_BYTES) {
      this.#skipped += eventsIn(lines);
      return;
    }
    this.#tellSkipped();
    this.out.write(this.format === 'sse' ? sseEvents(lines) : lines);
  }

  end(reason: string): void {
    this.#reason = reason;
    this.#open--;
    if (this.#open > 0 || this.out.destroyed || this.out.writableEnded) return;
    this.#tellSkipped();
    if (this.format === 'sse') this.out.write(`event: end\ndata: ${JSON.stringify({ reason: this.#reason })}\n\n`);
    this.out.end();
  }

  #tellSkipped(): void {
    if (this.#skipped === 0 || this.out.writableEnded) return;
    const count = this.#skipped;
    this.#skipped = 0;
    const event = JSON.stringify({ name: 'events skipped', cat: 'tracer', ph: 'X', ts: 0, dur: 0, args: { count } });
    this.out.write(this.format === 'sse' ? `event: skipped\ndata: {"count":${count}}\n\n` : `${event}\n`);
  }
}

function sseEvents(lines: Buffer): string {
  const text = lines.toString('utf8').trimEnd();
  return text === '' ? '' : `data: ${text.replaceAll('\n', '\n\ndata: ')}\n\n`;
}
