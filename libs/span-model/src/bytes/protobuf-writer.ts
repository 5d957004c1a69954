import { ByteWriter } from './byte-writer.js';
import { bytesOfHex } from './hex.js';
import { UINT64_MAX } from './int64.js';
import { Wire } from './protobuf-reader.js';

/**
 * Writes protobuf wire format; the counterpart of ProtobufReader. Fields of proto3 that have their default value are left
 * out, except by the `…Always` methods (members of a oneof, map entries).
 */
export class ProtobufWriter {
  readonly #out = new ByteWriter();

  string(field: number, text: string): void {
    if (text !== '') this.stringAlways(field, text);
  }

  stringAlways(field: number, text: string): void {
    this.message(field, () => this.#out.utf8(text));
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.#tag(field, Wire.bytes);
    this.#varint32(bytes.length);
    this.#out.raw(bytes);
  }

  /** An id of hexadecimal digits, as bytes. */
  hex(field: number, digits: string): void {
    if (digits !== '') this.bytes(field, bytesOfHex(digits));
  }

  uint32(field: number, value: number): void {
    if (value !== 0) this.uint32Always(field, value);
  }

  uint32Always(field: number, value: number): void {
    this.#tag(field, Wire.varint);
    this.#varint32(value);
  }

  bool(field: number, value: boolean): void {
    if (value) this.uint32Always(field, 1);
  }

  /** int64 and uint64: negative numbers as their two's complement. */
  int64(field: number, value: bigint): void {
    if (value !== 0n) this.int64Always(field, value);
  }

  int64Always(field: number, value: bigint): void {
    this.#tag(field, Wire.varint);
    let rest = value & UINT64_MAX;
    while (rest > 0x7fn) {
      this.#out.byte(Number(rest & 0x7fn) | 0x80);
      rest >>= 7n;
    }
    this.#out.byte(Number(rest));
  }

  fixed64(field: number, value: bigint): void {
    if (value === 0n) return;
    this.#tag(field, Wire.fixed64);
    this.#out.reserve(8);
    this.#out.view.setBigUint64(this.#out.pos, value & UINT64_MAX, true);
    this.#out.pos += 8;
  }

  fixed32(field: number, value: number): void {
    if (value === 0) return;
    this.#tag(field, Wire.fixed32);
    this.#out.reserve(4);
    this.#out.view.setUint32(this.#out.pos, value, true);
    this.#out.pos += 4;
  }

  doubleAlways(field: number, value: number): void {
    this.#tag(field, Wire.fixed64);
    this.#out.reserve(8);
    this.#out.view.setFloat64(this.#out.pos, value, true);
    this.#out.pos += 8;
  }

  /**
   * A nested message. Its length stands before it and is known only afterwards: one byte is kept free for it, and the
   * message moves up if it needs more.
   */
  message(field: number, write: () => void): void {
    this.#tag(field, Wire.bytes);
    const out = this.#out;
    out.byte(0);
    const start = out.pos;
    write();
    const length = out.pos - start;
    if (length < 0x80) {
      out.bytes[start - 1] = length;
      return;
    }
    const more = varintSize(length) - 1;
    out.reserve(more);
    out.bytes.copyWithin(start + more, start, out.pos);
    out.pos = start - 1;
    this.#varint32(length);
    out.pos += length;
  }

  finish(): Buffer {
    return this.#out.finish();
  }

  #tag(field: number, wire: number): void {
    this.#varint32((field << 3) | wire);
  }

  #varint32(value: number): void {
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.#out.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    this.#out.byte(rest);
  }
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) size++;
  return size;
}
