import { TracerError } from '@tracer/base';
import type { ByteSource } from '../kernels/byte-source.js';
import { GzipStream, OUTPUT_SLACK, WINDOW_BYTES, type ResumePoint } from '../kernels/gzip-stream.js';
import type { TraceKernels } from '../kernels/trace-kernels.js';
import { TextChecksum } from '../kernels/text-checksum.js';
import { MAX_LINE_BYTES } from '../query/file-facts.js';
import type { ChunkFacts } from './chunk-record.js';
import { CHUNK_BYTES } from './text-pieces.js';

const STEP_BYTES = 64 * 1024;
/** A chunk of a well compressed trace is about this long in the file. */
const INPUT_BYTES = 96 * 1024;
/** What kernels may read behind a text. */
const READ_SLACK = 64;
const NEWLINE = 10;
/** Of the lines of a chunk, the share from which on it is not worth while to stop behind the last wanted one. */
const NEARLY_ALL = 0.8;
/** What is kept of a chunk for the next one: its window, and the end of a line, unless that is unusually long. */
const TAIL_BYTES = WINDOW_BYTES + 64 * 1024;

/** What a chunk is decoded from. */
export interface ChunkSource {
  readonly trace: ByteSource;
  readonly chunk: ChunkFacts;
  /** Text offset at which the next chunk begins. */
  readonly next: number | undefined;
  /** The packed window; empty when the chunk needs none. */
  readonly window: Buffer;
}

/** Lines of a decoded chunk, from the first that begins in it; addresses of kernel memory, valid until the next decode. */
export interface ChunkLines {
  readonly from: number;
  readonly to: number;
  /** Whether all lines of the chunk are there, not only the first ones. */
  readonly whole: boolean;
}

/** Where decoding stands at the end of a chunk, so that the next chunk needs no window and no code tables. */
interface Reached {
  readonly trace: ByteSource;
  /** Of the next chunk. */
  readonly textOffset: number;
  /** Address of that text while it was decoded. */
  readonly address: number;
  /** How much of the text in front of that, and of what is decoded behind it, is kept in the tail. */
  readonly before: number;
  readonly behind: number;
}

/**
 * Decodes the text of one chunk after the other into an area of kernel memory. Lines that are all decoded are compared
 * with their checksum, and the tail is kept: the chunk behind it goes on from there instead of from its own
 * resume point.
 *
 * ```
 *  area                 start = textOffset   first line             next cut     end of the last line
 *   ├── window 32 KiB ──┼── rest of a line ──┼── lines …  ──────────┼────────────┤
 *                                                    ├── tail ──────┴────────────┤
 * ```
 */
export class ChunkDecoder {
  readonly #kernels: TraceKernels;
  readonly #stream: GzipStream;
  #area = 0;
  #areaBytes = 0;
  readonly #checksum: TextChecksum;
  readonly #tail: number;
  #reached: Reached | undefined;

  constructor(kernels: TraceKernels) {
    this.#kernels = kernels;
    this.#stream = new GzipStream(kernels, { read: () => 0 }, INPUT_BYTES);
    this.#checksum = new TextChecksum(kernels);
    this.#tail = kernels.allocate(TAIL_BYTES);
    this.#reserve(CHUNK_BYTES + STEP_BYTES);
  }

  /**
   * Decodes at least the first `lines` lines of a chunk, of which none is oversized.
   *
   * @throws TracerError STORAGE_FAILED when the file does not hold what was indexed
   */
  decode(source: ChunkSource, lines: number): ChunkLines {
    const { chunk, next } = source;
    // An oversized line stands at the end of its chunk and is never wanted.
    const within = (next ?? chunk.endLine) - chunk.cut.textOffset;
    const length = Math.min(chunk.endLine - chunk.cut.textOffset, within + MAX_LINE_BYTES + 1);
    this.#reserve(length);
    const { point } = chunk.cut;
    return point.kind === 'plain' ? this.#read(source, length) : this.#inflate(source, point, length, lines);
  }

  /** Puts lines that were decoded before back where they can be worked on. */
  restore(lines: Uint8Array): ChunkLines {
    this.#reserve(lines.length);
    this.#kernels.bytes.set(lines, this.#area);
    return { from: this.#area, to: this.#area + lines.length, whole: true };
  }

  #read({ trace, chunk }: ChunkSource, length: number): ChunkLines {
    const { cut, firstLine } = chunk;
    const area = this.#kernels.bytes.subarray(this.#area, this.#area + length);
    if (trace.read(area, cut.textOffset) < length) throw changed('it is shorter');
    return this.#compared(chunk, this.#area + firstLine - cut.textOffset, this.#area + length);
  }

  #inflate(source: ChunkSource, point: ResumePoint, length: number, lines: number): ChunkLines {
    const { chunk, next } = source;
    const { cut } = chunk;
    const start = this.#area + WINDOW_BYTES;
    this.#begin(source, point, start);
    const end = start + length;
    const from = start + chunk.firstLine - cut.textOffset;
    const toEnd = lines >= chunk.rows * NEARLY_ALL;
    let counted = from;
    let missing = lines;
    while (this.#stream.output < end && missing > 0) {
      const target = toEnd ? end : Math.min(end, this.#stream.output + STEP_BYTES);
      this.#advance(target, end);
      if (toEnd || this.#stream.output <= counted) continue;
      missing -= this.#kernels.run.count_lines(counted, this.#stream.output);
      counted = this.#stream.output;
    }
    const { output } = this.#stream;
    const found = output < end ? { from, to: output, whole: false } : this.#compared(chunk, from, end);
    const cutAt = next === undefined ? Infinity : start + next - cut.textOffset;
    if (next !== undefined && output >= cutAt) this.#keepTail(source.trace, next, cutAt);
    return found;
  }

  /** All lines of a chunk, or those in front of a line that is too long to be served and ends behind `to`. */
  #compared(chunk: ChunkFacts, from: number, to: number): ChunkLines {
    const whole = to - from === chunk.endLine - chunk.firstLine;
    const end = whole ? to : from + this.#kernels.bytes.subarray(from, to).lastIndexOf(NEWLINE) + 1;
    if (this.#checksum.of(from, end) !== chunk.sum) throw changed('a checksum');
    return { from, to, whole };
  }

  /** Goes on from the chunk before if that was the last one that was decoded to its end, else from the resume point. */
  #begin(source: ChunkSource, point: ResumePoint, start: number): void {
    const { textOffset } = source.chunk.cut;
    const reached = this.#reached;
    // Whatever goes wrong from here on: the stream is not where it was.
    this.#reached = undefined;
    if (reached?.trace === source.trace && reached.textOffset === textOffset) this.#goOn(reached, start);
    else this.#resume(source, point, start);
  }

  /** Keeps what the next chunk needs of this one: the caller may write over the lines that it gets. */
  #keepTail(trace: ByteSource, textOffset: number, address: number): void {
    const { output, windowBytes } = this.#stream;
    const behind = output - address;
    const before = Math.max(0, windowBytes - behind);
    if (before + behind > TAIL_BYTES) return;
    this.#kernels.bytes.copyWithin(this.#tail, address - before, output);
    this.#reached = { trace, textOffset, address, before, behind };
  }

  #goOn({ address, before, behind }: Reached, start: number): void {
    this.#kernels.bytes.copyWithin(start - before, this.#tail, this.#tail + before + behind);
    this.#stream.slid(address - start, start - before);
  }

  #resume({ trace, chunk, window }: ChunkSource, point: ResumePoint, start: number): void {
    const { windowBytes } = chunk.cut;
    try {
      if (windowBytes > 0) this.#stream.unpackWindow(window, start);
      this.#stream.resume(trace, point, start, windowBytes);
    } catch (error) {
      throw changed('a block or its window', error);
    }
  }

  /** Decodes up to `target`, or to the end of a member. */
  #advance(target: number, end: number): void {
    const { type } = this.#stream.run(target);
    if (type !== 'output' && type !== 'member' && this.#stream.output < end) throw changed('it ends earlier');
  }

  /** Room for `bytes` of text. */
  #reserve(bytes: number): void {
    const needed = WINDOW_BYTES + bytes + STEP_BYTES + 2 * OUTPUT_SLACK + READ_SLACK;
    if (needed <= this.#areaBytes) return;
    this.#areaBytes = needed * 2;
    this.#area = this.#kernels.allocate(this.#areaBytes);
  }
}

function changed(what: string, cause?: unknown): TracerError {
  return new TracerError('STORAGE_FAILED', `the file is not what was indexed: ${what}`, { cause });
}
