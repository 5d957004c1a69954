import { crc32 } from 'node:zlib';
import type { ByteSource } from './byte-source.js';
import { GzipHeaderParser } from './gzip-header.js';
import { INFLATE, INFLATE_MESSAGES, InflateState, PHASE } from './inflate-state.js';
import type { TraceKernels } from './trace-kernels.js';

export const WINDOW_BYTES = 32 * 1024;
/** The decoder stops this far before the end of its output area, so that copies need no bounds. */
export const OUTPUT_SLACK = 300;
const INPUT_BYTES = 256 * 1024;
/** More than the header of any block. */
const BLOCK_HEADER_BYTES = 1024;
/** What the kernel may read behind the last input byte. */
const INPUT_SLACK = 1024;
const TRAILER_BYTES = 8;
/** More than a window that does not compress, with its runs. */
const PACKED_WINDOW_BYTES = 70_000;

/**
 * A place in a gzip file where decoding can start, given the text of up to 32 KiB before it:
 *
 * - `member`: the header of a member begins at `byte`; no text is needed;
 * - `block`: the header of a deflate block begins at bit `bit` of `byte`;
 * - `codes`: a symbol inside a Huffman block; the code tables are read again from the block's header at `block`;
 * - `stored`: inside a stored block of which `left` bytes remain.
 */
export type ResumePoint =
  | { readonly kind: 'member'; readonly byte: number }
  | { readonly kind: 'block'; readonly byte: number; readonly bit: number }
  | {
      readonly kind: 'codes';
      readonly byte: number;
      readonly bit: number;
      readonly block: { readonly byte: number; readonly bit: number };
    }
  | { readonly kind: 'stored'; readonly byte: number; readonly left: number; readonly last: boolean };

export type GzipEvent =
  /** The output has reached the address that was asked for. */
  | { readonly type: 'output' }
  /** A member ended; `run` goes on with what follows. */
  | { readonly type: 'member' }
  /** No further member begins. From `garbageAt` on there are bytes that are no gzip; padding with zeros is none. */
  | { readonly type: 'end'; readonly garbageAt?: number }
  /** The file ends inside a member. What was decoded is right as far as anyone can tell. */
  | { readonly type: 'truncated' }
  /** The member that began at `memberAt` cannot be right. */
  | { readonly type: 'damaged'; readonly memberAt: number; readonly message: string };

/**
 * Decodes a gzip file of any number of members into an area of kernel memory that its owner slides:
 *
 * ```
 *  base                          output            base + capacity
 *   ├── ≥ 32 KiB already decoded ──┼── free ── … ─────┤
 * ```
 *
 * Input is read in pieces of a fixed size; nothing else is buffered.
 */
export class GzipStream {
  readonly #kernels: TraceKernels;
  readonly #state: InflateState;
  readonly #input: number;
  readonly #inputBytes: number;
  #source: ByteSource;
  /** File offset of the byte at address `#input`. */
  #inputOffset = 0;
  #atEnd = false;
  #header: GzipHeaderParser | undefined = new GzipHeaderParser();
  /** Whether the text is summed up and members are checked. */
  #summing = true;
  #crc = 0;
  #crcFrom = 0;
  #memberAt = 0;
  /** Text of the current member before `#crcFrom`, modulo 2^32 as its trailer says it. */
  #memberBytes = 0;
  #blocksSeen = 0;
  #block = { byte: 0, bit: 0 };
  members = 0;

  /** @param inputBytes how much is read at a time; at least 4 KiB */
  constructor(kernels: TraceKernels, source: ByteSource, inputBytes = INPUT_BYTES) {
    this.#kernels = kernels;
    this.#state = new InflateState(kernels);
    this.#inputBytes = inputBytes;
    this.#input = kernels.allocate(inputBytes + INPUT_SLACK);
    this.#source = source;
  }

  /** Address behind the last decoded byte. */
  get output(): number {
    return this.#state.output;
  }

  /** File offset of the next byte to read, or of the byte that holds the next bit. */
  get position(): number {
    const byte = this.#state.input - (this.#state.bitCount > 0 ? 1 : 0);
    return this.#inputOffset + byte - this.#input;
  }

  /** Begins at the start of `source`, writing from `output` on. */
  start(source: ByteSource, output: number): void {
    this.#openAt(source, 0, output);
    this.#summing = true;
    this.#expectMember(0);
    this.members = 0;
  }

  /**
   * Continues at `point`. The `windowBytes` before `output` hold the text in front of it. No checksum is computed: the
   * caller compares the parts that it reads.
   */
  resume(source: ByteSource, point: ResumePoint, output: number, windowBytes: number): void {
    const { kind } = point;
    if (kind === 'codes') this.#openAt(source, point.block.byte, output, BLOCK_HEADER_BYTES);
    else this.#openAt(source, point.byte, output);
    this.#summing = false;
    if (kind === 'member') {
      this.#expectMember(point.byte);
      return;
    }
    this.#header = undefined;
    this.#state.start();
    this.#state.oldest = output - windowBytes;
    if (kind === 'stored') {
      this.#state.enterStored(point.left, point.last);
      return;
    }
    this.#state.seek(this.#input, kind === 'block' ? point.bit : point.block.bit);
    if (kind === 'block') return;
    const code = this.#kernels.run.inflate_reopen();
    if (code < 0) throw new RangeError('there is no block at the resume point');
    this.#noteBlock();
    this.#refillAt(point.byte);
    this.#state.seek(this.#input, point.bit);
  }

  /** Where decoding stands after an `output` or `member` event. */
  point(): ResumePoint {
    const state = this.#state;
    if (this.#header !== undefined) return { kind: 'member', byte: this.#memberAt };
    const byte = this.position;
    if (state.phase === PHASE.stored) return { kind: 'stored', byte, left: state.storedLeft, last: state.isLastBlock };
    const bit = state.bitCount === 0 ? 0 : 8 - state.bitCount;
    return state.phase === PHASE.header
      ? { kind: 'block', byte, bit }
      : { kind: 'codes', byte, bit, block: this.#block };
  }

  /** How many bytes before `output` a copy could still reach: the window a resume point here needs. */
  get windowBytes(): number {
    return this.#header === undefined ? Math.min(WINDOW_BYTES, this.#state.output - this.#state.oldest) : 0;
  }

  /** Decodes until the output has reached `target` (by up to 300 bytes more), a member or the file ends. */
  run(target: number): GzipEvent {
    for (;;) {
      if (this.#state.output >= target) return { type: 'output' };
      const event = this.#header === undefined ? this.#body(target) : this.#beginMember(this.#header);
      this.#sum();
      if (event !== undefined) return event;
    }
  }

  /** The owner has moved the area: what was at address `a` is at `a - delta`; nothing before `base` was kept. */
  slid(delta: number, base: number): void {
    this.#state.output -= delta;
    this.#state.oldest = Math.max(base, this.#state.oldest - delta);
    this.#state.moveMark(delta);
    this.#crcFrom -= delta;
  }

  /** Keeps the 32 KiB before the output, and begins to note which of these bytes the following data asks for. */
  markWindow(): void {
    this.#kernels.run.keep_window();
    this.#state.mark = this.#state.output;
  }

  /**
   * The marked window as far as it was asked for (`assembly/window.ts`); complete once 32 KiB have followed it, or the
   * member has ended. A view, valid until the kernels' scratch area is used again.
   */
  packWindow(): Buffer {
    const out = this.#kernels.scratch(PACKED_WINDOW_BYTES);
    return this.#kernels.bytes.subarray(out, this.#kernels.run.pack_window(out));
  }

  /**
   * Puts a packed window back in the 32 KiB before `output`; the bytes that nobody asks for stay as they are.
   *
   * @throws RangeError when the bytes are no packed window
   */
  unpackWindow(packed: Uint8Array, output: number): void {
    const at = this.#kernels.scratch(packed.length + INPUT_SLACK);
    this.#kernels.bytes.set(packed, at);
    const done = this.#kernels.run.unpack_window(at, at + packed.length, output - WINDOW_BYTES);
    if (done === 0) throw new RangeError('not a packed window');
  }

  #openAt(source: ByteSource, byte: number, output: number, most = this.#inputBytes): void {
    this.#source = source;
    this.#state.output = output;
    this.#state.mark = 0;
    this.#crcFrom = output;
    this.#blocksSeen = 0;
    this.#refillAt(byte, 0, most);
  }

  #expectMember(at: number): void {
    this.#memberAt = at;
    this.#header = new GzipHeaderParser();
  }

  #beginMember(header: GzipHeaderParser): GzipEvent | undefined {
    const state = this.#state;
    try {
      const at = header.push(this.#kernels.bytes, state.input, state.inputEnd);
      state.setInput(at, state.inputEnd, this.#atEnd);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.#noMember(error.message);
    }
    if (header.isDone) {
      this.#header = undefined;
      this.#crc = this.#memberBytes = 0;
      this.#crcFrom = state.output;
      this.#blocksSeen = 0;
      state.start();
      return undefined;
    }
    if (this.#atEnd) return { type: 'truncated' };
    this.#refillAt(this.position);
    return undefined;
  }

  #body(target: number): GzipEvent | undefined {
    const state = this.#state;
    state.outputEnd = target + OUTPUT_SLACK;
    const code = this.#kernels.run.inflate();
    this.#noteBlock();
    if (code === INFLATE.outputFull) return undefined;
    if (code === INFLATE.inputEmpty) {
      this.#refillAt(this.position, state.bitCount);
      return undefined;
    }
    if (code === INFLATE.streamEnd) return this.#endMember();
    if (code === INFLATE.truncated) return { type: 'truncated' };
    return { type: 'damaged', memberAt: this.#memberAt, message: INFLATE_MESSAGES[code] ?? `inflate error ${code}` };
  }

  #endMember(): GzipEvent {
    const state = this.#state;
    if (state.inputEnd - state.input < TRAILER_BYTES && !this.#atEnd) this.#refillAt(this.position);
    if (state.inputEnd - state.input < TRAILER_BYTES) return { type: 'truncated' };
    this.#sum();
    const trailer = state.input;
    const crc = this.#kernels.bytes.readUInt32LE(trailer);
    const length = this.#kernels.bytes.readUInt32LE(trailer + 4);
    if (this.#summing && crc !== this.#crc) {
      return { type: 'damaged', memberAt: this.#memberAt, message: 'the CRC of the data is wrong' };
    }
    if (this.#summing && length !== this.#memberBytes) {
      return { type: 'damaged', memberAt: this.#memberAt, message: 'the length of the data is wrong' };
    }
    this.members++;
    state.setInput(trailer + TRAILER_BYTES, state.inputEnd, this.#atEnd);
    return this.#afterMember();
  }

  #afterMember(): GzipEvent {
    if (this.#state.input === this.#state.inputEnd && !this.#atEnd) this.#refillAt(this.position);
    if (this.#state.input === this.#state.inputEnd) return { type: 'end' };
    this.#expectMember(this.position);
    return { type: 'member' };
  }

  /** What stands where a member should begin is no header: the file is no gzip, or has something behind its members. */
  #noMember(message: string): GzipEvent {
    const at = this.#memberAt;
    if (this.members === 0) return { type: 'damaged', memberAt: at, message };
    for (let from = at; ; from += this.#inputBytes) {
      this.#refillAt(from);
      const area = this.#kernels.bytes.subarray(this.#input, this.#state.inputEnd);
      if (area.some((byte) => byte !== 0)) return { type: 'end', garbageAt: at };
      if (this.#atEnd) return { type: 'end' };
    }
  }

  #sum(): void {
    const { output } = this.#state;
    if (!this.#summing || this.#crcFrom >= output) return;
    this.#crc = crc32(this.#kernels.bytes.subarray(this.#crcFrom, output), this.#crc);
    this.#memberBytes = (this.#memberBytes + output - this.#crcFrom) >>> 0;
    this.#crcFrom = output;
  }

  /** Keeps the start of the current block as a file offset: its address is gone with the next input. */
  #noteBlock(): void {
    if (this.#state.blocks === this.#blocksSeen) return;
    this.#blocksSeen = this.#state.blocks;
    const byte = this.#inputOffset + this.#state.blockByte - this.#input;
    this.#block = { byte, bit: this.#state.blockBit };
  }

  /** Reads the input area anew from file offset `byte`, of which `bitsLeft` bits (0 = all) are still to be read. */
  #refillAt(byte: number, bitsLeft = 0, most = this.#inputBytes): void {
    const area = this.#kernels.bytes.subarray(this.#input, this.#input + most);
    const n = this.#source.read(area, byte);
    this.#inputOffset = byte;
    this.#atEnd = n < most;
    this.#state.setInput(this.#input, this.#input + n, this.#atEnd);
    if (bitsLeft > 0) this.#state.seek(this.#input, 8 - bitsLeft);
  }
}
