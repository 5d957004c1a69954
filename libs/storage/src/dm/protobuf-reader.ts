import { TracerError } from '@tracer/base';

/** Wire types of protobuf (encoding documentation, "Message Structure"). */
export const WireType = { varint: 0, fixed64: 1, bytes: 2, groupStart: 3, groupEnd: 4, fixed32: 5 } as const;

const TWO_32 = 0x1_0000_0000;

/**
 * Reads protobuf messages byte by byte. Malformed input throws BODY_MALFORMED with the words of Go's generated decoders,
 * which clients of the published tracer see in their logs. Strings come back as views of the input.
 */
export class ProtobufReader {
  #at: number;
  /** The two halves of the last varint, unsigned. */
  #low = 0;
  #high = 0;
  /** Field number and wire type of the field that `next` found. */
  field = 0;
  wireType = 0;

  constructor(
    private readonly bytes: Buffer,
    start = 0,
    private readonly end = bytes.length,
  ) {
    this.#at = start;
  }

  get at(): number {
    return this.#at;
  }

  /** Moves to the next field of the message `name`; false at its end. */
  next(name: string): boolean {
    if (this.#at >= this.end) return false;
    this.#varint();
    this.field = (this.#low >>> 3) | (this.#high << 29);
    this.wireType = this.#low & 7;
    if (this.wireType === WireType.groupEnd) throw malformed(`proto: ${name}: wiretype end group for non-group`);
    if (this.field <= 0) {
      const tag = this.#high * TWO_32 + this.#low;
      throw malformed(`proto: ${name}: illegal tag ${this.field} (wire type ${tag})`);
    }
    return true;
  }

  int32(name: string): number {
    this.#expect(WireType.varint, name);
    this.#varint();
    return this.#low | 0;
  }

  uint32(name: string): number {
    return this.int32(name) >>> 0;
  }

  boolean(name: string): boolean {
    this.#expect(WireType.varint, name);
    this.#varint();
    return this.#low !== 0 || this.#high !== 0;
  }

  int64(name: string): bigint {
    this.#expect(WireType.varint, name);
    this.#varint();
    return (BigInt(this.#high | 0) << 32n) | BigInt(this.#low);
  }

  text(name: string): Buffer {
    this.#expect(WireType.bytes, name);
    const length = this.#length();
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }

  /** A reader of the message inside. */
  message(name: string): ProtobufReader {
    this.#expect(WireType.bytes, name);
    const length = this.#length();
    this.#at += length;
    return new ProtobufReader(this.bytes, this.#at - length, this.#at);
  }

  /** The bytes that are left. */
  rest(): Buffer {
    return this.bytes.subarray(this.#at, this.end);
  }

  /** Passes over a field that nobody knows. */
  skip(): void {
    for (let depth = 0, type = this.wireType; ;) {
      depth += this.#skipOne(type);
      if (depth === 0) return;
      if (this.#at >= this.end) throw malformed('unexpected EOF');
      this.#varint();
      type = this.#low & 7;
    }
  }

  /** What the field does to the depth of groups. */
  #skipOne(wireType: number): -1 | 0 | 1 {
    switch (wireType) {
      case WireType.varint:
        this.#varint();
        return 0;
      case WireType.fixed64:
        this.#advance(8);
        return 0;
      case WireType.bytes:
        this.#advance(this.#length());
        return 0;
      case WireType.groupStart:
        return 1;
      case WireType.groupEnd:
        return -1;
      case WireType.fixed32:
        this.#advance(4);
        return 0;
      default:
        throw malformed(`proto: illegal wireType ${wireType}`);
    }
  }

  #expect(wireType: number, name: string): void {
    if (this.wireType !== wireType) throw malformed(`proto: wrong wireType = ${this.wireType} for field ${name}`);
  }

  #advance(length: number): void {
    if (length > this.end - this.#at) throw malformed('unexpected EOF');
    this.#at += length;
  }

  #length(): number {
    this.#varint();
    if (this.#high > 0x7fff_ffff) throw malformed('proto: negative length found during unmarshaling');
    if (this.#high > 0 || this.#low > this.end - this.#at) throw malformed('unexpected EOF');
    return this.#low;
  }

  #varint(): void {
    let low = 0;
    let high = 0;
    for (let shift = 0; ; shift += 7) {
      if (shift >= 64) throw malformed('proto: integer overflow');
      const byte = this.#at < this.end ? this.bytes[this.#at] : undefined;
      if (byte === undefined) throw malformed('unexpected EOF');
      this.#at++;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) break;
    }
    this.#low = low >>> 0;
    this.#high = high >>> 0;
  }
}

function malformed(reason: string): TracerError {
  return new TracerError('BODY_MALFORMED', reason);
}
