// Packed columns of unsigned 32-bit numbers, in blocks of 128:
//
//   width u8 | exceptions u8 | least u32 | 128 × width bits | exceptions × (place u8, value u32)
//
// A number is stored as its distance from the least of its block, in as many bits as most of them need; the few that
// need more ("exceptions") are stored in full behind the block. Durations are like that: mostly short, some very long.

const BLOCK: u32 = 128;
const HEAD: usize = 6;
const WIDTHS: usize = memory.data(4 * 33, 16);

function packBits(values: usize, n: u32, least: u32, width: u32, out: usize): usize {
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
  let wider: u32 = 0;
  let best: u32 = 32;
  let bestBytes: u32 = (n * 32 + 7) >> 3;
  for (let width: u32 = 32; width > 0;) {
    wider += load<u32>(WIDTHS + ((<usize>width) << 2));
    width--;
    const bytes = ((n * width + 7) >> 3) + wider * 5;
    if (bytes < bestBytes) {
      bestBytes = bytes;
      best = width;
    }
  }
  store<u8>(out, best);
  store<u32>(out, least, 2);
  let end = packBits(values, n, least, best, out + HEAD);
  let exceptions: u32 = 0;
  if (best < 32) {
    for (let i: u32 = 0; i < n; i++) {
      const v = load<u32>(values + ((<usize>i) << 2)) - least;
      if (v >> best) {
        store<u8>(end, i);
        store<u32>(end, v, 1);
        end += 5;
        exceptions++;
      }
    }
  }
  store<u8>(out, exceptions, 1);
  return end;
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
    const least = load<u32>(from, 2);
    const packed = from + HEAD;
    const tail = packed + ((m * width + 7) >> 3);
    if (width > 32 || tail + exceptions * 5 > end) return 0;
    const to = values + ((<usize>i) << 2);
    unpackFixed(packed, m, width, least, to);
    from = tail;
    for (let k: u32 = 0; k < exceptions; k++) {
      const place = <u32>load<u8>(from);
      if (place >= m) return 0;
      store<u32>(to + ((<usize>place) << 2), load<u32>(from, 1) + least);
      from += 5;
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

/** Numbers below `limit` in as few bits each as that needs: width u8, then the bits; the answer is behind them. */
export function packIds(values: usize, n: u32, limit: u32, out: usize): usize {
  const width = limit < 2 ? 0 : 32 - <u32>clz<u32>(limit - 1);
  store<u8>(out, width);
  return packBits(values, n, 0, width, out + 1);
}

/** The reverse of `packIds`; 0 when they reach behind `end`. */
export function unpackIds(from: usize, end: usize, n: u32, values: usize): usize {
  if (from >= end) return 0;
  const width = <u32>load<u8>(from);
  const tail = from + 1 + ((<usize>n * width + 7) >> 3);
  if (width > 32 || tail > end) return 0;
  unpackFixed(from + 1, n, width, 0, values);
  return tail;
}
