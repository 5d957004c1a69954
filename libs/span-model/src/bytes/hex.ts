/* eslint-disable complexity -- the unrolled functions below count each of their look-ups as a branch */
const INVALID = 0x80;

/** Value of each lower-case hexadecimal digit, by its character code. */
const LOWER_DIGIT = Uint8Array.from({ length: 256 }, (_, code) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(code));
  return digit < 0 ? INVALID : digit;
});
/** Character codes of the two digits of each byte. */
const HIGH_CODE = Uint8Array.from({ length: 256 }, (_, byte) => (byte >> 4).toString(16).charCodeAt(0));
const LOW_CODE = Uint8Array.from({ length: 256 }, (_, byte) => (byte & 15).toString(16).charCodeAt(0));

/** The 16 characters there when they are lower-case hexadecimal digits and not all zero, else undefined. */
export function lowerHex16(bytes: Uint8Array, at: number): string | undefined {
  let all = 0;
  for (let i = at; i < at + 16; i++) all |= LOWER_DIGIT[bytes[i] ?? 0] ?? INVALID;
  return all === 0 || all >= INVALID ? undefined : ascii16(bytes, at);
}

/** Eight bytes as 16 digits. A single call of String.fromCharCode is the fastest way to make such a string. */
// prettier-ignore
export function hexOf8(b: Uint8Array, at: number): string {
  const b0 = b[at] ?? 0, b1 = b[at + 1] ?? 0, b2 = b[at + 2] ?? 0, b3 = b[at + 3] ?? 0;
  const b4 = b[at + 4] ?? 0, b5 = b[at + 5] ?? 0, b6 = b[at + 6] ?? 0, b7 = b[at + 7] ?? 0;
  const h = HIGH_CODE, l = LOW_CODE;
  return String.fromCharCode(
    h[b0] ?? 0, l[b0] ?? 0, h[b1] ?? 0, l[b1] ?? 0, h[b2] ?? 0, l[b2] ?? 0, h[b3] ?? 0, l[b3] ?? 0,
    h[b4] ?? 0, l[b4] ?? 0, h[b5] ?? 0, l[b5] ?? 0, h[b6] ?? 0, l[b6] ?? 0, h[b7] ?? 0, l[b7] ?? 0,
  );
}

/** Sixteen bytes as 32 digits. */
// prettier-ignore
export function hexOf16(b: Uint8Array, at: number): string {
  const b0 = b[at] ?? 0, b1 = b[at + 1] ?? 0, b2 = b[at + 2] ?? 0, b3 = b[at + 3] ?? 0;
  const b4 = b[at + 4] ?? 0, b5 = b[at + 5] ?? 0, b6 = b[at + 6] ?? 0, b7 = b[at + 7] ?? 0;
  const b8 = b[at + 8] ?? 0, b9 = b[at + 9] ?? 0, bA = b[at + 10] ?? 0, bB = b[at + 11] ?? 0;
  const bC = b[at + 12] ?? 0, bD = b[at + 13] ?? 0, bE = b[at + 14] ?? 0, bF = b[at + 15] ?? 0;
  const h = HIGH_CODE, l = LOW_CODE;
  return String.fromCharCode(
    h[b0] ?? 0, l[b0] ?? 0, h[b1] ?? 0, l[b1] ?? 0, h[b2] ?? 0, l[b2] ?? 0, h[b3] ?? 0, l[b3] ?? 0,
    h[b4] ?? 0, l[b4] ?? 0, h[b5] ?? 0, l[b5] ?? 0, h[b6] ?? 0, l[b6] ?? 0, h[b7] ?? 0, l[b7] ?? 0,
    h[b8] ?? 0, l[b8] ?? 0, h[b9] ?? 0, l[b9] ?? 0, h[bA] ?? 0, l[bA] ?? 0, h[bB] ?? 0, l[bB] ?? 0,
    h[bC] ?? 0, l[bC] ?? 0, h[bD] ?? 0, l[bD] ?? 0, h[bE] ?? 0, l[bE] ?? 0, h[bF] ?? 0, l[bF] ?? 0,
  );
}

// prettier-ignore
function ascii16(b: Uint8Array, at: number): string {
  return String.fromCharCode(
    b[at] ?? 0, b[at + 1] ?? 0, b[at + 2] ?? 0, b[at + 3] ?? 0, b[at + 4] ?? 0, b[at + 5] ?? 0, b[at + 6] ?? 0, b[at + 7] ?? 0,
    b[at + 8] ?? 0, b[at + 9] ?? 0, b[at + 10] ?? 0, b[at + 11] ?? 0, b[at + 12] ?? 0, b[at + 13] ?? 0, b[at + 14] ?? 0, b[at + 15] ?? 0,
  );
}

/** Whether all bytes of the range are zero. */
export function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i] ?? 0;
  return all === 0;
}

/** Digits (of either case, an even number of them) to bytes. */
export function bytesOfHex(digits: string): Uint8Array {
  return Buffer.from(digits, 'hex');
}
