// Decoding tables of DEFLATE (RFC 1951 3.2), two levels, 32 bits per entry:
//
//    31            16 15   13 12        8 7          0
//   +----------------+-------+-----------+------------+
//   |     value      | kind  |  extra    |    bits    |   bits = what the symbol consumes, extra bits included
//   +----------------+-------+-----------+------------+
//   kind 0  length or distance: value = base, extra = count of extra bits
//   kind 1  one literal in the low byte of value
//   kind 2  go on in a second-level table: value = its first entry, extra = its index width, bits = first-level width
//   kind 3  two literals at once, first in the low byte
//   kind 4  end of block (value 0) or a code that must not occur (value 1)
//
// Bit 13 is set for both literal kinds, so the hot loop asks one bit.
//
// Level sizes: the second level holds codes longer than the first index. A complete code has at least two codes below
// every inner node, hence at most 286/2 second-level tables of 2^(15-11) entries and 30/2 of 2^(15-8): nothing valid
// can overflow them.

export const LITERAL_BITS: u32 = 11;
export const DISTANCE_BITS: u32 = 8;
export const LITERAL_MASK: u32 = (1 << 11) - 1;
export const DISTANCE_MASK: u32 = (1 << 8) - 1;
const LITERAL_CAPACITY: u32 = 2048 + 144 * 16;
const DISTANCE_CAPACITY: u32 = 256 + 16 * 128;

export const LITERALS: usize = memory.data(4 * (2048 + 144 * 16), 16);
export const DISTANCES: usize = memory.data(4 * (256 + 16 * 128), 16);
/** Code lengths of the current block: literals and lengths first, distances behind them. */
export const LENGTHS: usize = memory.data(352, 16);

const META: usize = memory.data(4 * 128, 16);
const META_LENGTHS: usize = memory.data(32, 16);
const SEEN: usize = memory.data(4 << 11, 16);
const COUNTS: usize = memory.data(64, 16);
const FIRST: usize = memory.data(64, 16);
const NEXT: usize = memory.data(64, 16);

// prettier-ignore
const LENGTH_BASE: usize = memory.data<u16>([3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]);
// prettier-ignore
const LENGTH_EXTRA: usize = memory.data<u8>([0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0]);
// prettier-ignore
const DISTANCE_BASE: usize = memory.data<u16>([1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577]);
// prettier-ignore
const DISTANCE_EXTRA: usize = memory.data<u8>([0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13]);
const ORDER: usize = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]);

const OF_LITERALS: u32 = 0;
const OF_DISTANCES: u32 = 1;
const OF_LENGTHS: u32 = 2;
const INVALID: u32 = (4 << 13) | (1 << 16);

function reversed(code: u32, bits: u32): u32 {
  let result: u32 = 0;
  while (bits--) {
    result = (result << 1) | (code & 1);
    code >>= 1;
  }
  return result;
}

function entryOf(kind: u32, symbol: u32, bits: u32): u32 {
  if (kind == OF_LENGTHS) return bits | (symbol << 16);
  if (kind == OF_DISTANCES) {
    if (symbol >= 30) return bits | INVALID;
    const extra = <u32>load<u8>(DISTANCE_EXTRA + symbol);
    return (bits + extra) | (extra << 8) | ((<u32>load<u16>(DISTANCE_BASE + (symbol << 1))) << 16);
  }
  if (symbol < 256) return bits | (1 << 13) | (symbol << 16);
  if (symbol == 256) return bits | (4 << 13);
  symbol -= 257;
  if (symbol >= 29) return bits | INVALID;
  const extra = <u32>load<u8>(LENGTH_EXTRA + symbol);
  return (bits + extra) | (extra << 8) | ((<u32>load<u16>(LENGTH_BASE + (symbol << 1))) << 16);
}

/**
 * Fills one table from `count` code lengths at `lengths`. Returns 0, or -1 for lengths that are no prefix code. As in
 * zlib an incomplete code is accepted only if it is a single one of one bit, or none at all; its holes stay invalid.
 */
function build(table: usize, indexBits: u32, capacity: u32, lengths: usize, count: u32, kind: u32): i32 {
  memory.fill(COUNTS, 0, 64);
  for (let i: u32 = 0; i < count; i++) {
    const p = COUNTS + ((<u32>load<u8>(lengths + i)) << 2);
    store<u32>(p, load<u32>(p) + 1);
  }
  store<u32>(COUNTS, 0);
  let code: u32 = 0;
  let left: i32 = 1;
  let longest: u32 = 0;
  for (let bits: u32 = 1; bits < 16; bits++) {
    const n = load<u32>(COUNTS + (bits << 2));
    left = (left << 1) - <i32>n;
    if (left < 0) return -1;
    code = (code + load<u32>(COUNTS + ((bits - 1) << 2))) << 1;
    store<u32>(FIRST + (bits << 2), code);
    if (n) longest = bits;
  }
  if (left > 0 && (kind == OF_LENGTHS || longest > 1)) return -1;
  const size: u32 = 1 << indexBits;
  if (left > 0) for (let i: u32 = 0; i < size; i++) store<u32>(table + (i << 2), 1 | INVALID);
  memory.copy(NEXT, FIRST, 64);
  for (let symbol: u32 = 0; symbol < count; symbol++) {
    const bits = <u32>load<u8>(lengths + symbol);
    if (!bits) continue;
    const next = NEXT + (bits << 2);
    const own = load<u32>(next);
    store<u32>(next, own + 1);
    if (bits > indexBits) continue;
    const entry = entryOf(kind, symbol, bits);
    const step: u32 = 1 << bits;
    for (let i = reversed(own, bits); i < size; i += step) store<u32>(table + (i << 2), entry);
  }
  return longest > indexBits ? buildSecondLevel(table, indexBits, capacity, lengths, count, kind, longest) : 0;
}

function buildSecondLevel(
  table: usize,
  indexBits: u32,
  capacity: u32,
  lengths: usize,
  count: u32,
  kind: u32,
  longest: u32,
): i32 {
  const size: u32 = 1 << indexBits;
  const width = longest - indexBits;
  let used = size;
  memory.copy(NEXT, FIRST, 64);
  memory.fill(SEEN, 0, size << 2);
  for (let symbol: u32 = 0; symbol < count; symbol++) {
    const bits = <u32>load<u8>(lengths + symbol);
    if (!bits) continue;
    const next = NEXT + (bits << 2);
    const own = load<u32>(next);
    store<u32>(next, own + 1);
    if (bits <= indexBits) continue;
    const path = reversed(own, bits);
    const low = path & (size - 1);
    let base = load<u32>(SEEN + (low << 2));
    if (!base) {
      if (used + ((<u32>1) << width) > capacity) return -1;
      base = used;
      used += 1 << width;
      store<u32>(SEEN + (low << 2), base);
      store<u32>(table + (low << 2), indexBits | (width << 8) | (2 << 13) | (base << 16));
    }
    const entry = entryOf(kind, symbol, bits - indexBits);
    const step: u32 = 1 << (bits - indexBits);
    const limit: u32 = 1 << width;
    for (let i = path >> indexBits; i < limit; i += step) store<u32>(table + ((base + i) << 2), entry);
  }
  return 0;
}

/** Two literals whose codes fit the first index together become one entry. From high to low, so that none is read merged. */
function mergeLiterals(): void {
  for (let k: i32 = <i32>LITERAL_MASK; k >= 0; k--) {
    const first = load<u32>(LITERALS + (k << 2));
    if (((first >> 13) & 7) != 1) continue;
    const bits = first & 255;
    const second = load<u32>(LITERALS + (((<u32>k) >> bits) << 2));
    if (((second >> 13) & 7) != 1 || (second & 255) + bits > LITERAL_BITS) continue;
    const value = ((first >> 16) & 255) | (((second >> 16) & 255) << 8);
    store<u32>(LITERALS + (k << 2), (bits + (second & 255)) | (3 << 13) | (value << 16));
  }
}

/** The bit reader while a block header is parsed: once per block, so globals are fast enough. */
export let headerIn: usize = 0;
export let headerBits: u64 = 0;
export let headerCount: u32 = 0;

export function enterHeader(input: usize, bits: u64, count: u32): void {
  headerIn = input;
  headerBits = bits;
  headerCount = count;
}

function take(n: u32): u32 {
  if (headerCount < n) {
    headerBits |= load<u64>(headerIn) << headerCount;
    headerIn += (63 - headerCount) >> 3;
    headerCount |= 56;
  }
  const value = (<u32>headerBits) & (((<u32>1) << n) - 1);
  headerBits >>= n;
  headerCount -= n;
  return value;
}

function takeLength(): u32 {
  if (headerCount < 7) {
    headerBits |= load<u64>(headerIn) << headerCount;
    headerIn += (63 - headerCount) >> 3;
    headerCount |= 56;
  }
  const entry = load<u32>(META + (((<u32>headerBits) & 127) << 2));
  headerBits >>= entry & 255;
  headerCount -= entry & 255;
  return entry >> 16;
}

/** Reads the header of a dynamic block (3.2.7) from the header reader and builds both tables: 0, or -1 if it is invalid. */
export function dynamicTables(): i32 {
  const literals = take(5) + 257;
  const distances = take(5) + 1;
  const metas = take(4) + 4;
  if (literals > 286 || distances > 30) return -1;
  memory.fill(META_LENGTHS, 0, 19);
  for (let i: u32 = 0; i < metas; i++) store<u8>(META_LENGTHS + load<u8>(ORDER + i), take(3));
  if (build(META, 7, 128, META_LENGTHS, 19, OF_LENGTHS)) return -1;
  const all = literals + distances;
  let i: u32 = 0;
  while (i < all) {
    const symbol = takeLength();
    if (symbol < 16) {
      store<u8>(LENGTHS + i, symbol);
      i++;
      continue;
    }
    let value: u32 = 0;
    let times: u32;
    if (symbol == 16) {
      if (!i) return -1;
      value = load<u8>(LENGTHS + i - 1);
      times = 3 + take(2);
    } else if (symbol == 17) times = 3 + take(3);
    else times = 11 + take(7);
    if (i + times > all) return -1;
    memory.fill(LENGTHS + i, <u8>value, times);
    i += times;
  }
  if (!load<u8>(LENGTHS + 256)) return -1;
  if (build(LITERALS, LITERAL_BITS, LITERAL_CAPACITY, LENGTHS, literals, OF_LITERALS)) return -1;
  if (build(DISTANCES, DISTANCE_BITS, DISTANCE_CAPACITY, LENGTHS + literals, distances, OF_DISTANCES)) return -1;
  mergeLiterals();
  return 0;
}

/** The tables of a fixed block (3.2.6). */
export function fixedTables(): void {
  memory.fill(LENGTHS, 8, 144);
  memory.fill(LENGTHS + 144, 9, 112);
  memory.fill(LENGTHS + 256, 7, 24);
  memory.fill(LENGTHS + 280, 8, 8);
  memory.fill(LENGTHS + 288, 5, 32);
  build(LITERALS, LITERAL_BITS, LITERAL_CAPACITY, LENGTHS, 288, OF_LITERALS);
  build(DISTANCES, DISTANCE_BITS, DISTANCE_CAPACITY, LENGTHS + 288, 32, OF_DISTANCES);
  mergeLiterals();
}
