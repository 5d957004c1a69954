const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const NULL_FIELD = -1;

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
  #at: number;

  constructor(sizeBytes = 1 << 16) {
    this.#bytes = Buffer.alloc(sizeBytes);
    SIGNATURE.copy(this.#bytes);
    this.#at = SIGNATURE.length + 8;
  }

  row(fields: number): void {
    this.#reserve(2);
    this.#at = this.#bytes.writeInt16BE(fields, this.#at);
  }

  nothing(): void {
    this.#reserve(4);
    this.#at = this.#bytes.writeInt32BE(NULL_FIELD, this.#at);
  }

  /** bigint from 16 hexadecimal digits, as the ids of spans are written. */
  hex64(digits: string): void {
    this.#length(8);
    this.#at += this.#bytes.write(digits, this.#at, 'hex');
  }

  int64(value: bigint): void {
    this.#length(8);
    this.#at = this.#bytes.writeBigInt64BE(value, this.#at);
  }

  int32(value: number): void {
    this.#length(4);
    this.#at = this.#bytes.writeInt32BE(value, this.#at);
  }

  int16(value: number): void {
    this.#length(2);
    this.#at = this.#bytes.writeInt16BE(value, this.#at);
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
    const clean = value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
    const length = Buffer.byteLength(clean);
    this.#length(length);
    this.#at += this.#bytes.write(clean, this.#at);
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
    this.#at = this.#bytes.writeInt32BE(length, this.#at);
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#bytes.length * 2, this.#at + length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
