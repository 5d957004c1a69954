/**
 * A strict JSON syntax checker over bytes: it finds where a value ends and accepts exactly what `JSON.parse` accepts of
 * the same bytes read as UTF-8. Bytes over 0x7f are taken inside strings without checking them (invalid UTF-8 reads as
 * U+FFFD there and never swallows the closing quote). Nesting costs one byte of a stack per level, never recursion.
 *
 * Every function takes and returns positions in `bytes`; -1 means "not JSON". Bytes at `end` and beyond are never part
 * of a value.
 */
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const OBJECT = 0x7b;
const ARRAY = 0x5b;

/** What the last `skipString` met: 0 = plain ASCII, bit 0 = an escape, bit 1 = a byte over 0x7f. */
export let stringTraits = 0;
export const HAS_ESCAPE = 1;
export const HAS_HIGH_BYTE = 2;

export function skipBlanks(bytes: Buffer, at: number, end: number): number {
  let p = at;
  while (p < end) {
    const c = bytes[p];
    if (c !== 0x20 && c !== 0x09 && c !== 0x0a && c !== 0x0d) break;
    p++;
  }
  return p;
}

/** `at` is behind the opening quote; the answer is behind the closing one. Sets `stringTraits`. */
export function skipString(bytes: Buffer, at: number, end: number): number {
  let traits = 0;
  for (let p = at; p < end;) {
    const c = bytes[p] ?? 0;
    if (c === QUOTE) {
      stringTraits = traits;
      return p + 1;
    }
    if (c === BACKSLASH) {
      traits |= HAS_ESCAPE;
      p = skipEscape(bytes, p + 1, end);
      if (p < 0) return -1;
      continue;
    }
    if (c < 0x20) return -1;
    if (c > 0x7f) traits |= HAS_HIGH_BYTE;
    p++;
  }
  return -1;
}

const isDigit = (c: number | undefined): boolean => c !== undefined && c >= 0x30 && c <= 0x39;
const isHexDigit = (c: number | undefined): boolean =>
  isDigit(c) || (c !== undefined && (c | 0x20) >= 0x61 && (c | 0x20) <= 0x66);
const SIMPLE_ESCAPES = new Set(Buffer.from('"\\/bfnrt'));

function skipEscape(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return -1;
  const c = bytes[at] ?? 0;
  if (SIMPLE_ESCAPES.has(c)) return at + 1;
  if (c !== 0x75 || at + 5 > end) return -1;
  for (let i = 1; i <= 4; i++) if (!isHexDigit(bytes[at + i])) return -1;
  return at + 5;
}

/** The end of a number, a string or a word. */
export function skipScalar(bytes: Buffer, at: number, end: number): number {
  const c = bytes[at];
  if (c === QUOTE) return skipString(bytes, at + 1, end);
  if (c === MINUS || isDigit(c)) return skipNumber(bytes, at, end);
  if (c === 0x74) return skipWord(bytes, at, end, 'true');
  if (c === 0x66) return skipWord(bytes, at, end, 'false');
  return c === 0x6e ? skipWord(bytes, at, end, 'null') : -1;
}

function skipWord(bytes: Buffer, at: number, end: number, word: string): number {
  const stop = at + word.length;
  if (stop > end) return -1;
  for (let i = 0; i < word.length; i++) if (bytes[at + i] !== word.charCodeAt(i)) return -1;
  return stop;
}

function skipNumber(bytes: Buffer, at: number, end: number): number {
  let p = bytes[at] === MINUS ? at + 1 : at;
  const first = bytes[p];
  const integer = skipDigits(bytes, p, end);
  if (integer === p || (first === 0x30 && integer > p + 1)) return -1;
  p = integer;
  if (p < end && bytes[p] === 0x2e) {
    const fraction = skipDigits(bytes, p + 1, end);
    if (fraction === p + 1) return -1;
    p = fraction;
  }
  return p < end && ((bytes[p] ?? 0) | 0x20) === 0x65 ? skipExponent(bytes, p + 1, end) : p;
}

function skipExponent(bytes: Buffer, at: number, end: number): number {
  const sign = at < end ? bytes[at] : 0;
  const digits = sign === 0x2b || sign === MINUS ? at + 1 : at;
  const stop = skipDigits(bytes, digits, end);
  return stop === digits ? -1 : stop;
}

function skipDigits(bytes: Buffer, at: number, end: number): number {
  let p = at;
  while (p < end && isDigit(bytes[p])) p++;
  return p;
}

/** `at` is on the quote of a key; the answer is where the value begins. */
export function skipKey(bytes: Buffer, at: number, end: number): number {
  if (at >= end || bytes[at] !== QUOTE) return -1;
  const key = skipString(bytes, at + 1, end);
  if (key < 0) return -1;
  const colon = skipBlanks(bytes, key, end);
  return colon < end && bytes[colon] === 0x3a ? skipBlanks(bytes, colon + 1, end) : -1;
}

export function skipValue(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return -1;
  const c = bytes[at];
  return c === OBJECT || c === ARRAY ? skipContainer(bytes, at, end) : skipScalar(bytes, at, end);
}

/** The kinds of the open containers; grows to the deepest nesting ever met (at most a line's length). */
let stack = new Uint8Array(256);

function push(depth: number, kind: number): void {
  if (depth === stack.length) {
    const wider = new Uint8Array(stack.length * 2);
    wider.set(stack);
    stack = wider;
  }
  stack[depth] = kind;
}

let depth = 0;
/** Whether the container of the last `enter` is empty; a closing bracket behind a key is not the same thing. */
let enteredEmpty = false;

function skipContainer(bytes: Buffer, at: number, end: number): number {
  depth = 0;
  let p = at;
  do {
    if (p >= end) return -1;
    const c = bytes[p];
    if (c === OBJECT || c === ARRAY) {
      p = enter(bytes, p, end);
      if (p < 0) return -1;
      if (!enteredEmpty) continue;
    } else {
      p = skipScalar(bytes, p, end);
      if (p < 0) return -1;
    }
    p = leave(bytes, p, end);
  } while (depth > 0 && p >= 0);
  return p;
}

/** From an opening bracket to the first value inside, or to the closing bracket of an empty container. */
function enter(bytes: Buffer, at: number, end: number): number {
  const kind = bytes[at] ?? 0;
  push(depth++, kind);
  const inside = skipBlanks(bytes, at + 1, end);
  if (inside >= end) return -1;
  enteredEmpty = bytes[inside] === kind + 2;
  return kind === OBJECT && !enteredEmpty ? skipKey(bytes, inside, end) : inside;
}

/** From behind a value over every container that ends there, to the next value or behind the outermost container. */
function leave(bytes: Buffer, at: number, end: number): number {
  for (let p = skipBlanks(bytes, at, end); p < end; p = skipBlanks(bytes, p, end)) {
    const kind = stack[depth - 1] ?? 0;
    if (bytes[p] === kind + 2) {
      p++;
      if (--depth === 0) return p;
      continue;
    }
    if (bytes[p] !== 0x2c) return -1;
    p = skipBlanks(bytes, p + 1, end);
    return kind === OBJECT ? skipKey(bytes, p, end) : p;
  }
  return -1;
}
