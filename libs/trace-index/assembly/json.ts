// Strict JSON over bytes that are known to end with a newline: a newline can stand inside no JSON token, so it stops
// every loop here and nothing needs a bound. Accepts what JSON.parse accepts of the same bytes read as UTF-8 (bytes over
// 0x7f only inside strings, where invalid UTF-8 reads as U+FFFD). Functions return an address, 0 means "not JSON".

/** Deepest nesting that is followed here; a deeper line is read by the host. */
const MOST_LEVELS: u32 = 8192;
const STACK: usize = memory.data(8192, 16);

/** Whether a string that `skipString` passed had an escape; never reset by it. */
export let sawEscape: bool = false;
export let tooDeep: bool = false;

export function resetJson(): void {
  sawEscape = false;
  tooDeep = false;
}

export function at(p: usize): u32 {
  return <u32>load<u8>(p);
}

/** The first quote, backslash or control byte from `p` on. */
export function stringStop(p: usize): usize {
  const quotes = i8x16.splat(0x22);
  const backslashes = i8x16.splat(0x5c);
  const printable = i8x16.splat(0x20);
  while (true) {
    const v = v128.load(p);
    const stops = v128.or(v128.or(i8x16.eq(v, quotes), i8x16.eq(v, backslashes)), i8x16.lt_u(v, printable));
    const mask = i8x16.bitmask(stops);
    if (mask) return p + <usize>ctz<i32>(mask);
    p += 16;
  }
}

/** `p` is behind the opening quote; the answer is behind the closing one. */
export function skipString(p: usize): usize {
  while (true) {
    p = stringStop(p);
    const c = at(p);
    if (c == 0x22) return p + 1;
    if (c != 0x5c) return 0;
    sawEscape = true;
    const escape = at(p + 1);
    if (escape == 0x75) {
      for (let i: usize = 2; i < 6; i++) if (!isHex(at(p + i))) return 0;
      p += 6;
    } else if (isSimpleEscape(escape)) p += 2;
    else return 0;
  }
}

function isHex(c: u32): bool {
  return c - 48 < 10 || (c | 32) - 97 < 6;
}

/** One of " \ / b f n r t */
function isSimpleEscape(c: u32): bool {
  return c == 0x22 || c == 0x5c || c == 0x2f || c == 0x62 || c == 0x66 || c == 0x6e || c == 0x72 || c == 0x74;
}

export function skipBlanks(p: usize): usize {
  while (at(p) == 32 || at(p) == 9 || at(p) == 13) p++;
  return p;
}

export function skipDigits(p: usize): usize {
  while (at(p) - 48 < 10) p++;
  return p;
}

/** A JSON number from its first character on. */
export function skipNumber(p: usize): usize {
  if (at(p) == 0x2d) p++;
  const first = at(p);
  if (first - 48 > 9) return 0;
  p = first == 48 ? p + 1 : skipDigits(p);
  if (at(p) == 0x2e) {
    if (at(p + 1) - 48 > 9) return 0;
    p = skipDigits(p + 1);
  }
  if ((at(p) | 32) == 0x65) {
    p++;
    if (at(p) == 0x2b || at(p) == 0x2d) p++;
    if (at(p) - 48 > 9) return 0;
    p = skipDigits(p);
  }
  return p;
}

function skipScalar(p: usize): usize {
  const c = at(p);
  if (c == 0x22) return skipString(p + 1);
  if (c == 0x2d || c - 48 < 10) return skipNumber(p);
  if (load<u32>(p) == 0x65757274) return p + 4; // true
  if (load<u32>(p) == 0x6c6c756e) return p + 4; // null
  if (c == 0x66 && load<u32>(p + 1) == 0x65736c61) return p + 5; // false
  return 0;
}

/** From the quote of a key to its value. */
export function skipKey(p: usize): usize {
  if (at(p) != 0x22) return 0;
  p = skipString(p + 1);
  if (!p) return 0;
  p = skipBlanks(p);
  return at(p) == 0x3a ? skipBlanks(p + 1) : 0;
}

export function skipValue(p: usize): usize {
  const c = at(p);
  return c == 0x7b || c == 0x5b ? skipContainer(p) : skipScalar(p);
}

/** Without recursion: the kinds of the open containers are on a stack of one byte per level. */
function skipContainer(p: usize): usize {
  let depth: u32 = 0;
  while (true) {
    const c = at(p);
    let entered = false;
    if (c == 0x7b || c == 0x5b) {
      if (depth == MOST_LEVELS) {
        tooDeep = true;
        return 0;
      }
      store<u8>(STACK + depth, c);
      depth++;
      p = skipBlanks(p + 1);
      entered = at(p) != c + 2;
      if (entered && c == 0x7b) p = skipKey(p);
    } else p = skipScalar(p);
    if (!p) return 0;
    if (entered) continue;
    while (true) {
      // leave every container that ends here
      p = skipBlanks(p);
      const open = <u32>load<u8>(STACK + depth - 1);
      if (at(p) == open + 2) {
        p++;
        if (--depth == 0) return p;
        continue;
      }
      if (at(p) != 0x2c) return 0;
      p = skipBlanks(p + 1);
      if (open == 0x7b) p = skipKey(p);
      if (!p) return 0;
      break;
    }
  }
}

/** The newline from `p` on. */
export function lineEnd(p: usize): usize {
  const newlines = i8x16.splat(10);
  while (true) {
    const mask = i8x16.bitmask(i8x16.eq(v128.load(p), newlines));
    if (mask) return p + <usize>ctz<i32>(mask);
    p += 16;
  }
}
