import { TracerError } from '@tracer/base';

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const NULL_FIELD = -1;
const TWO_32 = 4_294_967_296;
const NO_DIGIT = 0x100;
const SHORT_TEXT = 48;

/**
 * Rows in PostgreSQL's binary COPY format (documentation of COPY, "Binary Format"): no escaping, no text to parse.
 *
 * ```
 *   signature 11 bytes │ flags int32 = 0 │ extension length int32 = 0
 *   per row:   field count int16 │ per field: length int32 (-1 NULL), bytes
 *   trailer:   int16 = -1
 * ```
 */
export class CopyRows {
  #bytes: Buffer;
  #view: DataView;
  #at: number;

  constructor(sizeBytes = 1 << 16) {
    const headBytes = SIGNATURE.length + 8;
    this.#bytes = Buffer.allocUnsafeSlow(sizeBytes + headBytes);
    this.#view = new DataView(this.#bytes.buffer);
    SIGNATURE.copy(this.#bytes);
    this.#bytes.fill(0, SIGNATURE.length, headBytes);
    this.#at = headBytes;
  }

  row(fields: number): void {
    this.#reserve(2);
    this.#view.setInt16(this.#at, fields);
    this.#at += 2;
  }

  nothing(): void {
    this.#reserve(4);
    this.#view.setInt32(this.#at, NULL_FIELD);
    this.#at += 4;
  }

  /** bigint from 16 hexadecimal digits, as the ids of spans are written. Throws for anything else. */
  hex64(digits: string): void {
    this.#length(8);
    let all = digits.length === 16 ? 0 : NO_DIGIT;
    for (let i = 0; i < 16; i += 2) {
      const pair = (digitOf(digits.charCodeAt(i)) << 4) | digitOf(digits.charCodeAt(i + 1));
      all |= pair;
      this.#bytes[this.#at++] = pair;
    }
    if (all >= NO_DIGIT) throw new TracerError('INTERNAL', `"${digits}" is not an id of 16 hexadecimal digits`);
  }

  int64(value: bigint): void {
    this.#length(8);
    this.#view.setBigInt64(this.#at, value);
    this.#at += 8;
  }

  /** bigint of a safe integer. */
  safeInt64(value: number): void {
    this.#length(8);
    const high = Math.floor(value / TWO_32);
    this.#view.setInt32(this.#at, high);
    this.#view.setUint32(this.#at + 4, value - high * TWO_32);
    this.#at += 8;
  }

  int32(value: number): void {
    this.#length(4);
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  int16(value: number): void {
    this.#length(2);
    this.#view.setInt16(this.#at, value);
    this.#at += 2;
  }

  boolean(value: boolean): void {
    this.#length(1);
    this.#bytes[this.#at++] = value ? 1 : 0;
  }

  /** PostgreSQL has no NUL in text; it becomes the replacement character here (records keep the original). */
  text(value: string | undefined): void {
    if (value === undefined) {
      this.nothing();
      return;
    }
    if (value.length <= SHORT_TEXT && this.#plainText(value)) return;
    const clean = value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
    const length = Buffer.byteLength(clean);
    this.#length(length);
    this.#at += this.#bytes.write(clean, this.#at);
  }

  /** Most texts are short and ASCII: cheaper by hand than by a call of the encoder. False when this one is not. */
  #plainText(value: string): boolean {
    const start = this.#at;
    this.#length(value.length);
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code === 0 || code > 0x7f) {
        this.#at = start;
        return false;
      }
      this.#bytes[this.#at++] = code;
    }
    return true;
  }

  bytes(value: Uint8Array): void {
    this.#length(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  get sizeBytes(): number {
    return this.#at;
  }

  /** The whole stream, trailer included. */
  finish(): Buffer {
    this.row(-1);
    return this.#bytes.subarray(0, this.#at);
  }

  #length(length: number): void {
    this.#reserve(4 + length);
    this.#view.setInt32(this.#at, length);
    this.#at += 4;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.#at + length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** A lower-case hexadecimal digit, or more than 255 for anything else. */
function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  return code >= 0x61 && code <= 0x66 ? code - 0x57 : NO_DIGIT;
}
