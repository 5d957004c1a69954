/**
 * Reads a text trace stream (`trace_pipe`) that an external hook set up.
 *
 * The file is opened non-blocking: an empty one answers EAGAIN and is asked again a little later, so no thread ever
 * waits in the kernel. What read(2) returned is split into lines with the rest kept for the next read; nothing is
 * thrown away. Lines that the kernel overwrote before they could be read are announced by the kernel itself
 * (`CPU:1 [LOST 123 EVENTS]`) and are counted.
 */
import { closeSync, constants, fstatSync, openSync, read, realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf } from '@tracer/base';

/** Takes whole lines without their newline, in order; the next ones come when its promise has settled. */
export type TraceLineSink = (lines: readonly string[]) => void | Promise<void>;

export interface StreamCounts {
  readonly lines: number;
  readonly bytes: number;
  /** Events that the kernel says it overwrote. */
  readonly lost: number;
  /** Lines longer than the limit, of which only the beginning was handed on. */
  readonly cut: number;
}

/** trace_pipe never hands out more than two pages at a time. */
const CHUNK_BYTES = 16 * 1024;
const MAX_LINE_BYTES = 16 * 1024;
const IDLE_MS = 20;
/** The last drain reads a ring that nobody writes any more; this bounds it if somebody does. */
const FINISH_MS = 2000;
const LOST = /^CPU:\d+ \[LOST (?:(\d+) )?EVENTS\]$/u;

const readAsync = promisify(read);

export class TraceStream {
  /** Why reading ended before it was told to. */
  problem: string | undefined;
  readonly #fd: number;
  readonly #sink: TraceLineSink;
  readonly #chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  readonly #reading: Promise<void>;
  #rest: Buffer = Buffer.alloc(0);
  #skipping = false;
  #finishBy = Infinity;
  #wake: (() => void) | undefined;
  #lines = 0;
  #bytes = 0;
  #lost = 0;
  #cut = 0;

  private constructor(fd: number, sink: TraceLineSink) {
    this.#fd = fd;
    this.#sink = sink;
    this.#reading = this.#read();
  }

  /**
   * Opens the stream and begins to read.
   *
   * @throws Error in words if the path is not a readable regular file below the tracefs path
   */
  static open(path: string, tracefsPath: string, sink: TraceLineSink): TraceStream {
    if (path.includes('\0') || !path.startsWith(sep)) throw new Error('not an absolute path');
    const real = realpathSync(path);
    const root = realpathSync(tracefsPath);
    if (!real.startsWith(root + sep)) throw new Error(`not below the tracefs path ${tracefsPath}`);
    const fd = openSync(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    if (!fstatSync(fd).isFile()) {
      closeSync(fd);
      throw new Error('not a regular file');
    }
    return new TraceStream(fd, sink);
  }

  counts(): StreamCounts {
    return { lines: this.#lines, bytes: this.#bytes, lost: this.#lost, cut: this.#cut };
  }

  /**
   * Reads what is left and closes. Settles when the file is closed; never rejects. Idempotent. The caller has stopped
   * the recording before, or else this reads on for at most two seconds.
   */
  finish(): Promise<void> {
    if (this.#finishBy === Infinity) {
      this.#finishBy = Date.now() + FINISH_MS;
      this.#wake?.();
    }
    return this.#reading;
  }

  async #read(): Promise<void> {
    try {
      while (Date.now() < this.#finishBy) {
        // Asked before the read: what was written until the recording stopped is there to be read after it.
        const finishing = this.#finishBy !== Infinity;
        const length = await this.#readChunk();
        if (length > 0) await this.#take(this.#chunk.subarray(0, length));
        else if (finishing) break;
        else await this.#idle();
      }
      if (this.#rest.length > 0) await this.#emit([this.#rest.toString('utf8')]);
    } catch (error) {
      this.problem = reasonOf(error);
    } finally {
      closeSync(this.#fd);
    }
  }

  /** The number of bytes read; 0 if there is nothing now. */
  async #readChunk(): Promise<number> {
    try {
      return (await readAsync(this.#fd, this.#chunk, 0, CHUNK_BYTES, null)).bytesRead;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  }

  async #take(chunk: Buffer): Promise<void> {
    this.#bytes += chunk.length;
    const lastNewline = chunk.lastIndexOf(0x0a);
    if (lastNewline < 0) return this.#keep(chunk);
    const text = Buffer.concat([this.#rest, chunk.subarray(0, lastNewline)]).toString('utf8');
    const lines = text.split('\n');
    // The end of a line whose beginning was handed on as a cut line.
    if (this.#skipping) lines.shift();
    this.#skipping = false;
    this.#rest = Buffer.from(chunk.subarray(lastNewline + 1));
    await this.#emit(lines);
  }

  /** A piece without an end of line: kept, unless the line is longer than any line should be. */
  async #keep(chunk: Buffer): Promise<void> {
    if (this.#skipping) return;
    this.#rest = Buffer.concat([this.#rest, chunk]);
    if (this.#rest.length <= MAX_LINE_BYTES) return;
    const beginning = this.#rest.toString('utf8', 0, MAX_LINE_BYTES);
    this.#rest = Buffer.alloc(0);
    this.#skipping = true;
    this.#cut += 1;
    await this.#emit([beginning]);
  }

  async #emit(lines: readonly string[]): Promise<void> {
    const events = lines.filter((line) => line !== '' && !this.#countLost(line));
    this.#lines += events.length;
    if (events.length > 0) await this.#sink(events);
  }

  #countLost(line: string): boolean {
    const lost = LOST.exec(line);
    if (lost === null) return false;
    // The kernel leaves the number out when it does not know it: at least one.
    this.#lost += Number(lost[1] ?? 1);
    return true;
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#finishBy === Infinity ? IDLE_MS : 0);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
