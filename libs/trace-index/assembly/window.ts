// The window of a checkpoint, reduced to what later data copies out of it:
//
//   runs u16 | (gap varint, length varint) × runs | the bytes of the runs          from the window's start
//
// About a quarter of the 32 KiB is ever asked for again.
import { MARKS, STATE } from './inflate';

const WINDOW_BYTES: u32 = 32768;
const OUTPUT: usize = 8;
const MARKED: usize = 64;

const COPY: usize = memory.data(32768, 16);
const NEEDED: usize = memory.data(32768 + 16, 16);

/** Keeps a copy of the 32 KiB before the output: the original will be overwritten before it is known what is needed. */
export function keep_window(): void {
  memory.copy(COPY, load<u32>(STATE, OUTPUT) - WINDOW_BYTES, WINDOW_BYTES);
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

/** Writes the kept window, as far as the noted copies reach into it, to `out` (at most 64 KiB + 2); the answer is behind it. */
export function pack_window(out: usize): usize {
  memory.fill(NEEDED, 0, WINDOW_BYTES);
  const marked = load<u32>(STATE, MARKED);
  for (let i: u32 = 0; i < marked; i++) {
    const copy = load<u32>(MARKS + ((<usize>i) << 2));
    const distance = (copy & 0x7fff) + 1;
    const length = copy >> 15;
    memory.fill(NEEDED + WINDOW_BYTES - distance, 1, length < distance ? length : distance);
  }
  let p = out + 2;
  let runs: u32 = 0;
  let at: u32 = 0;
  let lastEnd: u32 = 0;
  while (true) {
    while (at < WINDOW_BYTES && !load<u8>(NEEDED + at)) at += at + 8 <= WINDOW_BYTES && !load<u64>(NEEDED + at) ? 8 : 1;
    if (at >= WINDOW_BYTES) break;
    const start = at;
    while (at < WINDOW_BYTES && load<u8>(NEEDED + at)) at++;
    p = putVarint(p, start - lastEnd);
    p = putVarint(p, at - start);
    lastEnd = at;
    runs++;
  }
  store<u16>(out, runs);
  at = 0;
  while (at < WINDOW_BYTES) {
    if (load<u8>(NEEDED + at)) {
      store<u8>(p, load<u8>(COPY + at));
      p++;
      at++;
    } else at += at + 8 <= WINDOW_BYTES && !load<u64>(NEEDED + at) ? 8 : 1;
  }
  return p;
}
