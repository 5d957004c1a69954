// The window of a checkpoint, reduced to what later data copies out of it, as an LZ4 block of
//
//   runs u16 | (gap varint, length varint) × runs | the bytes of the runs          from the window's start
//
// About a quarter of the 32 KiB is ever asked for again.
import { MARKS, STATE } from './inflate';
import { compress, decompress } from './lz4';

const WINDOW_BYTES: usize = 32768;
const OUTPUT: usize = 8;
const MARKED: usize = 64;
const ALL: u64 = 0xffffffffffffffff;

const COPY: usize = memory.data(32768 + 16, 16);
// A bit per byte of the window, and one that ends the last run.
const NEEDED: usize = memory.data(4096 + 8, 16);
// What is compressed: at most 16384 runs of 2 bytes each in front of the window, with room behind it for wide copies.
const PACKED: usize = memory.data(2 + 2 * 16384 + 32768 + 6 + 64, 16);
const PACKED_BYTES: usize = 2 + 2 * 16384 + 32768 + 6;

/** Keeps a copy of the 32 KiB before the output: the original will be overwritten before it is known what is needed. */
export function keep_window(): void {
  memory.copy(COPY, <usize>load<u32>(STATE, OUTPUT) - WINDOW_BYTES, WINDOW_BYTES);
}

/** Sets the bits of the bytes `[from, to)`, of which there is at least one. */
function need(from: u32, to: u32): void {
  let word = NEEDED + ((<usize>(from >> 6)) << 3);
  const lastWord = NEEDED + ((<usize>((to - 1) >> 6)) << 3);
  const skipped = <u64>(from & 63);
  const kept = <u64>(63 - ((to - 1) & 63));
  let bits = ALL << skipped;
  for (; word < lastWord; word += 8) {
    store<u64>(word, load<u64>(word) | bits);
    bits = ALL;
  }
  store<u64>(word, load<u64>(word) | (bits & (ALL >> kept)));
}

/** The first bit from `at` on that is set, or not set when `flip` is all ones; there is one. */
function nextBit(at: u32, flip: u64): u32 {
  let word = NEEDED + ((<usize>(at >> 6)) << 3);
  const skipped = <u64>(at & 63);
  let bits = (load<u64>(word) ^ flip) & (ALL << skipped);
  while (!bits) {
    word += 8;
    bits = load<u64>(word) ^ flip;
  }
  return ((<u32>(word - NEEDED)) << 3) + <u32>ctz<u64>(bits);
}

function putVarint(out: usize, value: u32): usize {
  while (value > 127) {
    store<u8>(out, (value & 127) | 128);
    out++;
    value >>= 7;
  }
  store<u8>(out, value);
  return out + 1;
}

/** Writes the kept window, as far as the noted copies reach into it, to `out` (at most 66 KiB); the answer is behind it. */
export function pack_window(out: usize): usize {
  memory.fill(NEEDED, 0, 4096);
  // Ends every search: a bit that is set, with one behind it that is not.
  store<u64>(NEEDED, 1, 4096);
  const marked = load<u32>(STATE, MARKED);
  for (let i: u32 = 0; i < marked; i++) {
    const copy = load<u32>(MARKS + ((<usize>i) << 2));
    const distance = (copy & 0x7fff) + 1;
    const from = <u32>WINDOW_BYTES - distance;
    need(from, from + min(copy >> 15, distance));
  }
  let p = PACKED + 2;
  let runs: u32 = 0;
  let lastEnd: u32 = 0;
  for (let at = nextBit(0, 0); at < <u32>WINDOW_BYTES; at = nextBit(lastEnd, 0)) {
    // A run that reaches the window's end goes on in the bit behind it.
    const end = min(nextBit(at, ALL), <u32>WINDOW_BYTES);
    p = putVarint(p, at - lastEnd);
    p = putVarint(p, end - at);
    lastEnd = end;
    runs++;
  }
  store<u16>(PACKED, runs);
  for (let at = nextBit(0, 0); at < <u32>WINDOW_BYTES; at = nextBit(at, 0)) {
    const end = min(nextBit(at, ALL), <u32>WINDOW_BYTES);
    memory.copy(p, COPY + <usize>at, <usize>(end - at));
    p += <usize>(end - at);
    at = end;
  }
  return compress(PACKED, p, out);
}

let next: usize = 0;

/** Of a number that ends before `end`. */
function takeVarint(end: usize): u32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 21 && next < end; shift += 7) {
    const byte = <u32>load<u8>(next);
    next++;
    value |= (byte & 127) << shift;
    if (byte < 128) break;
  }
  return value;
}

/**
 * Puts what `pack_window` has written to `[from, end)` in its place in the 32 KiB at `target`; bytes that nobody asks for
 * stay as they are. Returns 1, or 0 when it is no packed window.
 */
export function unpack_window(from: usize, end: usize, target: usize): u32 {
  const packedEnd = decompress(from, end, PACKED, PACKED + PACKED_BYTES);
  if (packedEnd < PACKED + 2) return 0;
  const runs = <u32>load<u16>(PACKED);
  const first = PACKED + 2;
  let needed: usize = 0;
  let at: usize = 0;
  next = first;
  for (let run: u32 = 0; run < runs; run++) {
    at += takeVarint(packedEnd);
    const length = takeVarint(packedEnd);
    at += length;
    needed += length;
  }
  if (at > WINDOW_BYTES || packedEnd - next != needed) return 0;
  let bytes = next;
  next = first;
  for (let run: u32 = 0; run < runs; run++) {
    target += takeVarint(packedEnd);
    const length = <usize>takeVarint(packedEnd);
    memory.copy(target, bytes, length);
    target += length;
    bytes += length;
  }
  return 1;
}
