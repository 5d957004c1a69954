import { LiveFrames, type LiveFormat, type LiveReader } from '@tracer/service-kit';
import type { Follower } from './followers.js';

/** Lines that many clients get are put into SSE once. */
const sseOf = new WeakMap<Buffer, LiveFrames>();

/**
 * Writes the lines of running sessions to one client, as they come:
 *
 *   ndjson   the lines of the trace file
 *   sse      `data: <line>` events; `event: end` with the reason at the end
 *
 * A client that is slower than the session does not hold it up, as `LiveReader` has it.
 */
export class LiveTail implements Follower {
  #open: number;

  /** Ends the stream when `sessions` sessions have ended. */
  constructor(
    private readonly reader: LiveReader,
    private readonly format: LiveFormat,
    sessions: number,
  ) {
    this.#open = sessions;
  }

  lines(lines: Buffer): void {
    this.reader.write(this.format === 'sse' ? sseFrames(lines) : new LiveFrames(lines, 'ndjson'));
  }

  end(reason: string): void {
    this.#open--;
    if (this.#open > 0) return;
    this.reader.end(this.format === 'sse' ? `event: end\ndata: ${JSON.stringify({ reason })}\n\n` : '');
  }
}

function sseFrames(lines: Buffer): LiveFrames {
  const known = sseOf.get(lines);
  if (known !== undefined) return known;
  const text = lines.toString('utf8').trimEnd();
  const frames = text === '' ? '' : `data: ${text.replaceAll('\n', '\n\ndata: ')}\n\n`;
  const made = new LiveFrames(Buffer.from(frames), 'sse');
  sseOf.set(lines, made);
  return made;
}
