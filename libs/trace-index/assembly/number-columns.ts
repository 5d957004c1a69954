// Durations and times of the rows of a chunk, as they stand in a segment:
//
//   form u8 | [presence bits, a byte per 8 rows] | numbers
//
//   form 0  none present
//   form 1  u32 packed; times: distance from a base f64 that stands in front
//   form 2  f64 each
//   form 3  times only: base f64, then per row the gap to the end of the row before it on the same lane, zigzag, packed.
//           Calls of a thread follow each other, so the gap is a small number even where the time itself is not.
//   + 16    not all rows have the value: presence bits follow the form byte
//
// An absent value repeats the number before it, so that it costs nothing.
import { DUR, LANE_ENDS, LANE_LIST_LENGTH, LANE_PLACE, STATE, TS, WORK_A, WORK_B } from './column-state';
import { pack, unpack } from './packing';

const PRESENCE: u32 = 16;
const FORM_NONE: u32 = 0;
const FORM_PACKED: u32 = 1;
const FORM_DOUBLES: u32 = 2;
const FORM_GAPS: u32 = 3;

/** Sums of two such numbers are exact. */
const LARGEST: f64 = 2251799813685248.0; // 2^51

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

export function encodeDoubles(column: usize, n: u32, out: usize): usize {
  memory.copy(out, column, (<usize>n) << 3);
  return out + ((<usize>n) << 3);
}

export function encodeDurations(n: u32, out: usize): usize {
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

export function encodeTimes(n: u32, out: usize): usize {
  const ts = <usize>load<u32>(STATE, TS);
  const present = presentCount(ts, n);
  if (!present) {
    store<u8>(out, FORM_NONE);
    return out + 1;
  }
  let base: f64 = Infinity;
  let top: f64 = -Infinity;
  let whole: bool = true;
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

export function decodeNumbers(from: usize, end: usize, offset: u32, column: usize, n: u32, times: bool): bool {
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
