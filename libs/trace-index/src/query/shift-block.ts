import { ByteBuffer } from './byte-buffer.js';
import { writeRecord } from './line-rewriter.js';
import { TraceRecord } from './trace-record.js';

const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const ZERO = 0x30;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** A piece of a JSON array: elements, each followed by a comma. */
export interface ArrayPiece {
  readonly bytes: Buffer;
  readonly elements: number;
}

/**
 * Turns a block of lines into elements of a JSON array with shifted times. Nearly all lines are changed where they stand:
 *
 * ```
 *   {"id":1,…,"ts":1713456789012999,"dur":5,…}⏎      a shifted time is never longer than the time,
 *   {"id":1,…,"ts":             654,"dur":5,…},      and JSON allows blanks before a number
 * ```
 *
 * Lines that are not of this plain shape (a quoted or fractional time, a second "ts" anywhere, an escape) are written
 * anew by `writeRecord`. The block's bytes belong to this function afterwards.
 *
 * @param originUs a whole number of µs, not negative; `undefined` leaves times alone
 */
export function shiftedArray(bytes: Buffer, originUs: number | undefined): ArrayPiece {
  if (originUs === undefined) return { bytes, elements: commasForNewlines(bytes) };
  let elements = 0;
  let kept = 0;
  let rewritten: ByteBuffer | undefined;
  for (let start = 0; start < bytes.length; elements++) {
    const end = shiftInPlace(bytes, start, originUs);
    if (end >= 0) {
      bytes[end] = COMMA;
      start = end + 1;
      continue;
    }
    const newline = bytes.indexOf(NEWLINE, start);
    rewritten ??= new ByteBuffer();
    rewritten.bytes(bytes, kept, start);
    writeLine(bytes, start, newline, originUs, rewritten);
    kept = start = newline + 1;
  }
  if (rewritten === undefined) return { bytes, elements };
  rewritten.bytes(bytes, kept, bytes.length);
  return { bytes: rewritten.take(), elements };
}

function commasForNewlines(bytes: Buffer): number {
  let elements = 0;
  for (let newline = bytes.indexOf(NEWLINE); newline >= 0; newline = bytes.indexOf(NEWLINE, newline + 1)) {
    bytes[newline] = COMMA;
    elements++;
  }
  return elements;
}

const record = new TraceRecord();

function writeLine(bytes: Buffer, start: number, end: number, originUs: number, out: ByteBuffer): void {
  record.read(bytes, start, end);
  writeRecord(record, { originUs }, out);
  out.text(',');
}

/** The end of the line when it was of the plain shape (or has no time at all) and is shifted; -1 when nothing was done. */
function shiftInPlace(bytes: Buffer, start: number, originUs: number): number {
  const time = findTime(bytes, start);
  const end = restIsPlain(bytes, time < 0 ? start : time);
  if (end < 0 || time < 0) return end;
  return overwrite(bytes, time, originUs) ? end : -1;
}

/**
 * Where the digits of the outermost `ts` begin; -1 when none stands before the first bracket or escape. A string cannot hold `,"ts":` without an escape, so strings need not be told from the rest.
 */
function findTime(bytes: Buffer, start: number): number {
  for (let p = start; ; p++) {
    const c = bytes[p];
    if ((c === COMMA || p === start) && isTimeKey(bytes, p + 1)) return p + 6;
    if (c === BACKSLASH || c === OPEN_BRACKET || c === NEWLINE || (c === OPEN_BRACE && p > start)) return -1;
  }
}

/** `"ts":` */
function isTimeKey(bytes: Buffer, at: number): boolean {
  return (
    bytes[at] === QUOTE &&
    bytes[at + 1] === 0x74 &&
    bytes[at + 2] === 0x73 &&
    bytes[at + 3] === QUOTE &&
    bytes[at + 4] === 0x3a
  );
}

/** The newline, when there is neither an escape nor another text `"ts"` before it; else -1. */
function restIsPlain(bytes: Buffer, from: number): number {
  for (let p = from; p < bytes.length; p++) {
    const c = bytes[p];
    if (c === NEWLINE) return p;
    if (c === BACKSLASH) return -1;
    if (c === QUOTE && bytes[p + 1] === 0x74 && bytes[p + 2] === 0x73 && bytes[p + 3] === QUOTE) return -1;
  }
  return -1;
}

/** Replaces a whole number of up to 15 digits, or 16 below 2^53, by blanks and the difference. */
function overwrite(bytes: Buffer, at: number, originUs: number): boolean {
  let value = 0;
  let end = at;
  for (let c = bytes[end]; c !== undefined && c >= ZERO && c <= NINE; c = bytes[++end]) value = value * 10 + c - ZERO;
  const behind = bytes[end];
  if (end === at || (behind !== COMMA && behind !== CLOSE_BRACE) || value > Number.MAX_SAFE_INTEGER) return false;
  let rest = Math.max(0, value - originUs);
  let p = end;
  do {
    const digit = rest % 10;
    bytes[--p] = ZERO + digit;
    rest = (rest - digit) / 10;
  } while (rest > 0);
  if (p > at) bytes.fill(SPACE, at, p);
  return true;
}
