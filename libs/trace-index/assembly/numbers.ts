// Numbers of trace lines. `digits` reads eight characters at a time.

/** Value and count of the digits that the last `digits` passed; the value is right up to 19 of them. */
export let digitsValue: u64 = 0;
export let digitsCount: u32 = 0;

// prettier-ignore
const POWERS: usize = memory.data<u32>([1, 10, 100, 1000, 10000, 100000, 1000000, 10000000]);
export const LARGEST_EXACT: u64 = 9007199254740992;

export function eight(v: u64): u32 {
  v -= 0x3030303030303030;
  v = v * 10 + (v >> 8);
  v = ((v & 0x000000ff000000ff) * 0x000f424000000064 + ((v >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32;
  return <u32>v;
}

/** Sets the upper bit of each byte that is no digit. */
export function notDigits(v: u64): u64 {
  const t = v ^ 0x3030303030303030;
  return ((t + 0x7676767676767676) | t) & 0x8080808080808080;
}

/** Behind the digits from `p` on; stops early behind 24 of them. */
export function digits(p: usize): usize {
  const v = load<u64>(p);
  const others = notDigits(v);
  if (!others) return manyDigits(p, eight(v));
  const bits = ctz<u64>(others) & 56;
  digitsValue = eight(leading(v, bits));
  digitsCount = (<u32>bits) >> 3;
  return p + <usize>(bits >> 3);
}

/** The first `bits` of `v`, with zeros ('0') in front of them. */
export function leading(v: u64, bits: u64): u64 {
  return ((v << (56 - bits)) << 8) | ((<u64>0x3030303030303030) >> bits);
}

/** As `digits`, of a number that has more than the eight digits of `value`. */
function manyDigits(p: usize, value: u64): usize {
  let n: u32 = 8;
  p += 8;
  while (n < 24) {
    const v = load<u64>(p);
    const others = notDigits(v);
    if (others) {
      const bits = ctz<u64>(others) & 56;
      value = value * <u64>load<u32>(POWERS + ((<usize>bits) >> 1)) + <u64>eight(leading(v, bits));
      p += <usize>(bits >> 3);
      n += (<u32>bits) >> 3;
      break;
    }
    value = value * 100000000 + <u64>eight(v);
    p += 8;
    n += 8;
  }
  digitsValue = value;
  digitsCount = n;
  return p;
}

/** Whether the last `digits` passed a number that is exact as a double. */
export function digitsAreExact(): bool {
  return digitsCount <= 16 && digitsValue <= LARGEST_EXACT;
}

export const NUMBER_PRESENT: i32 = 0;
export const NUMBER_ABSENT: i32 = 1;
/** Exponents, more digits than a double holds exactly, escapes: the host decodes them. */
export const NUMBER_FOR_HOST: i32 = 2;

export let numberValue: f64 = 0;

/**
 * The number that the valid JSON value in `[from, to)` stands for: a number, or a string that reads as one
 * (`-?digits[.digits]`; leading zeros are fine there).
 */
export function readNumber(from: usize, to: usize): i32 {
  let p = from;
  const quoted = <u32>load<u8>(p) == 0x22;
  if (quoted) {
    for (let i = from + 1; i < to - 1; i++) if (load<u8>(i) == 0x5c) return NUMBER_FOR_HOST;
    p++;
    to--;
  } else {
    const c = <u32>load<u8>(p);
    if (c != 0x2d && c - 48 > 9) return NUMBER_ABSENT;
  }
  const negative = <u32>load<u8>(p) == 0x2d;
  if (negative) p++;
  const integer = p;
  p = digits(p);
  if (p == integer) return NUMBER_ABSENT;
  if (p == to) {
    if (!digitsAreExact()) return NUMBER_FOR_HOST;
    numberValue = negative ? -(<f64>digitsValue) : <f64>digitsValue;
    return NUMBER_PRESENT;
  }
  // A fraction of few digits: both parts are exact doubles, so that their quotient is rounded once, as it has to be.
  if (<u32>load<u8>(p) != 0x2e) return quoted && !mayBeNumber(p, to) ? NUMBER_ABSENT : NUMBER_FOR_HOST;
  const whole = digitsValue;
  const wholeDigits = digitsCount;
  const fraction = p + 1;
  p = digits(fraction);
  if (p != to || p == fraction) return quoted && !mayBeNumber(p, to) ? NUMBER_ABSENT : NUMBER_FOR_HOST;
  if (wholeDigits + digitsCount > 15) return NUMBER_FOR_HOST;
  let scale: u64 = 1;
  for (let i: u32 = 0; i < digitsCount; i++) scale *= 10;
  const value = <f64>(whole * scale + digitsValue) / <f64>scale;
  numberValue = negative ? -value : value;
  return NUMBER_PRESENT;
}

/** More digits or an exponent may follow; anything else is no number. */
function mayBeNumber(p: usize, to: usize): bool {
  const c = p < to ? <u32>load<u8>(p) : 0;
  return c - 48 < 10 || c == 0x2e || (c | 32) == 0x65;
}
