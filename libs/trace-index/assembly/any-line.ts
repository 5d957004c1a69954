// The second reader of lines: any JSON object. A line that needs a real number parser, decoded keys, or very deep nesting is
// left to the host.
import { forgetArgs, noteArgs } from './args';
import { CLASSES, KIND_METADATA, TEXTS, addClass, addText, add_lane, hashOf } from './dictionary';
import { at, lineEnd, resetJson, sawEscape, skipBlanks, skipString, skipValue, tooDeep } from './json';
import { NUMBER_ABSENT, NUMBER_FOR_HOST, numberValue, readNumber } from './numbers';
import { storeRow } from './rows';
import { DICTIONARY_FULL, FOR_HOST, METADATA, MOST_BYTES, STATE, STORED, UNTIDY, endsAt } from './scan-state';

export const NO_LINE: u32 = 1;
export const INVALID: u32 = 2;
export const OVERSIZED: u32 = 3;

// Start and end of the values of the known keys in a line that is read by `readAnyLine`, 0 = absent.
const NAME: usize = 0;
const CAT: usize = 8;
const PHASE: usize = 16;
const PID: usize = 24;
const TID: usize = 32;
const TIME: usize = 40;
const LENGTH: usize = 48;
const ARGS: usize = 56;
const SPANS: usize = memory.data(64, 16);

/** The span of a key without escapes, or -1. */
function fieldOf(key: usize, length: usize): i32 {
  if (length == 4) {
    const k = load<u32>(key);
    return k == 0x656d616e ? <i32>NAME : k == 0x73677261 ? <i32>ARGS : -1;
  }
  if (length == 3) {
    const k = load<u32>(key) & 0xffffff;
    if (k == 0x746163) return <i32>CAT;
    if (k == 0x646970) return <i32>PID;
    if (k == 0x646974) return <i32>TID;
    return k == 0x727564 ? <i32>LENGTH : -1;
  }
  if (length != 2) return -1;
  const k = <u32>load<u16>(key);
  return k == 0x7374 ? <i32>TIME : k == 0x6870 ? <i32>PHASE : -1;
}

/** Whether a key of the last object was written with an escape: it may be one of the known ones. */
let oddKey: bool = false;

/** Reads the object at `p` and notes its known members; the answer is behind it, or 0. */
function readObject(p: usize): usize {
  memory.fill(SPANS, 0, 64);
  oddKey = false;
  p = skipBlanks(p + 1);
  if (at(p) == 0x7d) return p + 1;
  while (at(p) == 0x22) {
    const key = p + 1;
    resetJson();
    p = skipString(key);
    if (!p) return 0;
    const field = fieldOf(key, p - key - 1);
    if (sawEscape) oddKey = true;
    p = skipBlanks(p);
    if (at(p) != 0x3a) return 0;
    const value = skipBlanks(p + 1);
    p = skipValue(value);
    if (!p) return 0;
    if (field >= 0) {
      store<u32>(SPANS + field, <u32>value);
      store<u32>(SPANS + field, <u32>p, 4);
    }
    p = skipBlanks(p);
    if (at(p) == 0x7d) return p + 1;
    if (at(p) != 0x2c) return 0;
    p = skipBlanks(p + 1);
  }
  return 0;
}

/** What `numberOf` read, NaN = absent. */
let fieldValue: f64 = 0;

function numberOf(field: usize): i32 {
  const from = load<u32>(SPANS + field);
  const result = from ? readNumber(from, load<u32>(SPANS + field, 4)) : NUMBER_ABSENT;
  fieldValue = result == NUMBER_ABSENT ? NaN : numberValue;
  return result;
}

/** The id of a string value as it is written, 0 = absent; -1 = no room. */
function textOf(field: usize): i32 {
  const from = <usize>load<u32>(SPANS + field);
  if (!from || at(from) != 0x22) return 0;
  const length = load<u32>(SPANS + field, 4) - <u32>from - 2;
  const id = addText(TEXTS, from + 1, length, hashOf(from + 1, length));
  return id ? <i32>id : -1;
}

const PHASE_FOR_HOST: i32 = -2;

/** As `textOf`, for a phase: with its quotes, or one digit. Other spellings are for the host to name. */
function phaseOf(): i32 {
  const from = <usize>load<u32>(SPANS + PHASE);
  if (!from) return 0;
  const length = load<u32>(SPANS + PHASE, 4) - <u32>from;
  const c = at(from);
  if (c == 0x22) {
    for (let i: u32 = 1; i < length; i++) if (at(from + i) == 0x5c) return PHASE_FOR_HOST;
  } else if (c == 0x2d || c - 48 < 10) {
    if (length > 1) return PHASE_FOR_HOST;
  } else return 0;
  const id = addText(TEXTS, from, length, hashOf(from, length));
  return id ? <i32>id : -1;
}

/** Any line: STORED, METADATA, DICTIONARY_FULL or FOR_HOST. Sets `newline`. */
export function readAnyLine(line: usize, row: u32): i32 {
  const end = lineEnd(line);
  endsAt(end);
  forgetArgs();
  store<u32>(STATE, load<u32>(STATE, UNTIDY) + 1, UNTIDY);
  const kind = kindOf(line, end);
  if (kind) {
    storeRow(row, NaN, NaN, kind, 0);
    return STORED;
  }
  const first = skipBlanks(line);
  let p = readObject(first);
  if (!p && tooDeep) return FOR_HOST;
  if (p) {
    p = skipBlanks(p);
    if (at(p) == 0x2c) p = skipBlanks(p + 1);
  }
  if (p != end) {
    storeRow(row, NaN, NaN, INVALID, 0);
    return STORED;
  }
  if (oddKey) return FOR_HOST;
  if (numberOf(TIME) == NUMBER_FOR_HOST) return FOR_HOST;
  const ts = fieldValue;
  if (numberOf(LENGTH) == NUMBER_FOR_HOST) return FOR_HOST;
  const dur = fieldValue;
  if (numberOf(PID) == NUMBER_FOR_HOST) return FOR_HOST;
  const pid = fieldValue;
  if (numberOf(TID) == NUMBER_FOR_HOST) return FOR_HOST;
  const tid = fieldValue;
  const args = <usize>load<u32>(SPANS + ARGS);
  if (args && !noteArgs(args)) return FOR_HOST;
  const name = textOf(NAME);
  const cat = textOf(CAT);
  const phase = phaseOf();
  if (phase == PHASE_FOR_HOST) return FOR_HOST;
  if (name < 0 || cat < 0 || phase < 0) return DICTIONARY_FULL;
  const classId = addClass(name, cat, phase);
  const lane = add_lane(pid, tid);
  if (!classId || !lane) return DICTIONARY_FULL;
  storeRow(row, ts, dur, classId, lane);
  return load<u32>(<usize>load<u32>(CLASSES, 8) + ((<usize>classId) << 4), 12) == KIND_METADATA ? METADATA : STORED;
}

/** NO_LINE, INVALID or OVERSIZED for a line that cannot be a record, else 0. */
function kindOf(line: usize, end: usize): u32 {
  if (<u32>(end - line) > load<u32>(STATE, MOST_BYTES)) return OVERSIZED;
  const first = skipBlanks(line);
  let last = end;
  while (last > first && isBlank(at(last - 1))) last--;
  if (last > first && at(last - 1) == 0x2c) {
    last--;
    while (last > first && isBlank(at(last - 1))) last--;
  }
  if (last == first) return NO_LINE;
  const c = at(first);
  if (last == first + 1 && (c == 0x5b || c == 0x5d)) return NO_LINE;
  return c == 0x7b && at(last - 1) == 0x7d ? 0 : INVALID;
}

function isBlank(c: u32): bool {
  return c == 32 || c == 9 || c == 13;
}
