import { crc32 } from 'node:zlib';
import { TracerError } from '@tracer/base';
import type { ByteSource } from '../kernels/byte-source.js';
import { GzipStream, OUTPUT_SLACK, WINDOW_BYTES, type GzipEvent, type ResumePoint } from '../kernels/gzip-stream.js';
import type { TraceKernels } from '../kernels/trace-kernels.js';
import { TextChecksum } from '../kernels/text-checksum.js';
import { MAX_LINE_BYTES } from '../query/file-facts.js';
import type { ChunkFacts } from './chunk-record.js';
import { CHUNK_BYTES, type Cut } from './text-pieces.js';

const STEP_BYTES = 64 * 1024;
/** A chunk of a well compressed trace is about this long in the file. */
const INPUT_BYTES = 96 * 1024;
/** What kernels may read behind a text. */
const READ_SLACK = 64;
/** Of the lines of a chunk, the share from which on it is not worth while to stop behind the last wanted one. */
const NEARLY_ALL = 0.8;
/** What is kept of a chunk for the next one: its window, and the end of a line, unless that is unusually long. */
const TAIL_BYTES = WINDOW_BYTES + 64 * 1024;

/** What a chunk is decoded from. */
export interface ChunkSource {
  readonly trace: ByteSource;
  readonly chunk: ChunkFacts;
  /** Where the next chunk begins, and the checksum of the text up to there. */
  readonly next: Pick<Cut, 'textOffset' | 'sum'> | undefined;
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
 * Decodes the text of one chunk after the other into an area of kernel memory. A chunk that is decoded to its end is
 * compared with its checksum, and its tail is kept: the chunk behind it goes on from there instead of from its own
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
  /** Where the text begins that the next trailer of a member vouches for, and the CRC up to there. */
  #part = { from: 0, crc: 0 };
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
    const within = (next?.textOffset ?? chunk.endLine) - chunk.cut.textOffset;
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

  #read({ trace, chunk, next }: ChunkSource, length: number): ChunkLines {
    const { cut, firstLine, endLine } = chunk;
    const area = this.#kernels.bytes.subarray(this.#area, this.#area + length);
    if (trace.read(area, cut.textOffset) < length) throw changed('it is shorter');
    const within = (next?.textOffset ?? Infinity) - cut.textOffset;
    if (next !== undefined && within <= length) this.#compare(this.#area, this.#area + within, next.sum);
    const from = this.#area + firstLine - cut.textOffset;
    return { from, to: this.#area + length, whole: cut.textOffset + length === endLine };
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
      this.#advance(target, end, next === undefined);
      if (toEnd || this.#stream.output <= counted) continue;
      missing -= this.#kernels.run.count_lines(counted, this.#stream.output);
      counted = this.#stream.output;
    }
    const to = Math.min(this.#stream.output, end);
    const cutAt = next === undefined ? Infinity : start + next.textOffset - cut.textOffset;
    if (next !== undefined && this.#stream.output >= cutAt) {
      this.#compare(start, cutAt, next.sum);
      this.#keepTail(source.trace, next.textOffset, cutAt);
    }
    return { from, to, whole: to === end && cut.textOffset + length === chunk.endLine };
  }

  /** Goes on from the chunk before if that was the last one that was decoded to its end, else from the resume point. */
  #begin(source: ChunkSource, point: ResumePoint, start: number): void {
    const { cut } = source.chunk;
    const crc = point.kind === 'member' ? 0 : cut.crc;
    const reached = this.#reached;
    // Whatever goes wrong from here on: the stream is not where it was.
    this.#reached = undefined;
    if (reached?.trace === source.trace && reached.textOffset === cut.textOffset) this.#goOn(reached, start, crc);
    else {
      this.#resume(source, point, start);
      this.#part = { from: start, crc };
    }
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

  #goOn({ address, before, behind }: Reached, start: number, crc: number): void {
    this.#kernels.bytes.copyWithin(start - before, this.#tail, this.#tail + before + behind);
    this.#stream.slid(address - start, start - before);
    // A member may have ended behind the cut.
    const from = this.#part.from - (address - start);
    this.#part = from >= start ? { from, crc: this.#part.crc } : { from: start, crc };
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

  /** Decodes up to `target`, or to the end of a member: the last chunk has no other checksum than that of its member. */
  #advance(target: number, end: number, isLast: boolean): void {
    const event: GzipEvent = this.#stream.run(target);
    const { output } = this.#stream;
    if (event.type === 'output') return;
    if (event.type === 'member' || event.type === 'end') {
      if (isLast) this.#compareCrc(output, event.crc);
      this.#part = { from: output, crc: 0 };
    }
    if (event.type !== 'member' && output < end) throw changed('it ends earlier');
  }

  #compare(from: number, to: number, sum: number): void {
    if (this.#checksum.of(from, to) !== sum) throw changed('a checksum');
  }

  /** Compares the CRC of the text from the start of its member, or of what is known of it, to `to`. */
  #compareCrc(to: number, crc: number): void {
    const { from, crc: before } = this.#part;
    if (to > from && crc32(this.#kernels.bytes.subarray(from, to), before) !== crc) throw changed('a checksum');
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
