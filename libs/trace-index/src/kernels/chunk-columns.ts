import type { LineScanner, Rows } from './line-scanner.js';
import type { TraceKernels } from './trace-kernels.js';

/** Fields of the state record in `assembly/column-state.ts`, as indexes of 32-bit words. */
const ROWS = 0;
const TS = 1;
const DUR = 2;
const CLASS = 3;
const LANE = 4;
const CLASS_PLACE = 5;
const LANE_PLACE = 6;
const CLASS_LIST = 7;
const LANE_LIST = 8;
const CLASS_LIST_LENGTH = 9;
const LANE_LIST_LENGTH = 10;
const WORK_A = 11;
const WORK_B = 12;
const CLASS_SEEN = 13;
const LANE_SEEN = 14;
const CLASS_COUNTS = 15;
const LANE_COUNTS = 16;
const LANE_ENDS = 17;
const CHUNK = 18;
const EVENTS = 19;
const DURATIONS = 20;
const WORDS = 48;
/** The doubles of the record, as indexes of 64-bit words. */
const TS_MIN = 11;
const TS_MAX = 12;
const END_MAX = 13;
const DUR_MIN = 14;
const DUR_MAX = 15;
const DUR_SUM = 16;
const DUR_SQUARES = 17;
/** 32-bit words behind the doubles. */
const RETURNED = 36;
const ITEM_SIZE = 37;
const MOVES_AT = 38;
const TRANSFER = 39;
const TRANSFER_LIST = 40;
const MOVES_LENGTH = 41;
const LANE_TOTALS = 42;

/** Of a lane: sum of durations, smallest start, largest end. */
export const LANE_DOUBLES = 3;

/** One per bucket of positive durations and zero; one more for negative ones. */
const SKETCH_COUNTS = 131_073;

/** What a chunk holds, over its events; `Infinity` and `-Infinity` where there is none. */
export interface ChunkExtremes {
  readonly events: number;
  readonly tsMin: number;
  readonly tsMax: number;
  /** Largest ts + dur. */
  readonly endMax: number;
  readonly durations: number;
  readonly durMin: number;
  readonly durMax: number;
  readonly durSum: number;
  /** Sum of the squared distances from the chunk's mean duration. */
  readonly durSquares: number;
}

/** Which columns a reader wants; times need lanes and durations. */
export const COLUMNS = { classes: 1, lanes: 2, durations: 4, times: 8, transfers: 16 } as const;

/** Whether a class moves data, and whether its return value counts bytes or items of `args.size` bytes. */
export const MOVES = { nothing: 0, bytes: 1, items: 2 } as const;

/** The columns of one decoded chunk: views of kernel memory, valid until the next decode. */
export interface ColumnViews {
  readonly rows: number;
  /** Per row: place in `classList`. */
  readonly classes: Uint32Array;
  /** Classes that occur, as ids of the file's dictionary. */
  readonly classList: Uint32Array;
  readonly lanes: Uint32Array;
  readonly laneList: Uint32Array;
  /** NaN = absent. */
  readonly ts: Float64Array;
  readonly dur: Float64Array;
  /** NaN = the class moves no data. */
  readonly transfers: Float64Array;
}

/** Columns of one chunk in kernel memory: folded and encoded when an index is built, decoded when it is asked. */
export class ChunkColumns {
  readonly #kernels: TraceKernels;
  #capacity = 0;
  #classCapacity = 0;
  #laneCapacity = 0;
  #out = 0;
  #outBytes = 0;
  /** Columns of the decoder's own; the builder folds those of the scanner. */
  #own = { ts: 0, dur: 0 };

  constructor(kernels: TraceKernels) {
    this.#kernels = kernels;
  }

  /** Forgets all counts: a new file begins. */
  reset(): void {
    const { bytes, run } = this.#kernels;
    const state = this.#state();
    const clear = (at: number | undefined, length: number): void => {
      bytes.fill(0, at ?? 0, (at ?? 0) + length);
    };
    clear(state[CLASS_SEEN], this.#classCapacity * 8);
    clear(state[CLASS_COUNTS], this.#classCapacity * 4);
    clear(state[MOVES_AT], this.#classCapacity * 4);
    clear(state[LANE_SEEN], this.#laneCapacity * 8);
    clear(state[LANE_COUNTS], this.#laneCapacity * 4);
    clear(run.columns_sketch(), SKETCH_COUNTS * 4);
  }

  /** Says of the classes from `first` on which of them move data (`MOVES`). */
  setMoves(first: number, moves: Uint32Array): void {
    this.#reserveIds(first + moves.length, 0);
    this.#kernels.u32((this.#state()[MOVES_AT] ?? 0) + first * 4, moves.length).set(moves);
  }

  /** What was said of the first `count` class ids. */
  moves(count: number): Uint32Array {
    return this.#kernels.u32(this.#state()[MOVES_AT] ?? 0, Math.min(count, this.#classCapacity));
  }

  /** Takes the rows of `scanner` into the counts and returns what they span. */
  fold(scanner: LineScanner, chunk: number): ChunkExtremes {
    this.#reserveRows(scanner.rowCapacity);
    this.#reserveIds(scanner.classes.capacity, scanner.lanes.capacity);
    this.#point(scanner.rows, chunk);
    this.#kernels.run.fold();
    const state = this.#state();
    const doubles = this.#kernels.f64(this.#kernels.run.columns_state(), WORDS / 2);
    const double = (field: number): number => doubles[field] ?? 0;
    return {
      events: state[EVENTS] ?? 0,
      durations: state[DURATIONS] ?? 0,
      tsMin: double(TS_MIN),
      tsMax: double(TS_MAX),
      endMax: double(END_MAX),
      durMin: double(DUR_MIN),
      durMax: double(DUR_MAX),
      durSum: double(DUR_SUM),
      durSquares: double(DUR_SQUARES),
    };
  }

  /** The folded chunk as bytes of the index; a view that the next call overwrites. */
  encode(): Buffer {
    const rows = this.#state()[ROWS] ?? 0;
    // Three columns of doubles, presence bits, three lists and their places, much of it twice while the shorter is found.
    const most = 512 + rows * 80 + Math.ceil(rows / 128) * 128;
    if (most > this.#outBytes) {
      this.#outBytes = most * 2;
      this.#out = this.#kernels.allocate(this.#outBytes);
    }
    const end = this.#kernels.run.encode(this.#out);
    return this.#kernels.bytes.subarray(this.#out, end);
  }

  /** The ids that occur in the folded or decoded chunk. */
  get classList(): Uint32Array {
    const state = this.#state();
    return this.#kernels.u32(state[CLASS_LIST] ?? 0, state[CLASS_LIST_LENGTH] ?? 0);
  }

  get laneList(): Uint32Array {
    const state = this.#state();
    return this.#kernels.u32(state[LANE_LIST] ?? 0, state[LANE_LIST_LENGTH] ?? 0);
  }

  /** Rows per class id since `reset`, `count` of them. */
  classCounts(count: number): Uint32Array {
    return this.#kernels.u32(this.#state()[CLASS_COUNTS] ?? 0, Math.min(count, this.#classCapacity));
  }

  /** Events per lane id since `reset`. */
  laneCounts(count: number): Uint32Array {
    return this.#kernels.u32(this.#state()[LANE_COUNTS] ?? 0, Math.min(count, this.#laneCapacity));
  }

  /** `LANE_DOUBLES` per lane id since `reset`; anything for a lane without events. */
  laneTotals(count: number): Float64Array {
    const lanes = Math.min(count, this.#laneCapacity);
    return this.#kernels.f64(this.#state()[LANE_TOTALS] ?? 0, lanes * LANE_DOUBLES);
  }

  /** The durations since `reset`, as buckets of `DurationSketch`. */
  sketchBuckets(): [bucket: number, count: number][] {
    const buckets: [number, number][] = [];
    this.#kernels.u32(this.#kernels.run.columns_sketch(), SKETCH_COUNTS).forEach((count, bucket) => {
      if (count > 0) buckets.push([bucket === SKETCH_COUNTS - 1 ? -1 : bucket, count]);
    });
    return buckets;
  }

  /**
   * Reads columns of a segment back.
   *
   * @param wanted a sum of `COLUMNS`; for transfers the classes that move data must be set
   * @throws RangeError when the bytes are no segment of `rows` rows
   */
  decode(segment: Uint8Array, rows: number, wanted: number): ColumnViews {
    this.#reserveRows(rows);
    this.#reserveOwn();
    const at = this.#kernels.scratch(segment.length + 32);
    this.#kernels.bytes.set(segment, at);
    const state = this.#state();
    state[ROWS] = rows;
    state[TS] = this.#own.ts;
    state[DUR] = this.#own.dur;
    if (wanted & COLUMNS.times) wanted |= COLUMNS.lanes | COLUMNS.durations;
    if (wanted & COLUMNS.transfers) wanted |= COLUMNS.classes;
    if (this.#kernels.run.decode(at, at + segment.length, wanted) !== 1) {
      throw new RangeError(`a segment of ${segment.length} bytes does not hold ${rows} rows`);
    }
    return {
      rows,
      classes: this.#kernels.u32(state[CLASS_PLACE] ?? 0, rows),
      lanes: this.#kernels.u32(state[LANE_PLACE] ?? 0, rows),
      classList: this.classList,
      laneList: this.laneList,
      ts: this.#kernels.f64(this.#own.ts, rows),
      dur: this.#kernels.f64(this.#own.dur, rows),
      transfers: this.#kernels.f64(state[TRANSFER] ?? 0, rows),
    };
  }

  #point(rows: Rows, chunk: number): void {
    const state = this.#state();
    state[ROWS] = rows.count;
    state[TS] = rows.ts;
    state[DUR] = rows.dur;
    state[CLASS] = rows.classes;
    state[LANE] = rows.lanes;
    state[RETURNED] = rows.returned;
    state[ITEM_SIZE] = rows.itemSizes;
    state[CHUNK] = chunk;
  }

  #reserveRows(rows: number): void {
    if (rows <= this.#capacity) return;
    const capacity = Math.max(4096, 2 ** Math.ceil(Math.log2(rows)));
    this.#capacity = capacity;
    for (const field of [CLASS_PLACE, LANE_PLACE, CLASS_LIST, LANE_LIST, WORK_A, WORK_B, TRANSFER_LIST]) {
      this.#give(field, capacity * 4);
    }
    this.#give(LANE_ENDS, capacity * 8);
    this.#give(TRANSFER, capacity * 8);
    this.#own = { ts: 0, dur: 0 };
  }

  #reserveOwn(): void {
    if (this.#own.ts !== 0) return;
    this.#own = { ts: this.#kernels.allocate(this.#capacity * 8), dur: this.#kernels.allocate(this.#capacity * 8) };
  }

  #reserveIds(classes: number, lanes: number): void {
    if (classes > this.#classCapacity) {
      this.#give(CLASS_SEEN, classes * 8, this.#classCapacity * 8);
      this.#give(CLASS_COUNTS, classes * 4, this.#classCapacity * 4);
      this.#give(MOVES_AT, classes * 4, this.#classCapacity * 4);
      this.#classCapacity = classes;
      this.#state()[MOVES_LENGTH] = classes;
    }
    if (lanes > this.#laneCapacity) {
      this.#give(LANE_SEEN, lanes * 8, this.#laneCapacity * 8);
      this.#give(LANE_COUNTS, lanes * 4, this.#laneCapacity * 4);
      this.#give(LANE_TOTALS, lanes * LANE_DOUBLES * 8, this.#laneCapacity * LANE_DOUBLES * 8);
      this.#laneCapacity = lanes;
    }
  }

  /** A larger area for a field, with the first `kept` bytes of the old one. */
  #give(field: number, size: number, kept = 0): void {
    const at = this.#kernels.allocate(size);
    const state = this.#state();
    const from = state[field] ?? 0;
    this.#kernels.bytes.copyWithin(at, from, from + kept);
    state[field] = at;
  }

  #state(): Uint32Array {
    return this.#kernels.u32(this.#kernels.run.columns_state(), WORDS);
  }
}
