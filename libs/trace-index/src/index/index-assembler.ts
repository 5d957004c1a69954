import { MAX_LINE_BYTES } from '../query/file-facts.js';
import { ChunkColumns, type ChunkExtremes } from '../kernels/chunk-columns.js';
import {
  FIRST_RECORD_CLASS,
  LINE_CLASS,
  LineScanner,
  type HashUse,
  type MetadataVisitor,
} from '../kernels/line-scanner.js';
import { TextChecksum } from '../kernels/text-checksum.js';
import type { TraceKernels } from '../kernels/trace-kernels.js';
import { DefinitionBuilder } from './definitions.js';
import { DurationTotalsBuilder } from './duration-totals.js';
import { movesOf, unescaped } from './index-dictionaries.js';
import type { Cut, Piece, TextEnd } from './text-pieces.js';

const FIRST_AREA_BYTES = 1 << 20;
/** What the scanner may read behind a line. */
const AREA_SLACK = 128;
const NEWLINE = 10;

/** A finished chunk, on its way into the index file. Buffers are valid during the call. */
export interface AssembledChunk {
  readonly cut: Cut;
  readonly firstLine: number;
  readonly endLine: number;
  /** `TextChecksum` of the lines, without one that is too long to be served. */
  readonly sum: number;
  readonly tidy: boolean;
  readonly rows: number;
  readonly firstRow: number;
  readonly metadata: number;
  readonly extremes: ChunkExtremes;
  /** Ids that occur, of the file's dictionaries. */
  readonly classList: Uint32Array;
  readonly laneList: Uint32Array;
  readonly segment: Buffer;
  readonly hashBits: Buffer;
}

/** Where chunks go. Windows come in the order of their cuts, possibly before the chunk in front is finished. */
export interface ChunkReceiver {
  window(packed: Buffer): void;
  chunk(chunk: AssembledChunk): void;
}

/** What the whole text held. */
export interface AssembledText {
  readonly rows: number;
  /** Newlines in the usable text. */
  readonly lines: number;
  /** Bytes behind the last line that is served. */
  readonly tailBytes: number;
  /** Whether the last line is whole. */
  readonly complete: boolean;
}

/**
 * Makes chunks of the pieces of a text: keeps the incomplete line at the end of a piece, reads the whole ones into rows,
 * and closes a chunk when all lines that begin in it are read.
 *
 * ```
 *   pieces   │ piece │ piece │ piece │ piece │ …
 *   cuts     ▲               ▲                       a chunk is the lines that begin between two cuts;
 *   lines  ──┬────┬─────┬───────┬───┬────┬──         its last line ends behind the next cut
 * ```
 */
export class IndexAssembler {
  readonly scanner: LineScanner;
  readonly columns: ChunkColumns;
  readonly definitions = new DefinitionBuilder();
  readonly durations = new DurationTotalsBuilder();
  readonly #kernels: TraceKernels;
  readonly #checksum: TextChecksum;
  readonly #receiver: ChunkReceiver;
  #area: number;
  #areaBytes = FIRST_AREA_BYTES;
  /** Where in the area the line begins that has not ended, and how much of it is there. */
  #at: number;
  #pending = 0;
  /** Text offset of the line that is pending. */
  #line = 0;
  /** Bytes of an oversized line that were dropped. */
  #dropped = 0;
  /** The chunk that is being read comes first. */
  readonly #cuts: Cut[] = [];
  #chunk = 0;
  #firstLine = 0;
  #firstRow = 0;
  #metadata = 0;
  #knownClasses = 0;
  #tsMin = Infinity;
  #endMax = -Infinity;

  constructor(kernels: TraceKernels, receiver: ChunkReceiver) {
    this.#kernels = kernels;
    this.#receiver = receiver;
    this.scanner = new LineScanner(kernels);
    this.columns = new ChunkColumns(kernels);
    this.#checksum = new TextChecksum(kernels);
    this.#area = this.#at = kernels.allocate(FIRST_AREA_BYTES + AREA_SLACK);
    this.scanner.reset();
    this.columns.reset();
    this.#checksum.begin();
  }

  /** @throws DictionaryOverflow when the file has more distinct values than an index keeps */
  push({ bytes, cut, window }: Piece): void {
    if (cut !== undefined) this.#cuts.push(cut);
    if (window !== undefined) this.#receiver.window(window);
    let from = 0;
    if (this.#dropped > 0) {
      from = bytes.indexOf(NEWLINE) + 1;
      if (from === 0) {
        this.#dropped += bytes.length;
        return;
      }
      this.#endOversized(from);
    }
    this.#append(bytes.subarray(from));
    const whole = this.#wholeLines(bytes.length - from);
    if (whole > 0) this.#scan(whole);
    else if (this.#pending > MAX_LINE_BYTES) {
      this.#dropped = this.#pending;
      this.#pending = 0;
    }
  }

  /** The text has ended: reads what is behind the last newline, if that is a line, and closes the last chunk. */
  finish(end: TextEnd, format: 'gzip' | 'plain'): AssembledText {
    const pending = this.#pending + this.#dropped;
    const cut = end.problem !== undefined && end.problem.kind !== 'garbage';
    const whole = !cut && this.#lastLine(format);
    while (this.#cuts.length > 0) this.#close();
    const rows = this.#firstRow;
    return {
      rows,
      lines: rows - (whole && pending > 0 ? 1 : 0),
      tailBytes: whole ? 0 : pending,
      complete: whole,
    };
  }

  /** The hashes in args of the events and metadata records. */
  hashUses(): { text: string; use: HashUse }[] {
    const { hashes } = this.scanner;
    return Array.from({ length: hashes.count }, (_, i) => ({
      text: hashes.text(i + 1).toString(),
      use: this.scanner.hashUse(i + 1),
    }));
  }

  /** Smallest start and largest end of the events. */
  get times(): { minTsUs: number | undefined; maxEndUs: number | undefined } {
    return {
      minTsUs: this.#tsMin === Infinity ? undefined : this.#tsMin,
      maxEndUs: this.#endMax === -Infinity ? undefined : this.#endMax,
    };
  }

  /** Puts bytes behind the pending line, which moves to the start of the area. */
  #append(bytes: Uint8Array): void {
    const needed = this.#pending + bytes.length;
    if (needed > this.#areaBytes) {
      this.#areaBytes = needed * 2;
      this.#area = this.#kernels.allocate(this.#areaBytes + AREA_SLACK);
    }
    // The bytes shall stand at the same place modulo 16 as where they come from: see `piece-ring.ts`.
    const at = this.#area + ((bytes.byteOffset - this.#area - this.#pending) & 15);
    this.#kernels.bytes.copyWithin(at, this.#at, this.#at + this.#pending);
    this.#kernels.bytes.set(bytes, at + this.#pending);
    this.#at = at;
    this.#pending = needed;
  }

  /** How far the pending bytes are whole lines, looking at the last `fresh` of them; 0 = none is. */
  #wholeLines(fresh: number): number {
    const end = this.#at + this.#pending;
    const newline = this.#kernels.bytes.subarray(end - fresh, end).lastIndexOf(NEWLINE);
    return newline < 0 ? 0 : this.#pending - fresh + newline + 1;
  }

  /** Reads the lines in the first `length` pending bytes. */
  #scan(length: number): void {
    const limit = this.#at + length;
    for (;;) {
      const next = this.#cuts[1];
      const from = this.#at;
      const stop = Math.min(limit, next === undefined ? Infinity : from + next.textOffset - this.#line);
      this.#at = this.scanner.scan(from, Math.max(from, stop), this.#onMetadata);
      this.#checksum.add(from, this.#at);
      this.#line += this.#at - from;
      this.#pending -= this.#at - from;
      if (next === undefined || this.#line < next.textOffset) break;
      this.#close();
    }
  }

  #endOversized(length: number): void {
    this.scanner.addOversizedLine();
    this.#line += this.#dropped + length;
    this.#dropped = 0;
    for (let next = this.#cuts[1]; next !== undefined && next.textOffset <= this.#line; next = this.#cuts[1]) {
      this.#close();
    }
  }

  /** Whether the bytes behind the last newline, if there are any, are a line: then it is read. */
  #lastLine(format: 'gzip' | 'plain'): boolean {
    if (this.#dropped > 0) {
      if (format === 'gzip') this.#endOversized(0);
      return format === 'gzip';
    }
    if (this.#pending === 0) return true;
    this.#append(Uint8Array.of(NEWLINE));
    this.scanner.scan(this.#at, this.#at + 1, this.#onMetadata);
    // A plain file that stops in the middle of a line is one that is still being written.
    const kind = this.scanner.lastClass;
    if (format === 'plain' && (kind === LINE_CLASS.invalid || kind === LINE_CLASS.oversized)) {
      this.scanner.dropLastRow();
      return false;
    }
    this.scanner.markUntidy();
    this.#checksum.add(this.#at, this.#at + this.#pending - 1);
    this.#line += this.#pending - 1;
    return true;
  }

  readonly #onMetadata: MetadataVisitor = (record) => {
    this.#metadata++;
    this.definitions.add(record, this.#firstRow + this.scanner.rows.count - 1);
  };

  /** Finds out which of the classes that are new in this chunk move data. */
  #learnMoves(): void {
    const { classes, texts } = this.scanner;
    const first = this.#knownClasses + 1;
    if (classes.count < first) return;
    const words = classes.words();
    const moves = new Uint32Array(classes.count + 1 - first);
    for (let id = first; id <= classes.count; id++) {
      const name = id < FIRST_RECORD_CLASS ? 0 : (words[id * 4] ?? 0);
      moves[id - first] = movesOf(name === 0 ? undefined : unescaped(texts.text(name)));
    }
    this.columns.setMoves(first, moves);
    this.#knownClasses = classes.count;
  }

  /** Ends the chunk that is being read: its last line ends where the pending one begins. */
  #close(): void {
    const cut = this.#cuts.shift();
    if (cut === undefined) return;
    const rows = this.scanner.rows.count;
    this.#learnMoves();
    const extremes = this.columns.fold(this.scanner, this.#chunk);
    this.durations.add(extremes);
    this.#tsMin = Math.min(this.#tsMin, extremes.tsMin);
    this.#endMax = Math.max(this.#endMax, extremes.endMax);
    // First: making room for it may detach every other view.
    const segment = this.columns.encode();
    this.#receiver.chunk({
      cut,
      rows,
      extremes,
      firstLine: this.#firstLine,
      endLine: this.#line,
      sum: this.#checksum.end(),
      tidy: this.scanner.isTidy,
      firstRow: this.#firstRow,
      metadata: this.#metadata,
      classList: this.columns.classList,
      laneList: this.columns.laneList,
      segment,
      hashBits: this.scanner.hashBits,
    });
    this.#firstRow += rows;
    this.#firstLine = this.#line;
    this.#metadata = 0;
    this.#checksum.begin();
    this.scanner.beginChunk(++this.#chunk);
  }
}
