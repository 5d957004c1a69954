// Bytes that the calls of a chunk moved, as they stand in a segment, of the rows whose class moves data only:
//
//   form u8 | form 0: nothing; form 1: distinct byte counts, and per row the place among them; form 2: f64 each
import {
  CLASS,
  CLASS_LIST,
  CLASS_LIST_LENGTH,
  CLASS_PLACE,
  ITEM_SIZE,
  MOVES,
  MOVES_LENGTH,
  RETURNED,
  STATE,
  TRANSFER,
  TRANSFER_LIST,
  WORK_A,
  WORK_B,
} from './column-state';
import { encodeDoubles } from './number-columns';
import { packPlaces, unpackPlaces } from './places';

// Distinct byte counts of a chunk while they are listed: value u32, place + 1 u32
const VALUES: usize = memory.data(8 * 16384, 16);
const VALUES_MASK: u32 = 16383;
const MOST_VALUES: u32 = 8192;

const TRANSFERS_NONE: u32 = 0;
const TRANSFERS_LISTED: u32 = 1;
const TRANSFERS_DOUBLES: u32 = 2;

/** What a row's call moved; `moves` is what its class says. */
function movedBy(row: u32, moves: u32): f64 {
  const returned = load<f64>(<usize>load<u32>(STATE, RETURNED) + ((<usize>row) << 3));
  const bytes = returned > 0 ? returned : 0;
  if (moves == 1) return bytes;
  const size = load<f64>(<usize>load<u32>(STATE, ITEM_SIZE) + ((<usize>row) << 3));
  return size > 1 ? bytes * size : bytes;
}

function movesOf(row: u32): u32 {
  const id = load<u32>(<usize>load<u32>(STATE, CLASS) + ((<usize>row) << 2));
  return load<u32>(<usize>load<u32>(STATE, MOVES) + ((<usize>id) << 2));
}

/** form u8 | nothing, places of a list, or f64 each; of the rows whose class moves data only. */
export function encodeTransfers(n: u32, out: usize): usize {
  const values = <usize>load<u32>(STATE, TRANSFER);
  let moving: u32 = 0;
  let whole = true;
  for (let i: u32 = 0; i < n; i++) {
    const moves = movesOf(i);
    if (!moves) continue;
    const bytes = movedBy(i, moves);
    store<f64>(values + ((<usize>moving) << 3), bytes);
    whole = whole && bytes <= 4294967295.0 && <f64>(<u32>bytes) == bytes;
    moving++;
  }
  if (!moving) {
    store<u8>(out, TRANSFERS_NONE);
    return out + 1;
  }
  const length = whole ? listValues(values, moving) : 0;
  if (length) {
    store<u8>(out, TRANSFERS_LISTED);
    const work = load<u32>(STATE, WORK_A);
    return packPlaces(load<u32>(STATE, TRANSFER_LIST), length, load<u32>(STATE, WORK_B), moving, work, out + 1);
  }
  store<u8>(out, TRANSFERS_DOUBLES);
  return encodeDoubles(values, moving, out + 1);
}

/** Puts the distinct values into TRANSFER_LIST and the places into WORK_B; 0 when they are too many. */
function listValues(values: usize, n: u32): u32 {
  const list = <usize>load<u32>(STATE, TRANSFER_LIST);
  const places = <usize>load<u32>(STATE, WORK_B);
  memory.fill(VALUES, 0, 8 * (VALUES_MASK + 1));
  let length: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const value = <u32>load<f64>(values + ((<usize>i) << 3));
    let slot = (value * 0x9e3779b1) >> 18;
    while (true) {
      const place = load<u32>(VALUES + ((<usize>slot) << 3), 4);
      if (place && load<u32>(VALUES + ((<usize>slot) << 3)) == value) {
        store<u32>(places + ((<usize>i) << 2), place - 1);
        break;
      }
      if (!place) {
        if (length == MOST_VALUES) return 0;
        store<u32>(list + ((<usize>length) << 2), value);
        store<u32>(places + ((<usize>i) << 2), length);
        length++;
        store<u32>(VALUES + ((<usize>slot) << 3), value);
        store<u32>(VALUES + ((<usize>slot) << 3), length, 4);
        break;
      }
      slot = (slot + 1) & VALUES_MASK;
    }
  }
  return length;
}

/** Needs the classes. */
export function decodeTransfers(from: usize, end: usize, offset: u32, n: u32): bool {
  if (offset >= <u32>(end - from)) return false;
  const p = from + offset + 1;
  const form = <u32>load<u8>(from + offset);
  const column = <usize>load<u32>(STATE, TRANSFER);
  const places = <usize>load<u32>(STATE, CLASS_PLACE);
  const list = <usize>load<u32>(STATE, CLASS_LIST);
  const moves = <usize>load<u32>(STATE, MOVES);
  const values = <usize>load<u32>(STATE, TRANSFER_LIST);
  const valuePlaces = <usize>load<u32>(STATE, WORK_B);
  const length = load<u32>(STATE, CLASS_LIST_LENGTH);
  for (let k: u32 = 0; k < length; k++) {
    if (load<u32>(list + ((<usize>k) << 2)) >= load<u32>(STATE, MOVES_LENGTH)) return false;
  }
  let moving: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const id = load<u32>(list + ((<usize>load<u32>(places + ((<usize>i) << 2))) << 2));
    if (load<u32>(moves + ((<usize>id) << 2))) moving++;
  }
  if (form == TRANSFERS_LISTED) {
    if (!unpackPlaces(p, end, moving, values, valuePlaces)) return false;
  } else if (form == TRANSFERS_DOUBLES) {
    if (p + ((<usize>moving) << 3) > end) return false;
  } else if (form != TRANSFERS_NONE || moving) return false;
  let next: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const id = load<u32>(list + ((<usize>load<u32>(places + ((<usize>i) << 2))) << 2));
    let bytes: f64 = NaN;
    if (load<u32>(moves + ((<usize>id) << 2))) {
      const listed = values + ((<usize>load<u32>(valuePlaces + ((<usize>next) << 2))) << 2);
      bytes = form == TRANSFERS_LISTED ? <f64>load<u32>(listed) : load<f64>(p + ((<usize>next) << 3));
      next++;
    }
    store<f64>(column + ((<usize>i) << 3), bytes);
  }
  return true;
}
