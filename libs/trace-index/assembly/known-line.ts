// The first reader of lines: expects the keys in the order of the DFTracer dialects, without blanks, and checks every byte
// as it goes. What is written differently is left to the second.
import { forgetArgs, knownArgs } from './args';
import { TEXTS, addClass, addText, add_lane, hashOf } from './dictionary';
import { at, skipBlanks, stringStop } from './json';
import { LARGEST_EXACT, digits, digitsAreExact, digitsCount, digitsValue, eight, leading, notDigits } from './numbers';
import { storeRow } from './rows';
import { DICTIONARY_FULL, METADATA, MOST_BYTES, SLOW, STATE, STORED, UNTIDY, endsAt } from './scan-state';

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

// Bits of the digits that these fields had on the last line, u64 each: the next line is likely to have as many.
const ID: usize = memory.data(8, 8);
const TYPE: usize = memory.data(8, 8);
const PID: usize = memory.data(8, 8);
const TID: usize = memory.data(8, 8);

/**
 * As `whole`, of a field that tends to have as many digits as on the line before, `last`: then what follows is found
 * without waiting until these digits are counted.
 */
function wholeLike(p: usize, last: usize): usize {
  const v = load<u64>(p);
  const others = notDigits(v);
  const bits = ctz<u64>(others) & 56;
  if (!others || !bits || (v & 0xff) == 0x30) return whole(p);
  wholeValue = eight(leading(v, bits));
  const expected = load<u64>(last);
  if (bits == expected) return p + <usize>(expected >> 3);
  store<u64>(last, bits);
  return p + <usize>(bits >> 3);
}

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

/** As `whole`, of a time in microseconds since 1970, which has 16 digits. */
function wholeTime(p: usize): usize {
  const first = load<u64>(p);
  const second = load<u64>(p, 8);
  const sixteen = !(notDigits(first) | notDigits(second)) && <u32>load<u8>(p, 16) - 48 > 9;
  if (!sixteen || (first & 0xff) == 0x30) return whole(p);
  wholeValue = <u64>eight(first) * 100000000 + <u64>eight(second);
  return wholeValue <= LARGEST_EXACT ? p + 16 : 0;
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

/** STORED, METADATA, DICTIONARY_FULL, or SLOW when the line is not written the usual way. */
export function readKnownLine(line: usize, row: u32): i32 {
  let p = line;
  forgetArgs();
  if (at(p) != 0x7b) {
    p = skipBlanks(p);
    if (at(p) != 0x7b) return SLOW;
  }
  p++;
  if ((load<u64>(p) & MASK_5) == KEY_ID) {
    p = wholeLike(p + 5, ID);
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
    p = wholeLike(p + 7, TYPE);
    if (!p || at(p) != 0x2c) return SLOW;
    p++;
  }
  if ((load<u64>(p) & MASK_6) != KEY_PID) return SLOW;
  p = wholeLike(p + 6, PID);
  if (!p || at(p) != 0x2c) return SLOW;
  const pid = wholeValue;
  p++;
  if ((load<u64>(p) & MASK_6) != KEY_TID) return SLOW;
  p = wholeLike(p + 6, TID);
  if (!p || at(p) != 0x2c) return SLOW;
  const tid = wholeValue;
  p++;
  let ts: f64 = NaN;
  if ((load<u64>(p) & MASK_5) == KEY_TS) {
    p = wholeTime(p + 5);
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
  endsAt(p);
  return phase == 0x224d22 || phase == 0x34 ? METADATA : STORED;
}

/** Forgets the recent classes and lanes: the dictionaries begin anew. */
export function resetRecent(): void {
  memory.fill(CLASS_CACHE, 0, 1024 * 64);
  memory.fill(LANE_CACHE, 0, 256 * 24);
}
