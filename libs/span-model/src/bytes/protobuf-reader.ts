import { DecodeError, type SpanFormat } from '../decode-error.js';
import { int64Of } from './int64.js';
import { asBuffer } from './text-cache.js';

const MAX_VARINT_BYTES = 10;

/** Wire types of protobuf, the lower three bits of a tag. */
export const Wire = { varint: 0, fixed64: 1, bytes: 2, startGroup: 3, endGroup: 4, fixed32: 5 } as const;

/**
 * Reads protobuf wire format. A message is a range of the body: its reader loops `while (reader.pos < end)`, takes a tag,
 * then the value or `skip`s it. Every read is checked against the end of the message it belongs to.
 *
 *     tag = varint of (field number << 3 | wire type), then
 *     0 varint · 1 eight bytes · 2 varint length + bytes · 3 … 4 group · 5 four bytes
 */
export class ProtobufReader {
  readonly bytes: Buffer;
  readonly view: DataView;
  pos = 0;
  readonly #format: SpanFormat;
  readonly #maxDepth: number;
  #depth = 0;

  constructor(bytes: Uint8Array, format: SpanFormat, maxDepth: number) {
    this.bytes = asBuffer(bytes);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#format = format;
    this.#maxDepth = maxDepth;
  }

  /** The next tag: field number and wire type. */
  tag(end: number): number {
    if (this.pos < end) {
      const byte = this.bytes[this.pos] ?? 0;
      if (byte < 0x80 && byte > 7) {
        this.pos++;
        return byte;
      }
    }
    return this.#longTag(end);
  }

  /** Of a varint the lower 32 bits, unsigned; what is above is dropped, as protobuf does for its 32-bit types. */
  uint32(end: number): number {
    if (this.pos < end) {
      const byte = this.bytes[this.pos] ?? 0;
      if (byte < 0x80) {
        this.pos++;
        return byte;
      }
    }
    return this.#longUint32(end);
  }

  /** A varint as a signed 64-bit integer. */
  int64(end: number): bigint {
    const start = this.pos;
    let low = 0;
    let high = 0;
    for (let shift = 0, pos = start; pos < end && shift < MAX_VARINT_BYTES * 7; shift += 7) {
      const byte = this.bytes[pos++] ?? 0;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.pos = pos;
        return int64Of(low, high);
      }
    }
    return this.#badVarint(start, end);
  }

  bool(end: number): boolean {
    return this.int64(end) !== 0n;
  }

  fixed64(end: number): bigint {
    this.#need(8, end);
    const value = this.view.getBigUint64(this.pos, true);
    this.pos += 8;
    return value;
  }

  fixed32(end: number): number {
    this.#need(4, end);
    const value = this.view.getUint32(this.pos, true);
    this.pos += 4;
    return value;
  }

  double(end: number): number {
    this.#need(8, end);
    const value = this.view.getFloat64(this.pos, true);
    this.pos += 8;
    return value;
  }

  /** Reads the length of a string, bytes or message: where it ends. It begins at `pos`. */
  lengthDelimited(end: number): number {
    const start = this.pos;
    const length = this.uint32(end);
    // Five bytes can hold more than 32 bits: such a length is beyond any body.
    if (length > end - this.pos || this.pos - start > 4) {
      this.fail(`Truncated: length ${length} > bytes available ${end - this.pos}`);
    }
    return this.pos + length;
  }

  /** Enters a message that may contain itself. */
  enter(): void {
    if (++this.#depth > this.#maxDepth) this.fail(`Nested deeper than ${this.#maxDepth}`);
  }

  leave(): void {
    this.#depth--;
  }

  /** Reads over the value of a field that is not known, or not of the type that it should have. */
  skip(tag: number, end: number): void {
    const wire = tag & 7;
    if (wire === Wire.varint) this.int64(end);
    else if (wire === Wire.fixed64) this.#skipBytes(8, end);
    else if (wire === Wire.bytes) this.pos = this.lengthDelimited(end);
    else if (wire === Wire.fixed32) this.#skipBytes(4, end);
    else if (wire === Wire.startGroup) this.#skipGroup(tag, end);
    else this.fail(`Malformed: invalid wireType ${wire}`, this.pos - 1);
  }

  fail(reason: string, position = this.pos): never {
    throw new DecodeError(this.#format, reason, position);
  }

  #longTag(end: number): number {
    const start = this.pos;
    const tag = this.#longUint32(end);
    if (tag >>> 3 === 0) this.fail('Malformed: fieldNumber was zero', start);
    return tag;
  }

  #longUint32(end: number): number {
    const start = this.pos;
    let value = 0;
    for (let shift = 0, pos = start; pos < end && shift < MAX_VARINT_BYTES * 7; shift += 7) {
      const byte = this.bytes[pos++] ?? 0;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.pos = pos;
        return value >>> 0;
      }
    }
    return this.#badVarint(start, end);
  }

  #badVarint(start: number, end: number): never {
    const left = end - start;
    if (left < MAX_VARINT_BYTES) return this.fail('Truncated: varint without an end', end);
    return this.fail(`Malformed: varint of more than ${MAX_VARINT_BYTES} bytes`, start);
  }

  #need(count: number, end: number): void {
    if (end - this.pos < count) this.fail(`Truncated: length ${count} > bytes available ${end - this.pos}`);
  }

  #skipBytes(count: number, end: number): void {
    this.#need(count, end);
    this.pos += count;
  }

  #skipGroup(open: number, end: number): void {
    this.enter();
    for (;;) {
      const tag = this.tag(end);
      if ((tag & 7) === Wire.endGroup) {
        if (tag >>> 3 !== open >>> 3) this.fail('Malformed: a group ends that did not begin', this.pos - 1);
        break;
      }
      this.skip(tag, end);
    }
    this.leave();
  }
}
