/** Writes the protocol buffer wire format: fields are (number, value) pairs, messages nest as bytes. */
export class ProtoWriter {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  varint(field: number, value: number | bigint): this {
    this.#number(field * 8);
    return this.#number(value);
  }

  bytes(field: number, value: Buffer): this {
    this.#number(field * 8 + 2);
    this.#number(value.length);
    this.#reserve(value.length);
    value.copy(this.#bytes, this.#length);
    this.#length += value.length;
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }

  message(field: number, value: ProtoWriter): this {
    return this.bytes(field, value.#bytes.subarray(0, value.#length));
  }

  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#length));
    this.#length = 0;
    return taken;
  }

  get length(): number {
    return this.#length;
  }

  /** Seven bits a byte, the lowest first; negative numbers as their 64-bit complement. */
  #number(value: number | bigint): this {
    this.#reserve(10);
    if (typeof value === 'number' && value >= 0 && value < 0x80000000) {
      let rest = value;
      for (; rest > 0x7f; rest >>>= 7) this.#bytes[this.#length++] = (rest & 0x7f) | 0x80;
      this.#bytes[this.#length++] = rest;
      return this;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 0x7fn; rest >>= 7n) this.#bytes[this.#length++] = Number(rest & 0x7fn) | 0x80;
    this.#bytes[this.#length++] = Number(rest);
    return this;
  }

  #reserve(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(wider, 0, 0, this.#length);
    this.#bytes = wider;
  }
}
