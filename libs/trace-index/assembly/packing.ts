// Packed columns of unsigned 32-bit numbers, in blocks of 128:
//
//   width u8 | exceptions u8 | extra u8 | least u32 | 128 × width bits | exceptions × place u8 | exceptions × extra bits
//
// A number is stored as its distance from the least of its block, in as many bits as most of them need. Of the few that
// need more ("exceptions") the upper bits are stored behind the block, with their places. Durations are like that:
// mostly short, some very long.

const BLOCK: u32 = 128;
const HEAD: usize = 7;
/** u8 by width, four times. */
const WIDTHS: usize = memory.data(4 * 48, 16);
const UPPER: usize = memory.data(4 * 128, 16);

/** `width` bits of each number minus `least`; the answer is behind them. Up to 8 bytes behind that are written, too. */
export function packBits(values: usize, n: u32, least: u32, width: u32, out: usize): usize {
  const mask: u64 = ((<u64>1) << width) - 1;
  let buffer: u64 = 0;
  let bits: u32 = 0;
  let i: u32 = 0;
  // All of the buffer is stored each time and only whole bytes count, so that no branch depends on the width; a pair and
  // the 7 bits that may be left fit it.
  if (width <= 28) {
    for (; i + 2 <= n; i += 2) {
      const p = values + ((<usize>i) << 2);
      const first = (<u64>(load<u32>(p) - least)) & mask;
      const second = (<u64>(load<u32>(p, 4) - least)) & mask;
      buffer |= (first | (second << width)) << bits;
      bits += width << 1;
      store<u64>(out, buffer);
      out += bits >> 3;
      buffer >>= bits & 56;
      bits &= 7;
    }
  }
  for (; i < n; i++) {
    buffer |= ((<u64>(load<u32>(values + ((<usize>i) << 2)) - least)) & mask) << bits;
    bits += width;
    store<u64>(out, buffer);
    out += bits >> 3;
    buffer >>= bits & 56;
    bits &= 7;
  }
  store<u8>(out, <u32>buffer);
  return bits ? out + 1 : out;
}

function leastOf(values: usize, n: u32): u32 {
  let i: u32 = 0;
  let four = i32x4.splat(-1);
  for (; i + 4 <= n; i += 4) four = i32x4.min_u(four, v128.load(values + ((<usize>i) << 2)));
  let least = min(
    min(<u32>i32x4.extract_lane(four, 0), <u32>i32x4.extract_lane(four, 1)),
    min(<u32>i32x4.extract_lane(four, 2), <u32>i32x4.extract_lane(four, 3)),
  );
  for (; i < n; i++) least = min(least, load<u32>(values + ((<usize>i) << 2)));
  return least;
}

/** Counts how many of at most 128 numbers minus `least` need how many bits, into WIDTHS. */
function countWidths(values: usize, n: u32, least: u32): void {
  // Four counts side by side: equal widths follow each other, and each would wait for the one before it to be stored.
  for (let i: usize = 0; i < 4 * 48; i += 16) v128.store(WIDTHS + i, i64x2.splat(0));
  let i: u32 = 0;
  for (; i + 4 <= n; i += 4) {
    const p = values + ((<usize>i) << 2);
    count(WIDTHS + <usize>(32 - clz<u32>(load<u32>(p) - least)));
    count(WIDTHS + 48 + <usize>(32 - clz<u32>(load<u32>(p, 4) - least)));
    count(WIDTHS + 96 + <usize>(32 - clz<u32>(load<u32>(p, 8) - least)));
    count(WIDTHS + 144 + <usize>(32 - clz<u32>(load<u32>(p, 12) - least)));
  }
  for (; i < n; i++) count(WIDTHS + <usize>(32 - clz<u32>(load<u32>(values + ((<usize>i) << 2)) - least)));
  for (let i: usize = 0; i < 48; i += 16) {
    const half = i8x16.add(v128.load(WIDTHS + i), v128.load(WIDTHS + 48 + i));
    v128.store(WIDTHS + i, i8x16.add(half, i8x16.add(v128.load(WIDTHS + 96 + i), v128.load(WIDTHS + 144 + i))));
  }
}

function count(p: usize): void {
  store<u8>(p, <u32>load<u8>(p) + 1);
}

function packBlock(values: usize, n: u32, out: usize): usize {
  const least = leastOf(values, n);
  countWidths(values, n, least);
  let widest: u32 = 32;
  while (widest && !load<u8>(WIDTHS + <usize>widest)) widest--;
  let exceptions: u32 = 0;
  let best = widest;
  let bestExceptions: u32 = 0;
  let bestBytes: u32 = (n * widest + 7) >> 3;
  for (let width = widest; width > 0;) {
    exceptions += <u32>load<u8>(WIDTHS + <usize>width);
    width--;
    const bytes = ((n * width + 7) >> 3) + exceptions + ((exceptions * (widest - width) + 7) >> 3);
    if (bytes < bestBytes) {
      bestBytes = bytes;
      best = width;
      bestExceptions = exceptions;
    }
  }
  store<u8>(out, best);
  store<u8>(out, bestExceptions, 1);
  store<u8>(out, widest - best, 2);
  store<u32>(out, least, 3);
  let end = packBits(values, n, least, best, out + HEAD);
  if (!bestExceptions) return end;
  let k: usize = 0;
  for (let i: u32 = 0; i < n; i++) {
    const upper = (load<u32>(values + ((<usize>i) << 2)) - least) >> best;
    if (upper) {
      store<u8>(end, i);
      end++;
      store<u32>(UPPER + (k << 2), upper);
      k++;
    }
  }
  return packBits(UPPER, bestExceptions, 0, widest - best, end);
}

/** Packs `n` numbers; the answer is behind them. Up to 4 bytes behind that are written, too. */
export function pack(values: usize, n: u32, out: usize): usize {
  for (let i: u32 = 0; i < n; i += BLOCK) {
    out = packBlock(values + ((<usize>i) << 2), n - i < BLOCK ? n - i : BLOCK, out);
  }
  return out;
}

/** Unpacks `n` numbers; the answer is behind them, 0 when they reach behind `end`. Reads up to 7 bytes more. */
export function unpack(from: usize, end: usize, n: u32, values: usize): usize {
  for (let i: u32 = 0; i < n; i += BLOCK) {
    const m = n - i < BLOCK ? n - i : BLOCK;
    if (from + HEAD > end) return 0;
    const width = <u32>load<u8>(from);
    const exceptions = <u32>load<u8>(from, 1);
    const extra = <u32>load<u8>(from, 2);
    const least = load<u32>(from, 3);
    const packed = from + HEAD;
    const places = packed + ((m * width + 7) >> 3);
    const upper = places + exceptions;
    from = upper + ((exceptions * extra + 7) >> 3);
    if (width + extra > 32 || exceptions > BLOCK || from > end) return 0;
    const to = values + ((<usize>i) << 2);
    unpackFixed(packed, m, width, least, to);
    if (!exceptions) continue;
    unpackFixed(upper, exceptions, extra, 0, UPPER);
    for (let k: u32 = 0; k < exceptions; k++) {
      const place = <u32>load<u8>(places + k);
      if (place >= m) return 0;
      const at = to + ((<usize>place) << 2);
      store<u32>(at, load<u32>(at) + (load<u32>(UPPER + ((<usize>k) << 2)) << width));
    }
  }
  return from;
}

/** Numbers of `width` bits each, plus `least`. */
export function unpackFixed(from: usize, n: u32, width: u32, least: u32, values: usize): void {
  const mask: u64 = ((<u64>1) << width) - 1;
  let bit: usize = 0;
  for (let i: u32 = 0; i < n; i++) {
    const v = <u32>((load<u64>(from + (bit >> 3)) >> ((<u64>bit) & 7)) & mask);
    store<u32>(values + ((<usize>i) << 2), v + least);
    bit += width;
  }
}
