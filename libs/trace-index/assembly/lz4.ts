// LZ4 blocks (https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md), a sequence being
//
//   literals:4 matched:4 | more literals u8 … | the literals | distance u16 | more matched u8 …
//
// A nibble of 15 goes on in the bytes behind it, as long as they are 255; a match has 4 bytes more than is said. The last
// sequence ends with its literals: the last 5 bytes are literals, and no match begins in the last 12.
//
// Windows are packed with it because it costs a tenth of deflate to write and to read, and they are read for every hit.

const LEAST_MATCH: usize = 4;
const LAST_LITERALS: usize = 5;
const NO_MATCH: usize = 12;
const FARTHEST: usize = 65535;
const TABLE_BITS: u32 = 12;
// Where the four bytes of a hash were met last: u32
const TABLE: usize = memory.data(4 << 12, 16);

/** Writes `[from, end)` as a block to `out`, where there is room for its length, a 255th more, and 16; the answer is behind it. */
export function compress(from: usize, end: usize, out: usize): usize {
  memory.fill(TABLE, 0, 4 << TABLE_BITS);
  let literals = from;
  let p = from;
  const stop = end - NO_MATCH;
  while (<isize>p < <isize>stop) {
    const four = load<u32>(p);
    const slot = TABLE + ((<usize>((four * 2654435761) >> (32 - TABLE_BITS))) << 2);
    const match = <usize>load<u32>(slot);
    store<u32>(slot, <u32>p);
    if (!match || load<u32>(match) != four || p - match > FARTHEST) {
      // What does not compress is passed ever faster.
      p += 1 + ((p - literals) >> 6);
      continue;
    }
    const length = LEAST_MATCH + sameLength(match + LEAST_MATCH, p + LEAST_MATCH, end - LAST_LITERALS);
    out = putLiterals(literals, p, length - LEAST_MATCH, out);
    store<u16>(out, <u32>(p - match));
    out = putMore(length - LEAST_MATCH, out + 2);
    p += length;
    literals = p;
  }
  return putLiterals(literals, end, 0, out);
}

/** How many bytes at `b` are as at `a`, up to `end`. */
function sameLength(a: usize, b: usize, end: usize): usize {
  const start = b;
  while (b + 8 <= end) {
    const other = load<u64>(a) ^ load<u64>(b);
    if (other) return b - start + <usize>(ctz<u64>(other) >> 3);
    a += 8;
    b += 8;
  }
  while (b < end && load<u8>(a) == load<u8>(b)) {
    a++;
    b++;
  }
  return b - start;
}

/** The head of a sequence and its literals. */
function putLiterals(from: usize, to: usize, matched: usize, out: usize): usize {
  const n = to - from;
  store<u8>(out, <u32>((min<usize>(n, 15) << 4) | min<usize>(matched, 15)));
  out = putMore(n, out + 1);
  memory.copy(out, from, n);
  return out + n;
}

/** What of a number its nibble does not hold. */
function putMore(n: usize, out: usize): usize {
  if (n < 15) return out;
  for (n -= 15; n >= 255; n -= 255) {
    store<u8>(out, 255);
    out++;
  }
  store<u8>(out, <u32>n);
  return out + 1;
}

let next: usize = 0;

/** The number whose nibble is `n`, of which more may stand at `next`; too large when that reaches behind `end`. */
function takeMore(n: usize, end: usize): usize {
  if (n < 15) return n;
  while (next < end) {
    const more = <usize>load<u8>(next);
    next++;
    n += more;
    if (more != 255) return n;
  }
  return FARTHEST * FARTHEST;
}

/** Writes what the block `[from, end)` holds to `[out, outEnd)`; the answer is behind it, 0 when it is no such block. */
export function decompress(from: usize, end: usize, out: usize, outEnd: usize): usize {
  const start = out;
  next = from;
  while (next < end) {
    const head = <usize>load<u8>(next);
    next++;
    const literals = takeMore(head >> 4, end);
    if (literals > end - next || literals > outEnd - out) return 0;
    memory.copy(out, next, literals);
    out += literals;
    next += literals;
    if (next == end) return out;
    if (end - next < 2) return 0;
    const distance = <usize>load<u16>(next);
    next += 2;
    const length = takeMore(head & 15, end) + LEAST_MATCH;
    if (!distance || distance > out - start || length > outEnd - out) return 0;
    // Byte by byte: a match may reach into what it writes.
    if (distance >= length) memory.copy(out, out - distance, length);
    else for (let i: usize = 0; i < length; i++) store<u8>(out + i, load<u8>(out + i - distance));
    out += length;
  }
  return 0;
}
