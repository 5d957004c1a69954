// The rows of a chunk become a segment of the index, and come back from it.
//
//   offsets u32 × 5 | classes | lanes | durations | times | transfers      offsets from the segment's start
//
// classes: ids of the file's dictionary, and per row the place among them (`packPlaces`); lanes: the same; the others are
// drawn in number-columns.ts and transfer-column.ts.
import { CLASS_LIST, CLASS_PLACE, DUR, LANE_LIST, LANE_PLACE, ROWS, STATE, TS, WORK_A } from './column-state';
import { decodeNumbers, encodeDurations, encodeTimes } from './number-columns';
import { listLength, packPlaces, unpackPlaces } from './places';
import { decodeTransfers, encodeTransfers } from './transfer-column';

const WANT_CLASSES: u32 = 1;
const WANT_LANES: u32 = 2;
const WANT_DURATIONS: u32 = 4;
const WANT_TIMES: u32 = 8;
const WANT_TRANSFERS: u32 = 16;

export function columns_state(): usize {
  return STATE;
}

/** Writes the segment of the folded chunk to `out`; the answer is behind it. */
export function encode(out: usize): usize {
  const n = load<u32>(STATE, ROWS);
  let p = out + 20;
  store<u32>(out, <u32>(p - out));
  p = encodeIds(CLASS_LIST, CLASS_PLACE, n, p);
  store<u32>(out, <u32>(p - out), 4);
  p = encodeIds(LANE_LIST, LANE_PLACE, n, p);
  store<u32>(out, <u32>(p - out), 8);
  p = encodeDurations(n, p);
  store<u32>(out, <u32>(p - out), 12);
  p = encodeTimes(n, p);
  store<u32>(out, <u32>(p - out), 16);
  return encodeTransfers(n, p);
}

function encodeIds(listField: usize, placeField: usize, n: u32, out: usize): usize {
  const length = load<u32>(STATE + listField + 8);
  const list = load<u32>(STATE + listField);
  return packPlaces(list, length, load<u32>(STATE + placeField), n, load<u32>(STATE, WORK_A), out);
}

/**
 * Reads the wanted columns of the segment in `[from, end)` with ROWS rows back into DUR, TS and the places and lists.
 * Times need lanes and durations, transfers need classes. Returns 1, or 0 when the segment is not what `encode` writes.
 * 16 bytes behind `end` must be readable.
 */
export function decode(from: usize, end: usize, wanted: u32): u32 {
  const n = load<u32>(STATE, ROWS);
  if (end - from < 20) return 0;
  if (wanted & WANT_CLASSES && !decodeIds(from, end, load<u32>(from), CLASS_LIST, CLASS_PLACE, n)) return 0;
  if (wanted & WANT_LANES && !decodeIds(from, end, load<u32>(from, 4), LANE_LIST, LANE_PLACE, n)) return 0;
  if (wanted & WANT_DURATIONS && !decodeNumbers(from, end, load<u32>(from, 8), load<u32>(STATE, DUR), n, false))
    return 0;
  if (wanted & WANT_TIMES && !decodeNumbers(from, end, load<u32>(from, 12), load<u32>(STATE, TS), n, true)) return 0;
  if (wanted & WANT_TRANSFERS && !decodeTransfers(from, end, load<u32>(from, 16), n)) return 0;
  return 1;
}

function decodeIds(from: usize, end: usize, offset: u32, listField: usize, placeField: usize, n: u32): bool {
  if (offset >= <u32>(end - from)) return false;
  const p = from + offset;
  const list = load<u32>(STATE + listField);
  if (!unpackPlaces(p, end, n, list, load<u32>(STATE + placeField))) return false;
  store<u32>(STATE + listField + 8, listLength(p, end));
  return true;
}
