// Lines of a trace into rows. A row is made of every line, so that the n-th row of a chunk is its n-th line:
//
//   ts f64 | dur f64 | class u32 | lane u32 | returned f64 | size f64        NaN = absent; lane = (pid, tid)
//
// A class is (name, cat, ph) of a record; classes 1 to 3 are the lines that are no record.
//
// Three ways to read a line, each for what the one before leaves over, all with the same result:
//   1. `readKnownLine` expects the keys in the order of the DFTracer dialects, without blanks, and checks every byte as it goes;
//   2. `readAnyLine` reads any JSON object;
//   3. the host reads the few lines that need a real number parser, decoded keys, or very deep nesting.
import { readAnyLine } from './any-line';
import { resetHashBits } from './args';
import { TEXTS, addClass, addText, dictionaryFull, hashOf, resetFull } from './dictionary';
import { readKnownLine, resetRecent } from './known-line';
import {
  CAPACITY,
  DICTIONARY_FULL,
  FOR_HOST,
  LINE,
  LINE_END,
  METADATA,
  NEXT,
  ROWS,
  SLOW,
  STATE,
  newline,
} from './scan-state';

const DONE: i32 = 0;
const ROWS_FULL: i32 = 1;

/**
 * Reads lines from `from` on that begin before `stop`; the last one ends with a newline at `stop` or behind it. Returns
 * why it stopped; NEXT says where, and ROWS how many rows there are now.
 */
export function scan(from: usize, stop: usize): i32 {
  let p = from;
  let row = load<u32>(STATE, ROWS);
  const capacity = load<u32>(STATE, CAPACITY);
  let result = DONE;
  resetFull();
  while (p < stop) {
    if (row == capacity) {
      result = ROWS_FULL;
      break;
    }
    let read = readKnownLine(p, row);
    if (read == SLOW) read = readAnyLine(p, row);
    if (read == DICTIONARY_FULL) {
      result = DICTIONARY_FULL;
      break;
    }
    if (read == FOR_HOST || read == METADATA) {
      store<u32>(STATE, <u32>p, LINE);
      store<u32>(STATE, <u32>newline, LINE_END);
      result = read;
    }
    if (read != FOR_HOST) row++;
    p = newline + 1;
    if (result != DONE) break;
  }
  store<u32>(STATE, row, ROWS);
  store<u32>(STATE, <u32>p, NEXT);
  return result;
}

/** Forgets what was read: the dictionaries begin anew. */
export function scan_reset(): void {
  resetRecent();
  resetHashBits();
}

/** The id of a text the host has put at `p`; 0 = no room. */
export function add_text(p: usize, n: u32): u32 {
  resetFull();
  return addText(TEXTS, p, n, hashOf(p, n));
}

export function add_class(name: u32, cat: u32, phase: u32): u32 {
  resetFull();
  return addClass(name, cat, phase);
}

/** Which dictionary was full, 1 + its number. */
export function full_dictionary(): u32 {
  return dictionaryFull;
}
