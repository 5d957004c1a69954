// Lines of a trace into rows. A row is made of every line, so that the n-th row of a chunk is its n-th line:
//
//   ts f64 | dur f64 | class u32 | lane u32        NaN = absent; lane = (pid, tid)
//
// A class is (name, cat, ph) of a record; classes 1 to 3 are the lines that are no record.
//
// Three ways to read a line, each for what the one before leaves over, all with the same result:
//   1. `scan` expects the keys in the order of the DFTracer dialects, without blanks, and checks every byte as it goes;
//   2. `readAnyLine` reads any JSON object;
//   3. the host reads the few lines that need a real number parser, decoded keys, or very deep nesting.
import {
  CLASSES,
  HASHES,
  KIND_METADATA,
  TEXTS,
  addClass,
  addText,
  add_lane,
  dictionaryFull,
  hashOf,
  resetFull,
} from './dictionary';
import {
  at,
  lineEnd,
  resetJson,
  sawEscape,
  skipBlanks,
  skipNumber,
  skipString,
  skipValue,
  stringStop,
  tooDeep,
} from './json';
import {
  NUMBER_ABSENT,
  NUMBER_FOR_HOST,
  digits,
  digitsAreExact,
  digitsCount,
  digitsValue,
  numberValue,
  readNumber,
} from './numbers';

// Host-visible record, see src/kernels/line-scanner.ts.
const TS: usize = 0;
const DUR: usize = 4;
const CLASS: usize = 8;
const LANE: usize = 12;
const CAPACITY: usize = 16;
const ROWS: usize = 20;
const NEXT: usize = 24; // where the scan goes on
const LINE: usize = 28; // the line that needs the host, or the metadata record just stored
const LINE_END: usize = 32;
const MOST_BYTES: usize = 36; // longest line that is looked at
const CHUNK: usize = 40; // number of the chunk, for the use of hashes
const HASH_USE: usize = 44; // u32 × 4 by hash id: first and last chunk + 1, keys it was under
const HASHES_LOST: usize = 48; // set when there was no room for one
const UNTIDY: usize = 52; // lines that are not just a record and a newline
const STATE: usize = memory.data(64, 16);

/** Bits of the hash values in args of the current chunk; the host takes and clears them. */
const HASH_BITS: usize = memory.data(512, 16);

export function scan_state(): usize {
  return STATE;
}
export function scan_hash_bits(): usize {
  return HASH_BITS;
}

export const NO_LINE: u32 = 1;
export const INVALID: u32 = 2;
export const OVERSIZED: u32 = 3;

const DONE: i32 = 0;
const ROWS_FULL: i32 = 1;
const DICTIONARY_FULL: i32 = 2;
const FOR_HOST: i32 = 3;
const METADATA: i32 = 4;

// What reading one line gave.
const SLOW: i32 = 10;
const STORED: i32 = 11;

// (name, cat, ph) of recent lines, by their bytes: length u32, phase u32, class u32, text[52]
const CLASS_CACHE: usize = memory.data(1024 * 64, 16);
const CLASS_CACHE_TEXT: u32 = 52;
// recent lanes: pid u64, tid u64, lane u32
const LANE_CACHE: usize = memory.data(256 * 24, 16);

const PHASE_TEXT: usize = memory.data(16, 16);

const MASK_3: u64 = 0xffffff;
const MASK_5: u64 = 0xffffffffff;
const MASK_6: u64 = 0xffffffffffff;
const MASK_7: u64 = 0xffffffffffffff;
const KEY_ID: u64 = 0x3a22646922; // "id":
const KEY_NAME: u64 = 0x3a22656d616e22; // "name":
const KEY_CAT: u64 = 0x3a2274616322; // "cat":
const KEY_TYPE: u64 = 0x3a226570797422; // "type":
const KEY_PID: u64 = 0x3a2264697022; // "pid":
const KEY_TID: u64 = 0x3a2264697422; // "tid":
const KEY_TS: u64 = 0x3a22737422; // "ts":
const KEY_DUR: u64 = 0x3a2272756422; // "dur":
const KEY_PH: u64 = 0x3a22687022; // "ph":
const KEY_ARGS: u64 = 0x3a227367726122; // "args":

const K: u64 = 0x9e3779b97f4a7c15;

/** What `whole` read. */
let wholeValue: u64 = 0;

/** A plain or quoted integer that is exact as a double; the answer is behind it, 0 = something else. */
function whole(p: usize): usize {
  const quoted = at(p) == 0x22;
  if (quoted) p++;
  const first = at(p);
  const end = digits(p);
  if (!digitsCount || !digitsAreExact()) return 0;
  wholeValue = digitsValue;
  if (quoted) return at(end) == 0x22 ? end + 1 : 0;
  return first == 48 && digitsCount > 1 ? 0 : end;
}

/** The bit of a hash key that ends at `end`: fhash 1, hhash 2, shash 4, cmd_hash 8, exec_hash 16; 0 = another key. */
function hashKey(end: usize, length: usize): u32 {
  if (load<u32>(end - 4) != 0x68736168) return 0;
  if (length == 5) {
    const c = at(end - 5);
    return c == 0x66 ? 1 : c == 0x68 ? 2 : c == 0x73 ? 4 : 0;
  }
  if (length == 8) return load<u32>(end - 8) == 0x5f646d63 ? 8 : 0;
  return length == 9 && load<u32>(end - 9) == 0x63657865 && at(end - 5) == 0x5f ? 16 : 0;
}

/** The two places of a hash among the bits of a chunk, 12 bits each. */
export function hash_places(p: usize, n: u32): u32 {
  return (<u32>(hashOf(p, n) >> 32)) & 0xffffff;
}

/** A hash is known by its decoded text: bytes over 0x7f may be decoded to others. */
function isAscii(p: usize, length: u32): bool {
  let high: u64 = 0;
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) high |= load<u64>(p + i);
  if (i < length) high |= load<u64>(p + i) & (((<u64>1) << ((length - i) << 3)) - 1);
  return !(high & 0x8080808080808080);
}

function noteHash(p: usize, length: u32, key: u32): void {
  const hash = hashOf(p, length);
  for (let shift: u64 = 32; shift < 56; shift += 12) {
    const bit = (<u32>(hash >> shift)) & 4095;
    const byte = HASH_BITS + (bit >> 3);
    store<u8>(byte, (<u32>load<u8>(byte)) | ((<u32>1) << (bit & 7)));
  }
  const id = addText(HASHES, p, length, hash);
  if (!id) {
    store<u32>(STATE, 1, HASHES_LOST);
    return;
  }
  const use = <usize>load<u32>(STATE, HASH_USE) + ((<usize>id) << 4);
  const chunk = load<u32>(STATE, CHUNK) + 1;
  if (!load<u32>(use)) store<u32>(use, chunk);
  store<u32>(use, chunk, 4);
  store<u32>(use, load<u32>(use, 8) | key, 8);
}

/** The members of args from behind its brace, without blanks between tokens: behind the closing brace, or 0. */
function knownArgs(p: usize): usize {
  if (at(p) == 0x7d) return p + 1;
  while (true) {
    if (at(p) != 0x22) return 0;
    const keyEnd = stringStop(p + 1);
    if (load<u16>(keyEnd) != 0x3a22) return 0;
    const length = keyEnd - p - 1;
    p = keyEnd + 2;
    const c = at(p);
    const value = p;
    if (c == 0x22) {
      p = stringStop(p + 1);
      if (at(p) == 0x22) {
        const key = hashKey(keyEnd, length);
        if (key) {
          if (!isAscii(value + 1, <u32>(p - value - 1))) return 0;
          noteHash(value + 1, <u32>(p - value - 1), key);
        }
        p++;
      } else {
        if (at(p) != 0x5c || hashKey(keyEnd, length)) return 0;
        p = skipString(p);
        if (!p) return 0;
      }
    } else if (c - 48 < 10 || c == 0x2d) {
      p = digits(value);
      const next = at(p);
      if (!digitsCount || (next != 0x2c && next != 0x7d) || (c == 48 && digitsCount > 1)) {
        p = skipNumber(value);
        if (!p) return 0;
      }
      const key = hashKey(keyEnd, length);
      if (key) noteHash(value, <u32>(p - value), key);
    } else {
      p = skipValue(p);
      if (!p) return 0;
    }
    const next = at(p);
    p++;
    if (next == 0x7d) return p;
    if (next != 0x2c) return 0;
  }
}

/** The class of `name","cat":"cat` in `[span, span + length)` and a phase of up to 4 bytes; 0 = no room. */
function classOf(span: usize, length: u32, nameLength: u32, phase: u32, phaseLength: u32): u32 {
  let hash: u64 = ((<u64>phase) << 32) ^ (<u64>length * K);
  let i: u32 = 0;
  for (; i + 8 < length; i += 8) hash = (hash ^ load<u64>(span + i)) * K;
  hash = (hash ^ load<u64>(span + length - 8)) * K;
  const slot = CLASS_CACHE + ((<usize>(hash >> 48)) & 1023) * 64;
  const cacheable = length <= CLASS_CACHE_TEXT;
  if (cacheable && load<u32>(slot) == length && load<u32>(slot, 4) == phase) {
    let same = load<u64>(slot + 4 + length) == load<u64>(span + length - 8);
    for (i = 0; i + 8 < length; i += 8) same = same && load<u64>(slot + 12 + i) == load<u64>(span + i);
    if (same) return load<u32>(slot, 8);
  }
  const name = addText(TEXTS, span, nameLength, hashOf(span, nameLength));
  if (!name) return 0;
  const catAt = span + nameLength + 9; // behind ","cat":"
  const catLength = length - nameLength - 9;
  const cat = addText(TEXTS, catAt, catLength, hashOf(catAt, catLength));
  if (!cat) return 0;
  store<u32>(PHASE_TEXT, phase);
  const ph = phaseLength ? addText(TEXTS, PHASE_TEXT, phaseLength, hashOf(PHASE_TEXT, phaseLength)) : 0;
  if (phaseLength && !ph) return 0;
  const id = addClass(name, cat, ph);
  if (id && cacheable) {
    store<u32>(slot, length);
    store<u32>(slot, phase, 4);
    store<u32>(slot, id, 8);
    memory.copy(slot + 12, span, length);
  }
  return id;
}

function laneOf(pid: u64, tid: u64): u32 {
  let hash = (pid * K) ^ tid;
  hash = (hash ^ (hash >> 29)) * K;
  const slot = LANE_CACHE + ((<usize>(hash >> 56)) & 255) * 24;
  const known = load<u32>(slot, 16);
  if (known && load<u64>(slot) == pid && load<u64>(slot, 8) == tid) return known;
  const lane = add_lane(<f64>pid, <f64>tid);
  store<u64>(slot, pid);
  store<u64>(slot, tid, 8);
  store<u32>(slot, lane, 16);
  return lane;
}

function storeRow(row: u32, ts: f64, dur: f64, classId: u32, lane: u32): void {
  store<f64>(<usize>load<u32>(STATE, TS) + ((<usize>row) << 3), ts);
  store<f64>(<usize>load<u32>(STATE, DUR) + ((<usize>row) << 3), dur);
  store<u32>(<usize>load<u32>(STATE, CLASS) + ((<usize>row) << 2), classId);
  store<u32>(<usize>load<u32>(STATE, LANE) + ((<usize>row) << 2), lane);
}

/** Where the last line ended: its newline. */
let newline: usize = 0;

/** STORED, METADATA, DICTIONARY_FULL, or SLOW when the line is not written the usual way. */
function readKnownLine(line: usize, row: u32): i32 {
  let p = line;
  if (at(p) != 0x7b) {
    p = skipBlanks(p);
    if (at(p) != 0x7b) return SLOW;
  }
  p++;
  if ((load<u64>(p) & MASK_5) == KEY_ID) {
    p = whole(p + 5);
    if (!p || at(p) != 0x2c) return SLOW;
    p++;
  }
  if ((load<u64>(p) & MASK_7) != KEY_NAME || at(p + 7) != 0x22) return SLOW;
  const span = p + 8;
  p = stringStop(span);
  if (at(p) != 0x22 || at(p + 1) != 0x2c) return SLOW;
  const nameLength = <u32>(p - span);
  p += 2;
  if ((load<u64>(p) & MASK_6) != KEY_CAT || at(p + 6) != 0x22) return SLOW;
  p = stringStop(p + 7);
  if (at(p) != 0x22 || at(p + 1) != 0x2c) return SLOW;
  const spanLength = <u32>(p - span);
  p += 2;
  if ((load<u64>(p) & MASK_7) == KEY_TYPE) {
    p = whole(p + 7);
    if (!p || at(p) != 0x2c) return SLOW;
    p++;
  }
  if ((load<u64>(p) & MASK_6) != KEY_PID) return SLOW;
  p = whole(p + 6);
  if (!p || at(p) != 0x2c) return SLOW;
  const pid = wholeValue;
  p++;
  if ((load<u64>(p) & MASK_6) != KEY_TID) return SLOW;
  p = whole(p + 6);
  if (!p || at(p) != 0x2c) return SLOW;
  const tid = wholeValue;
  p++;
  let ts: f64 = NaN;
  if ((load<u64>(p) & MASK_5) == KEY_TS) {
    p = whole(p + 5);
    if (!p || at(p) != 0x2c) return SLOW;
    ts = <f64>wholeValue;
    p++;
  }
  let dur: f64 = NaN;
  if ((load<u64>(p) & MASK_6) == KEY_DUR) {
    p = whole(p + 6);
    if (!p || at(p) != 0x2c) return SLOW;
    dur = <f64>wholeValue;
    p++;
  }
  if ((load<u64>(p) & MASK_5) != KEY_PH) return SLOW;
  p += 5;
  let phase = load<u32>(p);
  let phaseLength: u32;
  if ((phase & 255) == 0x22) {
    const letter = (phase >> 8) & 255;
    if (((phase >> 16) & 255) != 0x22 || letter == 0x22 || letter == 0x5c || letter < 32) return SLOW;
    phase &= <u32>MASK_3;
    phaseLength = 3;
  } else {
    phase &= 255;
    if (phase - 48 > 9) return SLOW;
    phaseLength = 1;
  }
  p += phaseLength;
  if (at(p) == 0x2c) {
    if ((load<u64>(p + 1) & MASK_7) != KEY_ARGS || at(p + 8) != 0x7b) return SLOW;
    p = knownArgs(p + 9);
    if (!p) return SLOW;
  }
  if (at(p) != 0x7d) return SLOW;
  p++;
  if (at(p) != 10) {
    p = skipBlanks(p);
    if (at(p) == 0x2c) p = skipBlanks(p + 1);
    if (at(p) != 10) return SLOW;
  }
  if (<u32>(p - line) > load<u32>(STATE, MOST_BYTES)) return SLOW;
  if (at(line) != 0x7b || at(p - 1) != 0x7d) store<u32>(STATE, load<u32>(STATE, UNTIDY) + 1, UNTIDY);
  const classId = classOf(span, spanLength, nameLength, phase, phaseLength);
  if (!classId) return DICTIONARY_FULL;
  const lane = laneOf(pid, tid);
  if (!lane) return DICTIONARY_FULL;
  storeRow(row, ts, dur, classId, lane);
  newline = p;
  return phase == 0x224d22 || phase == 0x34 ? METADATA : STORED;
}

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

/** Hash values of args, wherever blanks stand; `false` = one needs decoding. */
function noteArgs(p: usize): bool {
  if (at(p) != 0x7b) return true;
  p = skipBlanks(p + 1);
  while (at(p) == 0x22) {
    const key = p + 1;
    resetJson();
    const keyEnd = skipString(key) - 1;
    if (sawEscape) return false;
    const value = skipBlanks(skipBlanks(keyEnd + 1) + 1);
    resetJson();
    p = skipValue(value);
    const bit = hashKey(keyEnd, keyEnd - key);
    if (bit) {
      const c = at(value);
      if (c == 0x22) {
        if (sawEscape || !isAscii(value + 1, <u32>(p - value - 2))) return false;
        noteHash(value + 1, <u32>(p - value - 2), bit);
      } else if (c == 0x2d || c - 48 < 10) noteHash(value, <u32>(p - value), bit);
    }
    p = skipBlanks(p);
    if (at(p) == 0x2c) p = skipBlanks(p + 1);
  }
  return true;
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
function readAnyLine(line: usize, row: u32): i32 {
  const end = lineEnd(line);
  newline = end;
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

/** Forgets the recent classes and lanes: the dictionaries begin anew. */
export function scan_reset(): void {
  memory.fill(CLASS_CACHE, 0, 1024 * 64);
  memory.fill(LANE_CACHE, 0, 256 * 24);
  memory.fill(HASH_BITS, 0, 512);
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

export function note_hash(p: usize, n: u32, key: u32): void {
  noteHash(p, n, key);
}

/** Which dictionary was full, 1 + its number. */
export function full_dictionary(): u32 {
  return dictionaryFull;
}
