// Packed columns of unsigned 32-bit numbers, in blocks of 128:
//
//   width u8 | exceptions u8 | extra u8 | least u32 | 128 × width bits | exceptions × place u8 | exceptions × extra bits
//
// A number is stored as its distance from the least of its block, in as many bits as most of them need. Of the few that
// need more ("exceptions") the upper bits are stored behind the block, with their places. Durations are like that:
// mostly short, some very long.

const BLOCK: u32 = 128;
const HEAD: usize = 7;
const WIDTHS: usize = memory.data(4 * 33, 16);
const UPPER: usize = memory.data(4 * 128, 16);

export function packBits(values: usize, n: u32, least: u32, width: u32, out: usize): usize {
  const mask: u64 = ((<u64>1) << width) - 1;
  let buffer: u64 = 0;
  let bits: u32 = 0;
  for (let i: u32 = 0; i < n; i++) {
    buffer |= ((<u64>(load<u32>(values + ((<usize>i) << 2)) - least)) & mask) << bits;
    bits += width;
    if (bits >= 32) {
      store<u32>(out, <u32>buffer);
      out += 4;
      buffer >>= 32;
      bits -= 32;
    }
  }
  while (<i32>bits > 0) {
    store<u8>(out, <u32>buffer);
    out++;
    buffer >>= 8;
    bits -= 8;
  }
  return out;
}

function packBlock(values: usize, n: u32, out: usize): usize {
  let least: u32 = ~0;
  for (let i: u32 = 0; i < n; i++) {
    const v = load<u32>(values + ((<usize>i) << 2));
    if (v < least) least = v;
  }
  memory.fill(WIDTHS, 0, 4 * 33);
  for (let i: u32 = 0; i < n; i++) {
    const width = 32 - <u32>clz<u32>(load<u32>(values + ((<usize>i) << 2)) - least);
    store<u32>(WIDTHS + ((<usize>width) << 2), load<u32>(WIDTHS + ((<usize>width) << 2)) + 1);
  }
  let widest: u32 = 32;
  while (widest && !load<u32>(WIDTHS + ((<usize>widest) << 2))) widest--;
  let exceptions: u32 = 0;
  let best = widest;
  let bestExceptions: u32 = 0;
  let bestBytes: u32 = (n * widest + 7) >> 3;
  for (let width = widest; width > 0;) {
    exceptions += load<u32>(WIDTHS + ((<usize>width) << 2));
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
