// How full the lanes of a chunk are over time: the loop of `DensityGrid.add` over decoded columns.
//
// The host gives each lane of the chunk a row of cells, one per bin of the part of the picture that its chunks touch:
//
//   cell, 24 bytes:  events u32 | class of the longest stay u32, 0 = none | busy f64 | longest f64
//
// Stays are rounded to 2^-20 µs, so that sums (up to 2^33 µs) are exact and do not depend on the order of adding.
import { CLASS_PLACE, DUR, LANE_PLACE, ROWS, STATE as COLUMNS, TS } from './column-state';

// Host-visible record, see src/kernels/chunk-density.ts.
const BEGIN: usize = 0; // f64: the window, and the bins in it
const END: usize = 8;
const SCALE: usize = 16;
const BIN_US: usize = 24;
const LAST_BIN: usize = 32;
const FIRST_CELL: usize = 36; // the bin of the first cell of a row
const CELLS: usize = 40; // cells of a row
const GRID: usize = 44;
const CLASS_IDS: usize = 48; // u32 by place of the chunk's lists: the id, 0 = not wanted
const LANE_ROWS: usize = 52; // u32: 1 + the row of cells, 0 = not wanted
const PICKED: usize = 56; // u32 row numbers, 0 = all rows
const PICKED_COUNT: usize = 60;
const UNTIMED: usize = 64; // wanted rows without a time, so far
const STATE: usize = memory.data(80, 16);

const CELL_BYTES: usize = 24;
const QUANTUM: f64 = 1.0 / 1048576;

export function density_state(): usize {
  return STATE;
}

/** Adds the wanted rows of the decoded chunk. */
export function density(): void {
  const begin = load<f64>(STATE, BEGIN);
  const end = load<f64>(STATE, END);
  const binUs = load<f64>(STATE, BIN_US);
  const ts = <usize>load<u32>(COLUMNS, TS);
  const dur = <usize>load<u32>(COLUMNS, DUR);
  const classPlaces = <usize>load<u32>(COLUMNS, CLASS_PLACE);
  const lanePlaces = <usize>load<u32>(COLUMNS, LANE_PLACE);
  const classIds = <usize>load<u32>(STATE, CLASS_IDS);
  const laneRows = <usize>load<u32>(STATE, LANE_ROWS);
  const picked = <usize>load<u32>(STATE, PICKED);
  const count = picked ? load<u32>(STATE, PICKED_COUNT) : load<u32>(COLUMNS, ROWS);
  const rowBytes = <usize>load<u32>(STATE, CELLS) * CELL_BYTES;
  const cellsOfRow = load<u32>(STATE, CELLS);
  const firstCell = load<u32>(STATE, FIRST_CELL);
  const lastBin = load<u32>(STATE, LAST_BIN);
  const scale = load<f64>(STATE, SCALE);
  const grid = <usize>load<u32>(STATE, GRID);
  for (let i: u32 = 0; i < count; i++) {
    const row = <usize>(picked ? load<u32>(picked + ((<usize>i) << 2)) : i);
    const id = load<u32>(classIds + ((<usize>load<u32>(classPlaces + (row << 2))) << 2));
    const lane = load<u32>(laneRows + ((<usize>load<u32>(lanePlaces + (row << 2))) << 2));
    if (!id || !lane) continue;
    const t = load<f64>(ts + (row << 3));
    if (t != t) {
      store<u32>(STATE, load<u32>(STATE, UNTIMED) + 1, UNTIMED);
      continue;
    }
    const d = load<f64>(dur + (row << 3));
    const from = max(t, begin) - begin;
    const to = min(d > 0 ? t + d : t, end) - begin;
    if (!(from <= to)) continue;
    const first = binOf(from, scale, lastBin);
    const last = binOf(to, scale, lastBin);
    if (first - firstCell >= cellsOfRow || last - firstCell >= cellsOfRow) continue;
    const cells = grid + (<usize>lane - 1) * rowBytes;
    const cell = cells + <usize>(first - firstCell) * CELL_BYTES;
    store<u32>(cell, load<u32>(cell) + 1);
    if (first == last) {
      stay(cell, to - from, id);
      continue;
    }
    stay(cell, <f64>(first + 1) * binUs - from, id);
    for (let bin = first + 1; bin < last; bin++) stay(cells + <usize>(bin - firstCell) * CELL_BYTES, binUs, id);
    stay(cells + <usize>(last - firstCell) * CELL_BYTES, to - <f64>last * binUs, id);
  }
}

function binOf(us: f64, scale: f64, last: u32): u32 {
  const bin = us * scale;
  return bin < <f64>last ? <u32>bin : last;
}

function stay(cell: usize, us: f64, id: u32): void {
  store<f64>(cell, load<f64>(cell, 8) + floor(us * 1048576 + 0.5) * QUANTUM, 8);
  if (load<u32>(cell, 4) && !(us > load<f64>(cell, 16))) return;
  store<u32>(cell, id, 4);
  store<f64>(cell, us, 16);
}
