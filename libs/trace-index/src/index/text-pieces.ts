import type { ByteSource } from '../kernels/byte-source.js';
import { GzipStream, OUTPUT_SLACK, WINDOW_BYTES, type GzipEvent, type ResumePoint } from '../kernels/gzip-stream.js';
import type { TraceKernels } from '../kernels/trace-kernels.js';
import type { FileProblem } from '../query/file-facts.js';

/** Text between two checkpoints, unless a member start offers one for nothing. */
export const CHUNK_BYTES = 512 * 1024;
const PIECE_BYTES = 128 * 1024;
const AREA_BYTES = WINDOW_BYTES + 4 * PIECE_BYTES + 2 * OUTPUT_SLACK;

/** Where in the file the text can be continued: in gzip data, or at a byte of a plain file. */
export type TextPoint = ResumePoint | { readonly kind: 'plain'; readonly byte: number };

/** What of a file is read, and in which portions. */
export interface TextExtent {
  /** Of the file; what is appended meanwhile is not seen. */
  readonly sizeBytes: number;
  /** The text of a gzip file ends there, although it may go on. */
  readonly limitBytes: number;
  /** Text between two checkpoints; more than the 32 KiB of a window. */
  readonly chunkBytes: number;
}

/** A place where decoding can start. */
export interface Cut {
  readonly textOffset: number;
  readonly point: TextPoint;
  /** How many bytes in front of it a decoder must know; their packed form comes later. */
  readonly windowBytes: number;
}

export interface Piece {
  /** Valid until the next piece is asked for. */
  readonly bytes: Uint8Array;
  /** Set when decoding can start at the first byte of this piece. */
  readonly cut?: Cut;
  /** The window of the most recent cut that has one, packed, when it is known now. Valid until the next piece is asked for. */
  readonly window?: Buffer;
}

/** What is known when the text has ended. */
export interface TextEnd {
  readonly problem?: FileProblem;
  readonly members: number;
  readonly textBytes: number;
  /** Text up to the end of the last member whose checksum is right. */
  readonly verifiedBytes: number;
  readonly garbageBytes: number;
}

/** The text of a file in pieces of at most 128 KiB, cut into chunks. */
export interface TextPieces {
  /** The next piece, possibly empty; `undefined` when the text has ended, and `end` says how. */
  next(): Piece | undefined;
  readonly end: TextEnd;
  /** Bytes of the file that have been read, for progress. */
  readonly position: number;
}

/**
 * A gzip file as pieces. Checkpoints lie 512 KiB of text apart, wherever that is in the deflate stream, and at member
 * starts that come soon enough. A window is handed on after the 32 KiB of text that can ask for it.
 */
export class GzipPieces implements TextPieces {
  readonly #kernels: TraceKernels;
  readonly #stream: GzipStream;
  readonly #area: number;
  readonly #sizeBytes: number;
  readonly #limitBytes: number;
  readonly #chunkBytes: number;
  #text = 0;
  #verified = 0;
  #lastCut = -1;
  /** Text offset of the cut whose window is being found out; -1 = none. */
  #windowAt = -1;
  #atMember = true;
  #end: TextEnd | undefined;

  constructor(kernels: TraceKernels, source: ByteSource, { sizeBytes, limitBytes, chunkBytes }: TextExtent) {
    this.#kernels = kernels;
    this.#sizeBytes = sizeBytes;
    this.#limitBytes = limitBytes;
    this.#chunkBytes = chunkBytes;
    this.#stream = new GzipStream(kernels, source);
    this.#area = kernels.allocate(AREA_BYTES);
    this.#stream.start(source, this.#area + WINDOW_BYTES);
  }

  get position(): number {
    return this.#stream.position;
  }

  get end(): TextEnd {
    if (this.#end === undefined) throw new RangeError('the text has not ended yet');
    return this.#end;
  }

  next(): Piece | undefined {
    if (this.#end !== undefined) return undefined;
    this.#slide();
    const cut = this.#cut();
    const from = this.#stream.output;
    const wanted = Math.min(PIECE_BYTES, this.#lastCut + this.#chunkBytes - this.#text);
    const event = this.#stream.run(from + wanted);
    const length = Math.min(this.#stream.output - from, this.#limitBytes - this.#text);
    this.#text += length;
    this.#atMember = event.type === 'member';
    if (this.#atMember || event.type === 'end') this.#verified = this.#text;
    if ((event.type !== 'output' && event.type !== 'member') || this.#text >= this.#limitBytes) this.#finish(event);
    const window = this.#window();
    return {
      bytes: this.#kernels.bytes.subarray(from, from + length),
      ...(cut && { cut }),
      ...(window && { window }),
    };
  }

  #slide(): void {
    const { output } = this.#stream;
    if (output + PIECE_BYTES + OUTPUT_SLACK <= this.#area + AREA_BYTES) return;
    const delta = output - WINDOW_BYTES - this.#area;
    this.#kernels.bytes.copyWithin(this.#area, output - WINDOW_BYTES, output);
    this.#stream.slid(delta, this.#area);
  }

  #cut(): Cut | undefined {
    const since = this.#text - this.#lastCut;
    const enough = since >= this.#chunkBytes || (this.#atMember && since >= this.#chunkBytes / 4);
    if (this.#lastCut >= 0 && !enough) return undefined;
    this.#lastCut = this.#text;
    const { windowBytes } = this.#stream;
    if (windowBytes > 0) {
      this.#stream.markWindow();
      this.#windowAt = this.#text;
    }
    return { textOffset: this.#text, point: this.#stream.point(), windowBytes };
  }

  /** The window that was marked, once nothing can ask for more of it. */
  #window(): Buffer | undefined {
    if (this.#windowAt < 0 || (this.#text - this.#windowAt < WINDOW_BYTES && this.#end === undefined)) return undefined;
    this.#windowAt = -1;
    return this.#stream.packWindow();
  }

  #finish(event: GzipEvent): void {
    const garbageAt = event.type === 'end' ? event.garbageAt : undefined;
    const problem = problemOf(event, this.#sizeBytes);
    this.#end = {
      ...(problem && { problem }),
      members: this.#stream.members,
      textBytes: this.#text,
      verifiedBytes: this.#verified,
      garbageBytes: garbageAt === undefined ? 0 : this.#sizeBytes - garbageAt,
    };
  }
}

function problemOf(event: GzipEvent, sizeBytes: number): FileProblem | undefined {
  switch (event.type) {
    case 'truncated':
      return {
        kind: 'truncated',
        atByte: sizeBytes,
        message: sizeBytes === 0 ? 'the file is empty' : 'ends inside a gzip member',
      };
    case 'damaged':
      return { kind: 'damaged', atByte: event.memberAt, message: event.message };
    case 'end':
      if (event.garbageAt === undefined) return undefined;
      return {
        kind: 'garbage',
        atByte: event.garbageAt,
        message: `${sizeBytes - event.garbageAt} bytes after the last gzip member`,
      };
    case 'output':
    case 'member':
      return undefined;
  }
}

/** A plain file as pieces: every byte is a place to start at. */
export class PlainPieces implements TextPieces {
  readonly #bytes = Buffer.allocUnsafeSlow(PIECE_BYTES);
  #ended = false;
  position = 0;

  constructor(
    private readonly source: ByteSource,
    private readonly extent: TextExtent,
  ) {}

  get end(): TextEnd {
    return {
      members: 1,
      textBytes: this.position,
      verifiedBytes: this.position,
      garbageBytes: 0,
    };
  }

  next(): Piece | undefined {
    if (this.#ended) return undefined;
    const textOffset = this.position;
    const { sizeBytes, chunkBytes } = this.extent;
    const intoChunk = textOffset % chunkBytes;
    const wanted = Math.min(PIECE_BYTES, sizeBytes - textOffset, chunkBytes - intoChunk);
    const bytes = this.#bytes.subarray(0, this.source.read(this.#bytes.subarray(0, wanted), textOffset));
    this.position += bytes.length;
    this.#ended = this.position >= sizeBytes || bytes.length < wanted;
    if (intoChunk !== 0) return { bytes };
    return { bytes, cut: { textOffset, point: { kind: 'plain', byte: textOffset }, windowBytes: 0 } };
  }
}
