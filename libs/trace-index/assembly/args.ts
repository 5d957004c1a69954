// What a line's `args` tell: the hashes that it refers to, and the numbers that say how many bytes a call moved.
import { HASHES, addText, hashOf } from './dictionary';
import { at, resetJson, sawEscape, skipBlanks, skipNumber, skipString, skipValue, stringStop } from './json';
import {
  NUMBER_ABSENT,
  NUMBER_FOR_HOST,
  digits,
  digitsAreExact,
  digitsCount,
  digitsValue,
  numberValue,
  readNumber,
} from './numbers';
import { CHUNK, HASHES_LOST, HASH_USE, STATE } from './scan-state';

/** Bits of the hash values in args of the current chunk; the host takes and clears them. */
const HASH_BITS: usize = memory.data(512, 16);

export function scan_hash_bits(): usize {
  return HASH_BITS;
}

/** The bit of a hash key that ends at `end`: fhash 1, hhash 2, shash 4, cmd_hash 8, exec_hash 16; 0 = another key. */
function hashKey(end: usize, length: usize): u32 {
  if (load<u32>(end - 4) != 0x68736168) return 0;
  if (length == 5) {
    const c = at(end - 5);
    return c == 0x66 ? 1 : c == 0x68 ? 2 : c == 0x73 ? 4 : 0;
  }
  if (length == 8) return load<u32>(end - 8) == 0x5f646d63 ? 8 : 0;
  return length == 9 && load<u32>(end - 9) == 0x63657865 && at(end - 5) == 0x5f ? 16 : 0;
}

/** A hash is known by its decoded text: bytes over 0x7f may be decoded to others. */
function isAscii(p: usize, length: u32): bool {
  let high: u64 = 0;
  let i: u32 = 0;
  for (; i + 8 <= length; i += 8) high |= load<u64>(p + i);
  if (i < length) high |= load<u64>(p + i) & (((<u64>1) << ((length - i) << 3)) - 1);
  return !(high & 0x8080808080808080);
}

function noteHash(p: usize, length: u32, key: u32): void {
  const hash = hashOf(p, length);
  for (let shift: u64 = 32; shift < 56; shift += 12) {
    const bit = (<u32>(hash >> shift)) & 4095;
    const byte = HASH_BITS + (bit >> 3);
    store<u8>(byte, (<u32>load<u8>(byte)) | ((<u32>1) << (bit & 7)));
  }
  const id = addText(HASHES, p, length, hash);
  if (!id) {
    store<u32>(STATE, 1, HASHES_LOST);
    return;
  }
  const use = <usize>load<u32>(STATE, HASH_USE) + ((<usize>id) << 4);
  const chunk = load<u32>(STATE, CHUNK) + 1;
  if (!load<u32>(use)) store<u32>(use, chunk);
  store<u32>(use, chunk, 4);
  store<u32>(use, load<u32>(use, 8) | key, 8);
}

/** The two places of a hash among the bits of a chunk, 12 bits each. */
export function hash_places(p: usize, n: u32): u32 {
  return (<u32>(hashOf(p, n) >> 32)) & 0xffffff;
}

export function note_hash(p: usize, n: u32, key: u32): void {
  noteHash(p, n, key);
}

// Numbers of the current line's args that tell how many bytes a call moved, NaN = absent.
let argRet: f64 = NaN;
let argBytes: f64 = NaN;
export let argSize: f64 = NaN;

export function forgetArgs(): void {
  argRet = NaN;
  argBytes = NaN;
  argSize = NaN;
}

/** Which measure a key is: 1 ret, 2 size, 3 bytes; 0 = another key. */
function measureOf(keyEnd: usize, length: usize): u32 {
  if (length == 3) return (load<u32>(keyEnd - 4) & 0xffffff00) == 0x74657200 ? 1 : 0;
  if (length == 4) return load<u32>(keyEnd - 4) == 0x657a6973 ? 2 : 0;
  return length == 5 && load<u32>(keyEnd - 5) == 0x65747962 && at(keyEnd - 1) == 0x73 ? 3 : 0;
}

function keepMeasure(which: u32, value: f64): void {
  if (which == 1) argRet = value;
  else if (which == 2) argSize = value;
  else argBytes = value;
}

/** Takes the value `[from, to)` if its key, which ends at `keyEnd`, is a measure; `false` = the host must read it. */
function noteMeasure(keyEnd: usize, length: usize, from: usize, to: usize): bool {
  const which = measureOf(keyEnd, length);
  if (!which) return true;
  const result = readNumber(from, to);
  if (result == NUMBER_FOR_HOST) return false;
  keepMeasure(which, result == NUMBER_ABSENT ? NaN : numberValue);
  return true;
}

/** As `noteMeasure`, right behind a call of `digits`, which has passed the value if it is nothing but digits. */
function noteDigits(keyEnd: usize, length: usize, from: usize, to: usize): bool {
  if (to - from != <usize>digitsCount || !digitsAreExact()) return noteMeasure(keyEnd, length, from, to);
  const which = measureOf(keyEnd, length);
  if (which) keepMeasure(which, <f64>digitsValue);
  return true;
}

const KEY_HHASH: u64 = 0x3a22687361686822; // "hhash":
const KEY_FHASH: u64 = 0x3a22687361686622; // "fhash":

/** Whether 16 bytes are printable ASCII without quote and backslash. */
function isPlain16(p: usize): bool {
  const v = v128.load(p);
  const quotes = i8x16.eq(v, i8x16.splat(0x22));
  const backslashes = i8x16.eq(v, i8x16.splat(0x5c));
  // Signed: bytes over 0x7f are below the blank, too.
  return !v128.any_true(v128.or(v128.or(quotes, backslashes), i8x16.lt_s(v, i8x16.splat(0x20))));
}

/** The members of args from behind its brace, without blanks between tokens: behind the closing brace, or 0. */
export function knownArgs(p: usize): usize {
  if (at(p) == 0x7d) return p + 1;
  while (true) {
    // A hash as DFTracer writes it. Nothing is searched for, so that the processor need not wait before it goes on.
    const head = load<u64>(p);
    if ((head == KEY_HHASH || head == KEY_FHASH) && at(p + 8) == 0x22 && at(p + 25) == 0x22 && isPlain16(p + 9)) {
      noteHash(p + 9, 16, head == KEY_HHASH ? 2 : 1);
      const next = at(p + 26);
      p += 27;
      if (next == 0x2c) continue;
      return next == 0x7d ? p : 0;
    }
    if (at(p) != 0x22) return 0;
    const keyEnd = stringStop(p + 1);
    if (load<u16>(keyEnd) != 0x3a22) return 0;
    const length = keyEnd - p - 1;
    p = keyEnd + 2;
    const c = at(p);
    const value = p;
    if (c == 0x22) {
      p = stringStop(p + 1);
      if (at(p) == 0x22) {
        const key = hashKey(keyEnd, length);
        if (key) {
          if (!isAscii(value + 1, <u32>(p - value - 1))) return 0;
          noteHash(value + 1, <u32>(p - value - 1), key);
        }
        p++;
      } else {
        if (at(p) != 0x5c || hashKey(keyEnd, length)) return 0;
        p = skipString(p);
        if (!p) return 0;
      }
      if (length - 3 < 3 && !noteMeasure(keyEnd, length, value, p)) return 0;
    } else if (c - 48 < 10 || c == 0x2d) {
      p = digits(value);
      const next = at(p);
      if (!digitsCount || (next != 0x2c && next != 0x7d) || (c == 48 && digitsCount > 1)) {
        p = skipNumber(value);
        if (!p) return 0;
      }
      const key = hashKey(keyEnd, length);
      if (key) noteHash(value, <u32>(p - value), key);
      if (length - 3 < 3 && !noteDigits(keyEnd, length, value, p)) return 0;
    } else {
      p = skipValue(p);
      if (!p) return 0;
      if (length - 3 < 3 && !noteMeasure(keyEnd, length, value, p)) return 0;
    }
    const next = at(p);
    p++;
    if (next == 0x7d) return p;
    if (next != 0x2c) return 0;
  }
}

/** Hash values of args, wherever blanks stand; `false` = one needs decoding. */
export function noteArgs(p: usize): bool {
  if (at(p) != 0x7b) return true;
  p = skipBlanks(p + 1);
  while (at(p) == 0x22) {
    const key = p + 1;
    resetJson();
    const keyEnd = skipString(key) - 1;
    if (sawEscape) return false;
    const value = skipBlanks(skipBlanks(keyEnd + 1) + 1);
    resetJson();
    p = skipValue(value);
    if (!noteMeasure(keyEnd, keyEnd - key, value, p)) return false;
    const bit = hashKey(keyEnd, keyEnd - key);
    if (bit) {
      const c = at(value);
      if (c == 0x22) {
        if (sawEscape || !isAscii(value + 1, <u32>(p - value - 2))) return false;
        noteHash(value + 1, <u32>(p - value - 2), bit);
      } else if (c == 0x2d || c - 48 < 10) noteHash(value, <u32>(p - value), bit);
    }
    p = skipBlanks(p);
    if (at(p) == 0x2c) p = skipBlanks(p + 1);
  }
  return true;
}

/** What the call returned: of the measures the first that is there. */
export function returnedValue(): f64 {
  return argRet == argRet ? argRet : argBytes == argBytes ? argBytes : argSize;
}

/** Forgets what the chunks so far referred to. */
export function resetHashBits(): void {
  memory.fill(HASH_BITS, 0, 512);
}
