/**
 * Writes the primitives of a record into one buffer that grows and is reused.
 *
 * ```
 *   unsigned   LEB128, 7 bits a byte, low bits first
 *   signed     8 bytes, two's complement, little endian
 *   double     8 bytes, IEEE 754, little endian
 *   text       unsigned length in bytes, then UTF-8
 * ```
 */
export class ByteWriter {
  #bytes = Buffer.allocUnsafe(4096);
  #at = 0;

  reset(): void {
    this.#at = 0;
  }

  /** A copy of what was written since `reset`. */
  finish(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = value;
  }

  unsigned(value: number): void {
    this.#reserve(8);
    while (value >= 0x80) {
      this.#bytes[this.#at++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.#at++] = value;
  }

  signed64(value: bigint): void {
    this.#reserve(8);
    this.#at = this.#bytes.writeBigInt64LE(value, this.#at);
  }

  double(value: number): void {
    this.#reserve(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.unsigned(length);
    this.#reserve(length);
    this.#at += this.#bytes.write(value, this.#at);
  }

  bytes(value: Uint8Array): void {
    this.unsigned(value.length);
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  #reserve(length: number): void {
    if (this.#at + length <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + length));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Reads what ByteWriter wrote. Throws RangeError when the bytes end too early. */
export class ByteReader {
  #at = 0;

  constructor(private readonly source: Buffer) {}

  get atEnd(): boolean {
    return this.#at === this.source.length;
  }

  byte(): number {
    return this.source.readUInt8(this.#at++);
  }

  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  }

  signed64(): bigint {
    const value = this.source.readBigInt64LE(this.#at);
    this.#at += 8;
    return value;
  }

  double(): number {
    const value = this.source.readDoubleLE(this.#at);
    this.#at += 8;
    return value;
  }

  text(): string {
    const start = this.#skip(this.unsigned());
    return this.source.toString('utf8', start, this.#at);
  }

  bytes(): Uint8Array {
    const start = this.#skip(this.unsigned());
    return Uint8Array.from(this.source.subarray(start, this.#at));
  }

  #skip(length: number): number {
    const start = this.#at;
    this.#at += length;
    if (this.#at > this.source.length)
      throw new RangeError(`record ends ${this.#at - this.source.length} bytes too early`);
    return start;
  }
}
