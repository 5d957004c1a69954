import { MAX_LINE_BYTES } from '../query/file-facts.js';
import { hashText } from '../query/trace-event.js';
import { TraceRecord, valueAt } from '../query/trace-record.js';
import { numericArg } from '../query/transfer.js';
import { Dictionary, DictionaryOverflow } from './dictionary.js';
import type { TraceKernels } from './trace-kernels.js';

/** Classes of lines that are no record; records have ids from 4 on. */
export const LINE_CLASS = { nothing: 1, invalid: 2, oversized: 3 } as const;
export const FIRST_RECORD_CLASS = 4;
/** The kind of a class, the fourth word of its entry; the first three are the classes of no record. */
export const KIND = { event: 3, metadata: 4 } as const;

const SCAN = { done: 0, rowsFull: 1, dictionaryFull: 2, forHost: 3, metadata: 4 } as const;

/** Fields of the state record in `assembly/scan.ts`, as indexes of 32-bit words. */
const TS = 0;
const DUR = 1;
const CLASS = 2;
const LANE = 3;
const CAPACITY = 4;
const ROWS = 5;
const NEXT = 6;
const LINE = 7;
const LINE_END = 8;
const MOST_BYTES = 9;
const CHUNK = 10;
const HASH_USE = 11;
const HASHES_LOST = 12;
const UNTIDY = 13;
const RETURNED = 14;
const ITEM_SIZE = 15;
const WORDS = 16;

const HASH_BITS_BYTES = 512;
const HASH_USE_BYTES = 16;
const FIRST_ROWS = 16_384;
/** Keys of args whose values are hashes, as bits of `HashUse.keys`. */
export const HASH_KEYS: ReadonlyMap<string, number> = new Map([
  ['fhash', 1],
  ['hhash', 2],
  ['shash', 4],
  ['cmd_hash', 8],
  ['exec_hash', 16],
]);
/** Marks the classes of no record, so that no combination of texts is equal to them. */
const NO_TEXT = 0xffff_ffff;

const TEXT_LIMITS = { entries: 1 << 21, textBytes: 48 << 20 };
const HASH_LIMITS = { entries: 1 << 18, textBytes: 8 << 20 };
const CLASS_LIMITS = { entries: 1 << 21, textBytes: 0 };
const LANE_LIMITS = { entries: 1 << 20, textBytes: 0 };

/** Where a hash occurs in args. */
export interface HashUse {
  readonly firstChunk: number;
  readonly lastChunk: number;
  /** Sum of the `HASH_KEYS` it stands behind. */
  readonly keys: number;
}

/** Told of every metadata record, with its line. The record is valid during the call only. */
export type MetadataVisitor = (record: TraceRecord) => void;

/** The rows of the chunk that is being read; views of kernel memory, valid until the next scan. */
export interface Rows {
  readonly count: number;
  /** Addresses of the columns. */
  readonly ts: number;
  readonly dur: number;
  readonly classes: number;
  readonly lanes: number;
  readonly returned: number;
  readonly itemSizes: number;
}

/**
 * Turns lines in kernel memory into rows (`assembly/scan.ts`). What the kernel leaves to the host is read with
 * `TraceRecord`, the reference: both give the same values for the same line.
 */
export class LineScanner {
  readonly texts: Dictionary;
  readonly hashes: Dictionary;
  readonly classes: Dictionary;
  readonly lanes: Dictionary;
  readonly #kernels: TraceKernels;
  readonly #record = new TraceRecord();
  #hashUse = 0;
  #hashUseCapacity = 0;

  constructor(kernels: TraceKernels) {
    this.#kernels = kernels;
    this.texts = new Dictionary(kernels, 0, 'distinct names and categories', 8, TEXT_LIMITS);
    this.hashes = new Dictionary(kernels, 1, 'distinct hashes', 8, HASH_LIMITS);
    this.classes = new Dictionary(kernels, 2, 'distinct combinations of name, category and phase', 16, CLASS_LIMITS);
    this.lanes = new Dictionary(kernels, 3, 'distinct threads', 16, LANE_LIMITS);
    this.#giveRows(FIRST_ROWS);
  }

  /** Begins a file: no rows, no texts. */
  reset(): void {
    this.texts.reset(4096, 1 << 17);
    this.hashes.reset(4096, 1 << 17);
    this.classes.reset(4096, 0);
    this.lanes.reset(1024, 0);
    this.#kernels.run.scan_reset();
    this.#giveHashUse();
    for (const id of Object.values(LINE_CLASS)) {
      this.#kernels.run.add_class(NO_TEXT, id, 0);
      this.classes.words()[id * 4 + 3] = 0;
    }
    const state = this.#state();
    state[ROWS] = state[HASHES_LOST] = 0;
    state[MOST_BYTES] = MAX_LINE_BYTES;
    this.beginChunk(0);
  }

  beginChunk(chunk: number): void {
    const state = this.#state();
    state[ROWS] = state[UNTIDY] = 0;
    state[CHUNK] = chunk;
    const bits = this.#kernels.run.scan_hash_bits();
    this.#kernels.bytes.fill(0, bits, bits + HASH_BITS_BYTES);
  }

  get rows(): Rows {
    const state = this.#state();
    return {
      count: state[ROWS] ?? 0,
      ts: state[TS] ?? 0,
      dur: state[DUR] ?? 0,
      classes: state[CLASS] ?? 0,
      lanes: state[LANE] ?? 0,
      returned: state[RETURNED] ?? 0,
      itemSizes: state[ITEM_SIZE] ?? 0,
    };
  }

  /** Room of each column. */
  get rowCapacity(): number {
    return this.#state()[CAPACITY] ?? 0;
  }

  /** Whether every line of this chunk is a record and a newline, nothing else. */
  get isTidy(): boolean {
    return this.#state()[UNTIDY] === 0;
  }

  /** The class of the last row. */
  get lastClass(): number {
    const { count, classes } = this.rows;
    return this.#kernels.u32(classes, count)[count - 1] ?? 0;
  }

  /** Says that this chunk's lines are not what they look like. */
  markUntidy(): void {
    this.#state()[UNTIDY] = 1;
  }

  /** Takes the last row back, whose line turned out to be none. */
  dropLastRow(): void {
    const state = this.#state();
    state[ROWS] = (state[ROWS] ?? 0) - 1;
  }

  /** Adds a row for a line that was too long to be kept. */
  addOversizedLine(): void {
    this.#store(NO_NUMBERS, LINE_CLASS.oversized, 0);
    this.markUntidy();
  }

  /** Bits of the hashes of this chunk; a view. */
  get hashBits(): Buffer {
    const at = this.#kernels.run.scan_hash_bits();
    return this.#kernels.bytes.subarray(at, at + HASH_BITS_BYTES);
  }

  /** Whether some hash found no room: then `hashUse` says nothing about any. */
  get hashesLost(): boolean {
    return this.#state()[HASHES_LOST] === 1;
  }

  hashUse(id: number): HashUse {
    const [first = 0, last = 0, keys = 0] = this.#kernels.u32(this.#hashUse + id * HASH_USE_BYTES, 3);
    return { firstChunk: first - 1, lastChunk: last - 1, keys };
  }

  /**
   * Adds a row for each line that begins in `[from, stop)`; the last of them ends with a newline at or behind `stop`.
   * Behind that newline 64 bytes must be readable. Returns the address behind the last line.
   *
   * @throws DictionaryOverflow when the file has too many distinct values for an index
   */
  scan(from: number, stop: number, metadata: MetadataVisitor): number {
    for (let at = from; ;) {
      if (this.hashes.isNearlyFull) this.#growHashes();
      const why = this.#kernels.run.scan(at, stop);
      at = this.#state()[NEXT] ?? 0;
      if (why === SCAN.done) return at;
      this.#serve(why, metadata);
    }
  }

  /** Does what the kernel stopped for. */
  #serve(why: number, metadata: MetadataVisitor): void {
    const { [LINE]: line = 0, [LINE_END]: end = 0, [NEXT]: next = 0, [CAPACITY]: capacity = 0 } = this.#state();
    switch (why) {
      case SCAN.rowsFull:
        this.#giveRows(capacity * 2);
        return;
      case SCAN.dictionaryFull:
        this.#growDictionary(next);
        return;
      case SCAN.forHost:
        this.#readByHost(line, end, metadata);
        return;
      case SCAN.metadata:
        this.#record.read(this.#kernels.bytes, line, end);
        metadata(this.#record);
        return;
      default:
        throw new RangeError(`scan returned ${why}`);
    }
  }

  /** The line at LINE, read by the reference. */
  #readByHost(line: number, end: number, metadata: MetadataVisitor): void {
    const record = this.#record;
    // A copy: what is added below may grow the memory and detach every view of it.
    const kind = record.read(Buffer.from(this.#kernels.bytes.subarray(line, end)), 0, end - line);
    if (kind !== 'record') {
      this.#store(NO_NUMBERS, LINE_CLASS[kind], 0);
      return;
    }
    const { ts = NaN, dur = NaN } = record;
    const classId = this.#classOf(record);
    const lane = this.#laneOf(record);
    for (const [key, hash] of hashesOf(record)) {
      this.#withBytes(Buffer.from(hash), (at, length) => {
        this.#kernels.run.note_hash(at, length, key);
      });
    }
    this.#store({ ts, dur, ...measuresOf(record) }, classId, lane);
    if (record.isMetadata) metadata(record);
  }

  #classOf({ name, cat, ph }: TraceRecord): number {
    const phase = typeof ph === 'number' ? String(ph) : JSON.stringify(ph);
    const [nameId = 0, catId = 0, phaseId = 0] = [textOf(name), textOf(cat), phase].map((text) => this.#addText(text));
    return this.#add(this.classes, () => this.#kernels.run.add_class(nameId, catId, phaseId));
  }

  #laneOf({ pid = NaN, tid = NaN }: TraceRecord): number {
    return this.#add(this.lanes, () => this.#kernels.run.add_lane(pid, tid));
  }

  #addText(text: string | undefined): number {
    if (text === undefined) return 0;
    const bytes = Buffer.from(text);
    return this.#add(
      this.texts,
      () => this.#withBytes(bytes, (at, length) => this.#kernels.run.add_text(at, length)),
      bytes,
    );
  }

  #add(dictionary: Dictionary, add: () => number, text?: Buffer): number {
    for (;;) {
      const id = add();
      if (id !== 0) return id;
      dictionary.grow(text === undefined ? 0 : text.length + 8);
    }
  }

  /** Puts a text where the kernel can read it: behind the rows, which have room for one more. */
  #withBytes<T>(bytes: Buffer, use: (at: number, length: number) => T): T {
    const at = this.#kernels.scratch(bytes.length + 16);
    this.#kernels.bytes.set(bytes, at);
    return use(at, bytes.length);
  }

  #store(numbers: RowNumbers, classId: number, lane: number): void {
    const row = this.rows.count;
    if (row === this.rowCapacity) this.#giveRows(row * 2);
    const at = this.rows;
    const put = (column: number, value: number): void => {
      this.#kernels.f64(column, row + 1)[row] = value;
    };
    put(at.ts, numbers.ts);
    put(at.dur, numbers.dur);
    put(at.returned, numbers.returned);
    put(at.itemSizes, numbers.itemSize);
    this.#kernels.u32(at.classes, row + 1)[row] = classId;
    this.#kernels.u32(at.lanes, row + 1)[row] = lane;
    this.#state()[ROWS] = row + 1;
  }

  /** @param line the line that did not fit: no text of it is longer */
  #growDictionary(line: number): void {
    const which = this.#kernels.run.full_dictionary() - 1;
    const dictionary = [this.texts, this.hashes, this.classes, this.lanes][which];
    if (dictionary === undefined) throw new RangeError(`dictionary ${which} is full`);
    const lineBytes = this.#kernels.bytes.indexOf(10, line) - line;
    dictionary.grow(dictionary === this.texts ? lineBytes : 0);
  }

  /** Hashes are a help, no necessity: beyond the limit they are lost, not an error. */
  #growHashes(): void {
    if (this.hashes.isAtLimit) return;
    try {
      this.hashes.grow();
    } catch (error) {
      if (!(error instanceof DictionaryOverflow)) throw error;
    }
    this.#giveHashUse();
  }

  #giveHashUse(): void {
    const capacity = this.hashes.capacity;
    if (capacity > this.#hashUseCapacity) {
      const at = this.#kernels.allocate(capacity * HASH_USE_BYTES);
      this.#kernels.bytes.copyWithin(at, this.#hashUse, this.#hashUse + this.#hashUseCapacity * HASH_USE_BYTES);
      this.#hashUse = at;
      this.#hashUseCapacity = capacity;
      this.#state()[HASH_USE] = at;
    }
    if (this.hashes.count === 0) this.#kernels.bytes.fill(0, this.#hashUse, this.#hashUse + capacity * HASH_USE_BYTES);
  }

  #giveRows(capacity: number): void {
    const { count, ts, dur, classes, lanes, returned, itemSizes } = this.rows;
    const take = (from: number, width: number): number => {
      const to = this.#kernels.allocate(capacity * width);
      this.#kernels.bytes.copyWithin(to, from, from + count * width);
      return to;
    };
    const areas = [take(ts, 8), take(dur, 8), take(classes, 4), take(lanes, 4), capacity];
    const [returnedAt, itemSizesAt] = [take(returned, 8), take(itemSizes, 8)];
    const state = this.#state();
    areas.forEach((value, field) => (state[field] = value));
    state[RETURNED] = returnedAt;
    state[ITEM_SIZE] = itemSizesAt;
  }

  #state(): Uint32Array {
    return this.#kernels.u32(this.#kernels.run.scan_state(), WORDS);
  }
}

/** NaN = absent. */
interface RowNumbers {
  readonly ts: number;
  readonly dur: number;
  readonly returned: number;
  readonly itemSize: number;
}

const NO_NUMBERS: RowNumbers = { ts: NaN, dur: NaN, returned: NaN, itemSize: NaN };

/** What of args tells how many bytes a call moved. */
function measuresOf(record: TraceRecord): Pick<RowNumbers, 'returned' | 'itemSize'> {
  const itemSize = numericArg(record, 'size') ?? NaN;
  return { returned: numericArg(record, 'ret') ?? numericArg(record, 'bytes') ?? itemSize, itemSize };
}

/** A text as a dictionary keeps it: what stands between the quotes of a JSON string. */
function textOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : JSON.stringify(text).slice(1, -1);
}

/** The bits of the keys, with their hashes. */
function hashesOf(record: TraceRecord): [number, string][] {
  const hashes: [number, string][] = [];
  record.eachArg((name, start, end) => {
    const key = HASH_KEYS.get(name);
    const hash = key === undefined ? undefined : hashText(valueAt(record.bytes, start, end));
    if (key !== undefined && hash !== undefined) hashes.push([key, hash]);
  });
  return hashes;
}
