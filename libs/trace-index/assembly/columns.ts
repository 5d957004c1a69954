// The rows of a chunk become a segment of the index, and come back from it.
//
//   segment:  offsets u32 × 4 | classes | lanes | durations | times           offsets from the segment's start
//   classes:  count u32 | ids of the file's dictionary, packed | per row: place in that list, fixed width
//   lanes:    the same
//   durations, times:  form u8 | [presence bits, a byte per 8 rows] | numbers
//
//   form 0  none present
//   form 1  u32 packed; times: distance from a base f64 that stands in front
//   form 2  f64 each
//   form 3  times only: base f64, then per row the gap to the end of the row before it on the same lane, zigzag, packed.
//           Calls of a thread follow each other, so the gap is a small number even where the time itself is not.
//   + 16    not all rows have the value: presence bits follow the form byte
//
// An absent value repeats the number before it, so that it costs nothing.
import { CLASSES, KIND_EVENT } from './dictionary';
import { pack, packIds, unpack, unpackIds } from './packing';

// Host-visible record, see src/kernels/chunk-columns.ts.
const ROWS: usize = 0;
const TS: usize = 4; // f64 columns
const DUR: usize = 8;
const CLASS: usize = 12; // u32 columns: ids of the file's dictionaries
const LANE: usize = 16;
const CLASS_PLACE: usize = 20; // u32 columns: places in the chunk's own list
const LANE_PLACE: usize = 24;
const CLASS_LIST: usize = 28; // the chunk's lists
const LANE_LIST: usize = 32;
const CLASS_LIST_LENGTH: usize = 36;
const LANE_LIST_LENGTH: usize = 40;
const WORK_A: usize = 44; // u32 columns for numbers on their way
const WORK_B: usize = 48;
const CLASS_SEEN: usize = 52; // by id: chunk + 1, place
const LANE_SEEN: usize = 56;
const CLASS_COUNTS: usize = 60; // by id: rows
const LANE_COUNTS: usize = 64; // by id: events
const LANE_ENDS: usize = 68; // f64 by place
const CHUNK: usize = 72;
const EVENTS: usize = 76;
const DURATIONS: usize = 80;
const TS_MIN: usize = 88; // f64 from here on; over events only
const TS_MAX: usize = 96;
const END_MAX: usize = 104;
const DUR_MIN: usize = 112;
const DUR_MAX: usize = 120;
const DUR_SUM: usize = 128;
const DUR_SQUARES: usize = 136; // of the distances from the chunk's mean
const STATE: usize = memory.data(160, 16);

/** Durations by the upper bits of the double, as `DurationSketch` counts them; the last one is for negative ones. */
const SKETCH: usize = memory.data(4 * (131072 + 1), 16);
const NEGATIVE: usize = 131072;

const PRESENCE: u32 = 16;
const FORM_NONE: u32 = 0;
const FORM_PACKED: u32 = 1;
const FORM_DOUBLES: u32 = 2;
const FORM_GAPS: u32 = 3;

/** Sums of two such numbers are exact. */
const LARGEST: f64 = 2251799813685248.0; // 2^51

export function columns_state(): usize {
  return STATE;
}
export function columns_sketch(): usize {
  return SKETCH;
}

/** Lists the classes and lanes of the chunk, counts them, and takes its extremes. */
export function fold(): void {
  const n = load<u32>(STATE, ROWS);
  const stamp = load<u32>(STATE, CHUNK) + 1;
  const kinds = <usize>load<u32>(CLASSES, 8) + 12;
  const ts = <usize>load<u32>(STATE, TS);
  const dur = <usize>load<u32>(STATE, DUR);
  const classes = <usize>load<u32>(STATE, CLASS);
  const lanes = <usize>load<u32>(STATE, LANE);
  const classPlaces = <usize>load<u32>(STATE, CLASS_PLACE);
  const lanePlaces = <usize>load<u32>(STATE, LANE_PLACE);
  const classCounts = <usize>load<u32>(STATE, CLASS_COUNTS);
  const laneCounts = <usize>load<u32>(STATE, LANE_COUNTS);
  let events: u32 = 0;
  let durations: u32 = 0;
  let tsMin: f64 = Infinity;
  let tsMax: f64 = -Infinity;
  let endMax: f64 = -Infinity;
  let durMin: f64 = Infinity;
  let durMax: f64 = -Infinity;
  let sum: f64 = 0;
  store<u32>(STATE, 0, CLASS_LIST_LENGTH);
  store<u32>(STATE, 0, LANE_LIST_LENGTH);
  for (let i: u32 = 0; i < n; i++) {
    const id = load<u32>(classes + ((<usize>i) << 2));
    const lane = load<u32>(lanes + ((<usize>i) << 2));
    store<u32>(classPlaces + ((<usize>i) << 2), placeOf(id, stamp, CLASS_SEEN, CLASS_LIST));
    store<u32>(lanePlaces + ((<usize>i) << 2), placeOf(lane, stamp, LANE_SEEN, LANE_LIST));
    const count = classCounts + ((<usize>id) << 2);
    store<u32>(count, load<u32>(count) + 1);
    if (load<u32>(kinds + ((<usize>id) << 4)) != KIND_EVENT) continue;
    events++;
    const laneCount = laneCounts + ((<usize>lane) << 2);
    store<u32>(laneCount, load<u32>(laneCount) + 1);
    const d = load<f64>(dur + ((<usize>i) << 3));
    if (d == d) {
      durations++;
      sum += d;
      durMin = min(durMin, d);
      durMax = max(durMax, d);
      const index: usize = d > 0 ? <usize>(reinterpret<u64>(d) >> 46) : d < 0 ? NEGATIVE : 0;
      const bucket = SKETCH + (index << 2);
      store<u32>(bucket, load<u32>(bucket) + 1);
    }
    const t = load<f64>(ts + ((<usize>i) << 3));
    if (t == t) {
      tsMin = min(tsMin, t);
      tsMax = max(tsMax, t);
      endMax = max(endMax, d == d ? t + d : t);
    }
  }
  store<u32>(STATE, events, EVENTS);
  store<u32>(STATE, durations, DURATIONS);
  store<f64>(STATE, tsMin, TS_MIN);
  store<f64>(STATE, tsMax, TS_MAX);
  store<f64>(STATE, endMax, END_MAX);
  store<f64>(STATE, durMin, DUR_MIN);
  store<f64>(STATE, durMax, DUR_MAX);
  store<f64>(STATE, sum, DUR_SUM);
  store<f64>(STATE, durations ? squaresFrom(sum / <f64>durations, n, kinds) : 0, DUR_SQUARES);
}

function squaresFrom(mean: f64, n: u32, kinds: usize): f64 {
  const dur = <usize>load<u32>(STATE, DUR);
  const classes = <usize>load<u32>(STATE, CLASS);
  let squares: f64 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const id = load<u32>(classes + ((<usize>i) << 2));
    const d = load<f64>(dur + ((<usize>i) << 3));
    if (d == d && load<u32>(kinds + ((<usize>id) << 4)) == KIND_EVENT) squares += (d - mean) * (d - mean);
  }
  return squares;
}

/** The place of an id in the chunk's list, where it is appended when it is new. */
function placeOf(id: u32, stamp: u32, seenField: usize, listField: usize): u32 {
  const seen = <usize>load<u32>(STATE + seenField) + ((<usize>id) << 3);
  if (load<u32>(seen) == stamp) return load<u32>(seen, 4);
  const lengthField = listField + 8;
  const place = load<u32>(STATE + lengthField);
  store<u32>(<usize>load<u32>(STATE + listField) + ((<usize>place) << 2), id);
  store<u32>(STATE + lengthField, place + 1);
  store<u32>(seen, stamp);
  store<u32>(seen, place, 4);
  return place;
}

/** Writes the segment of the folded chunk to `out`; the answer is behind it. */
export function encode(out: usize): usize {
  const n = load<u32>(STATE, ROWS);
  let p = out + 16;
  store<u32>(out, <u32>(p - out));
  p = encodeIds(CLASS_LIST, CLASS_PLACE, n, p);
  store<u32>(out, <u32>(p - out), 4);
  p = encodeIds(LANE_LIST, LANE_PLACE, n, p);
  store<u32>(out, <u32>(p - out), 8);
  p = encodeDurations(n, p);
  store<u32>(out, <u32>(p - out), 12);
  return encodeTimes(n, p);
}

function encodeIds(listField: usize, placeField: usize, n: u32, out: usize): usize {
  const length = load<u32>(STATE + listField + 8);
  store<u32>(out, length);
  out = pack(load<u32>(STATE + listField), length, out + 4);
  return packIds(load<u32>(STATE + placeField), n, length, out);
}

function presentCount(column: usize, n: u32): u32 {
  let present: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const v = load<f64>(column + ((<usize>i) << 3));
    present += v == v ? 1 : 0;
  }
  return present;
}

/** The form byte and, when some are absent, the presence bits. */
function encodeForm(form: u32, column: usize, n: u32, present: u32, out: usize): usize {
  if (present == n) {
    store<u8>(out, form);
    return out + 1;
  }
  store<u8>(out, form | PRESENCE);
  out++;
  const bytes = (n + 7) >> 3;
  memory.fill(out, 0, bytes);
  for (let i: u32 = 0; i < n; i++) {
    const v = load<f64>(column + ((<usize>i) << 3));
    if (v == v) store<u8>(out + (i >> 3), (<u32>load<u8>(out + (i >> 3))) | ((<u32>1) << (i & 7)));
  }
  return out + bytes;
}

function encodeDoubles(column: usize, n: u32, out: usize): usize {
  memory.copy(out, column, (<usize>n) << 3);
  return out + ((<usize>n) << 3);
}

function encodeDurations(n: u32, out: usize): usize {
  const dur = <usize>load<u32>(STATE, DUR);
  const work = <usize>load<u32>(STATE, WORK_A);
  const present = presentCount(dur, n);
  if (!present) {
    store<u8>(out, FORM_NONE);
    return out + 1;
  }
  let whole = true;
  let value: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const d = load<f64>(dur + ((<usize>i) << 3));
    if (d == d) {
      // -0 is none of the integers.
      if (!(d >= 0 && d <= 4294967295.0 && reinterpret<u64>(<f64>(<u32>d)) == reinterpret<u64>(d))) {
        whole = false;
        break;
      }
      value = <u32>d;
    }
    store<u32>(work + ((<usize>i) << 2), value);
  }
  out = encodeForm(whole ? FORM_PACKED : FORM_DOUBLES, dur, n, whole ? present : n, out);
  return whole ? pack(work, n, out) : encodeDoubles(dur, n, out);
}

/** Whether a double is an integer that sums exactly. */
function isWhole(v: f64): bool {
  return v >= -LARGEST && v <= LARGEST && reinterpret<u64>(<f64>(<i64>v)) == reinterpret<u64>(v);
}

function encodeTimes(n: u32, out: usize): usize {
  const ts = <usize>load<u32>(STATE, TS);
  const present = presentCount(ts, n);
  if (!present) {
    store<u8>(out, FORM_NONE);
    return out + 1;
  }
  let base: f64 = Infinity;
  let top: f64 = -Infinity;
  let whole = true;
  for (let i: u32 = 0; i < n; i++) {
    const t = load<f64>(ts + ((<usize>i) << 3));
    if (t == t) {
      base = min(base, t);
      top = max(top, t);
      whole = whole && isWhole(t);
    }
  }
  const near = whole && top - base <= 4294967295.0;
  const gaps = whole && gapsFrom(base, n);
  if (!near && !gaps) {
    out = encodeForm(FORM_DOUBLES, ts, n, n, out);
    return encodeDoubles(ts, n, out);
  }
  const form = out;
  out = encodeForm(FORM_PACKED, ts, n, present, out);
  store<f64>(out, base);
  out += 8;
  let end: usize = 0;
  if (near) {
    distancesFrom(base, n);
    end = pack(load<u32>(STATE, WORK_A), n, out);
  }
  if (!gaps) return end;
  // Both, and the shorter one stays.
  const second = near ? end : out;
  const secondEnd = pack(load<u32>(STATE, WORK_B), n, second);
  if (near && secondEnd - second >= end - out) return end;
  store<u8>(form, ((<u32>load<u8>(form)) & PRESENCE) | FORM_GAPS);
  memory.copy(out, second, secondEnd - second);
  return out + (secondEnd - second);
}

function distancesFrom(base: f64, n: u32): void {
  const ts = <usize>load<u32>(STATE, TS);
  const work = <usize>load<u32>(STATE, WORK_A);
  let value: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const t = load<f64>(ts + ((<usize>i) << 3));
    if (t == t) value = <u32>(t - base);
    store<u32>(work + ((<usize>i) << 2), value);
  }
}

/** Where the next row of the same lane begins, if nothing is between them. */
function endOf(t: f64, d: f64): f64 {
  return d == d && d <= 4294967295.0 && d >= 0 ? t + trunc(d) : t;
}

/** Fills WORK_B; `false` when a gap does not fit. */
function gapsFrom(base: f64, n: u32): bool {
  const ts = <usize>load<u32>(STATE, TS);
  const dur = <usize>load<u32>(STATE, DUR);
  const places = <usize>load<u32>(STATE, LANE_PLACE);
  const ends = <usize>load<u32>(STATE, LANE_ENDS);
  const work = <usize>load<u32>(STATE, WORK_B);
  const lanes = load<u32>(STATE, LANE_LIST_LENGTH);
  for (let i: u32 = 0; i < lanes; i++) store<f64>(ends + ((<usize>i) << 3), base);
  let value: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    const t = load<f64>(ts + ((<usize>i) << 3));
    if (t == t) {
      const end = ends + ((<usize>load<u32>(places + ((<usize>i) << 2))) << 3);
      const gap = t - load<f64>(end);
      if (gap > 2147483647.0 || gap < -2147483648.0) return false;
      const signed = <i32>gap;
      value = ((<u32>signed) << 1) ^ (<u32>(signed >> 31));
      store<f64>(end, endOf(t, load<f64>(dur + ((<usize>i) << 3))));
    }
    store<u32>(work + ((<usize>i) << 2), value);
  }
  return true;
}

const WANT_CLASSES: u32 = 1;
const WANT_LANES: u32 = 2;
const WANT_DURATIONS: u32 = 4;
const WANT_TIMES: u32 = 8;

/**
 * Reads the wanted columns of the segment in `[from, end)` with ROWS rows back into DUR, TS and the places and lists.
 * Times need lanes and durations. Returns 1, or 0 when the segment is not what `encode` writes. 16 bytes behind `end`
 * must be readable.
 */
export function decode(from: usize, end: usize, wanted: u32): u32 {
  const n = load<u32>(STATE, ROWS);
  if (end - from < 16) return 0;
  if (wanted & WANT_CLASSES && !decodeIds(from, end, load<u32>(from), CLASS_LIST, CLASS_PLACE, n)) return 0;
  if (wanted & WANT_LANES && !decodeIds(from, end, load<u32>(from, 4), LANE_LIST, LANE_PLACE, n)) return 0;
  if (wanted & WANT_DURATIONS && !decodeNumbers(from, end, load<u32>(from, 8), load<u32>(STATE, DUR), n, false))
    return 0;
  if (wanted & WANT_TIMES && !decodeNumbers(from, end, load<u32>(from, 12), load<u32>(STATE, TS), n, true)) return 0;
  return 1;
}

function decodeIds(from: usize, end: usize, offset: u32, listField: usize, placeField: usize, n: u32): bool {
  if (offset > <u32>(end - from) - 4) return false;
  let p = from + offset;
  const length = load<u32>(p);
  if (length > n) return false;
  p = unpack(p + 4, end, length, load<u32>(STATE + listField));
  if (!p || !unpackIds(p, end, n, load<u32>(STATE + placeField))) return false;
  const places = <usize>load<u32>(STATE + placeField);
  for (let i: u32 = 0; i < n; i++) if (load<u32>(places + ((<usize>i) << 2)) >= length) return false;
  store<u32>(STATE + listField + 8, length);
  return true;
}

function decodeNumbers(from: usize, end: usize, offset: u32, column: usize, n: u32, times: bool): bool {
  if (offset >= <u32>(end - from)) return false;
  let p = from + offset;
  const form = <u32>load<u8>(p);
  p++;
  const presence = form & PRESENCE ? p : 0;
  if (presence) p += (n + 7) >> 3;
  if (p > end) return false;
  const kind = form & ~PRESENCE;
  if (kind == FORM_NONE) {
    for (let i: u32 = 0; i < n; i++) store<f64>(column + ((<usize>i) << 3), NaN);
    return true;
  }
  if (kind == FORM_DOUBLES) {
    if (p + ((<usize>n) << 3) > end) return false;
    memory.copy(column, p, (<usize>n) << 3);
    return true;
  }
  if (kind != FORM_PACKED && (kind != FORM_GAPS || !times)) return false;
  let base: f64 = 0;
  if (times) {
    if (p + 8 > end) return false;
    base = load<f64>(p);
    p += 8;
  }
  const work = <usize>load<u32>(STATE, WORK_A);
  if (!unpack(p, end, n, work)) return false;
  if (kind == FORM_GAPS) addGaps(base, work, presence, column, n);
  else addBase(base, work, presence, column, n);
  return true;
}

function isPresent(presence: usize, i: u32): bool {
  return !presence || (((<u32>load<u8>(presence + (i >> 3))) >> (i & 7)) & 1) == 1;
}

function addBase(base: f64, work: usize, presence: usize, column: usize, n: u32): void {
  if (presence) {
    for (let i: u32 = 0; i < n; i++) {
      const v = base + <f64>load<u32>(work + ((<usize>i) << 2));
      store<f64>(column + ((<usize>i) << 3), isPresent(presence, i) ? v : NaN);
    }
  } else {
    for (let i: u32 = 0; i < n; i++) {
      store<f64>(column + ((<usize>i) << 3), base + <f64>load<u32>(work + ((<usize>i) << 2)));
    }
  }
}

function addGaps(base: f64, work: usize, presence: usize, column: usize, n: u32): void {
  const dur = <usize>load<u32>(STATE, DUR);
  const places = <usize>load<u32>(STATE, LANE_PLACE);
  const ends = <usize>load<u32>(STATE, LANE_ENDS);
  const lanes = load<u32>(STATE, LANE_LIST_LENGTH);
  for (let i: u32 = 0; i < lanes; i++) store<f64>(ends + ((<usize>i) << 3), base);
  for (let i: u32 = 0; i < n; i++) {
    let t: f64 = NaN;
    if (isPresent(presence, i)) {
      const zigzag = load<u32>(work + ((<usize>i) << 2));
      const gap = <i32>((zigzag >> 1) ^ (0 - (zigzag & 1)));
      const end = ends + ((<usize>load<u32>(places + ((<usize>i) << 2))) << 3);
      t = load<f64>(end) + <f64>gap;
      store<f64>(end, endOf(t, load<f64>(dur + ((<usize>i) << 3))));
    }
    store<f64>(column + ((<usize>i) << 3), t);
  }
}
