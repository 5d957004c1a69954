import type { TraceKernels } from './trace-kernels.js';

/** Fields of the state record in `assembly/density.ts`: doubles first, then 32-bit words. */
const BEGIN = 0;
const END = 1;
const SCALE = 2;
const BIN_US = 3;
const LAST_BIN = 8;
const FIRST_CELL = 9;
const CELLS = 10;
const GRID = 11;
const CLASS_IDS = 12;
const LANE_ROWS = 13;
const PICKED = 14;
const PICKED_COUNT = 15;
const UNTIMED = 16;
const WORDS = 20;

const CELL_BYTES = 24;
const CELL_WORDS = CELL_BYTES / 4;
const CELL_DOUBLES = CELL_BYTES / 8;
/** Cells are worked on in parts of this size when a chunk has very many lanes. */
const MOST_GRID_BYTES = 8 << 20;

/** The window of a picture and the bins that it is cut into. */
export interface DensityWindow {
  readonly beginUs: number;
  readonly endUs: number;
  readonly bins: number;
}

/** The cells of a picture that some chunks fill, in no order of lanes; the same cell may come more than once. */
export interface DensityCells {
  readonly lanes: Uint32Array;
  readonly bins: Uint32Array;
  readonly counts: Uint32Array;
  /** The class with the longest stay. */
  readonly classes: Uint32Array;
  readonly busyUs: Float64Array;
  readonly longestUs: Float64Array;
}

/** The wanted rows of the chunk that was decoded last. */
export interface DensityRows {
  /** By place in the chunk's list: the class, 0 = not wanted. */
  readonly classIds: Uint32Array;
  /** By place in the chunk's list: what the picture calls the lane, from 1 on; 0 = not wanted. */
  readonly lanes: Uint32Array;
  /** `undefined` = all rows. */
  readonly picked: Uint32Array | undefined;
}

/** Fills cells of a picture from decoded columns, for the chunks of one task. */
export class ChunkDensity {
  readonly #kernels: TraceKernels;
  readonly #areas = new Map<number, { at: number; bytes: number }>();
  #firstBin = 0;
  #cells = 1;
  /** Of the picture, in the order in which they got their cells. */
  #lanes: number[] = [];
  readonly #rowOf = new Map<number, number>();
  #taken: DensityCells[] = [];

  constructor(kernels: TraceKernels) {
    this.#kernels = kernels;
  }

  /** Begins a picture of which only the bins that `[fromUs, toUs]` touches will be filled. */
  begin(window: DensityWindow, fromUs: number, toUs: number): void {
    // Cells of a task that broke off: they are cleared as they were laid out.
    this.#flush();
    const range = window.endUs - window.beginUs;
    const scale = range > 0 ? window.bins / range : 0;
    const doubles = this.#kernels.f64(this.#kernels.run.density_state(), 4);
    doubles[BEGIN] = window.beginUs;
    doubles[END] = window.endUs;
    doubles[SCALE] = scale;
    doubles[BIN_US] = range / window.bins;
    const binOf = (us: number): number => {
      const bin = Math.floor((Math.min(Math.max(us, window.beginUs), window.endUs) - window.beginUs) * scale);
      return bin < window.bins - 1 ? bin : window.bins - 1;
    };
    this.#firstBin = binOf(fromUs);
    this.#cells = Math.max(1, binOf(toUs) - this.#firstBin + 1);
    this.#taken = [];
    const state = this.#state();
    state[LAST_BIN] = window.bins - 1;
    state[FIRST_CELL] = this.#firstBin;
    state[CELLS] = this.#cells;
    state[UNTIMED] = 0;
  }

  add({ classIds, lanes, picked }: DensityRows): void {
    for (let from = 0; from < lanes.length;) {
      const rows = new Uint32Array(lanes.length);
      const to = this.#giveRows(lanes, from, rows);
      if (this.#lanes.length > 0) this.#run(classIds, rows, picked);
      // No room for the next lane: what is there so far comes first, as of equal stays the first one counts.
      if (to < lanes.length) this.#flush();
      from = to;
    }
  }

  /** Gives the lanes from `from` on their rows of cells, as many as there is room for; returns the first without one. */
  #giveRows(lanes: Uint32Array, from: number, rows: Uint32Array): number {
    const most = Math.max(1, Math.floor(MOST_GRID_BYTES / (this.#cells * CELL_BYTES)));
    for (let place = from; place < lanes.length; place++) {
      const lane = lanes[place] ?? 0;
      if (lane === 0) continue;
      const row = this.#rowOf.get(lane) ?? (this.#lanes.length < most ? this.#rowFor(lane) : -1);
      if (row < 0) return place;
      rows[place] = 1 + row;
    }
    return lanes.length;
  }

  /** All that was filled since `begin`, and how many of the rows had no time. */
  take(): { cells: DensityCells[]; untimed: number } {
    this.#flush();
    return { cells: this.#taken, untimed: this.#state()[UNTIMED] ?? 0 };
  }

  #rowFor(lane: number): number {
    const row = this.#lanes.push(lane) - 1;
    this.#rowOf.set(lane, row);
    return row;
  }

  #run(classIds: Uint32Array, laneRows: Uint32Array, picked: Uint32Array | undefined): void {
    this.#put(CLASS_IDS, classIds);
    this.#put(LANE_ROWS, laneRows);
    if (picked === undefined) this.#state()[PICKED] = 0;
    else this.#put(PICKED, picked);
    this.#state()[PICKED_COUNT] = picked?.length ?? 0;
    this.#area(GRID, this.#lanes.length * this.#cells * CELL_BYTES);
    this.#kernels.run.density();
  }

  #put(field: number, values: Uint32Array): void {
    const at = this.#area(field, values.length * 4);
    this.#kernels.u32(at, values.length).set(values);
  }

  /** An area of at least `bytes` for the pointer `field`; what it held stays. */
  #area(field: number, bytes: number): number {
    let area = this.#areas.get(field);
    if (area === undefined || area.bytes < bytes) {
      const at = this.#kernels.allocate(bytes * 2);
      if (area !== undefined) this.#kernels.bytes.copyWithin(at, area.at, area.at + area.bytes);
      area = { at, bytes: bytes * 2 };
      this.#areas.set(field, area);
    }
    this.#state()[field] = area.at;
    return area.at;
  }

  /** Copies the filled cells out and clears them. */
  #flush(): void {
    const grid = this.#areas.get(GRID);
    const all = this.#lanes.length * this.#cells;
    if (all === 0 || grid === undefined) return;
    const words = this.#kernels.u32(grid.at, all * CELL_WORDS);
    // A cell that is touched has a class.
    let filled = 0;
    for (let at = 1; at < words.length; at += CELL_WORDS) if (words[at] !== 0) filled++;
    if (filled > 0) this.#taken.push(this.#filledCells(grid.at, filled));
    words.fill(0);
    this.#lanes = [];
    this.#rowOf.clear();
  }

  #filledCells(gridAt: number, filled: number): DensityCells {
    const width = this.#cells;
    const all = this.#lanes.length * width;
    const words = this.#kernels.u32(gridAt, all * CELL_WORDS);
    const doubles = this.#kernels.f64(gridAt, all * CELL_DOUBLES);
    const cells = emptyCells(filled);
    let at = 0;
    for (let cell = 0; cell < all; cell++) {
      const id = words[cell * CELL_WORDS + 1] ?? 0;
      if (id === 0) continue;
      const row = Math.floor(cell / width);
      cells.lanes[at] = this.#lanes[row] ?? 0;
      cells.bins[at] = this.#firstBin + cell - row * width;
      cells.counts[at] = words[cell * CELL_WORDS] ?? 0;
      cells.classes[at] = id;
      cells.busyUs[at] = doubles[cell * CELL_DOUBLES + 1] ?? 0;
      cells.longestUs[at] = doubles[cell * CELL_DOUBLES + 2] ?? 0;
      at++;
    }
    return cells;
  }

  #state(): Uint32Array {
    return this.#kernels.u32(this.#kernels.run.density_state(), WORDS);
  }
}

function emptyCells(count: number): DensityCells {
  return {
    lanes: new Uint32Array(count),
    bins: new Uint32Array(count),
    counts: new Uint32Array(count),
    classes: new Uint32Array(count),
    busyUs: new Float64Array(count),
    longestUs: new Float64Array(count),
  };
}
