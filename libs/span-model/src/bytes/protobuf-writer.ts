import { ByteWriter } from './byte-writer.js';
import { HIGH, halvesOf, LOW, UINT64_MAX } from './int64.js';
import { Wire } from './protobuf-reader.js';

/**
 * Writes protobuf wire format; the counterpart of ProtobufReader. Fields of proto3 that have their default value are left
 * out, except by the `…Always` methods (members of a oneof, map entries). After `finish` it can be used again.
 */
export class ProtobufWriter {
  readonly #out = new ByteWriter();

  string(field: number, text: string): void {
    if (text !== '') this.stringAlways(field, text);
  }

  stringAlways(field: number, text: string): void {
    const start = this.begin(field);
    this.#out.utf8(text);
    this.end(start);
  }

  bytes(field: number, bytes: Uint8Array): void {
    this.#tag(field, Wire.bytes);
    this.#varint32(bytes.length);
    this.#out.raw(bytes);
  }

  /** An id of hexadecimal digits, as bytes. */
  hex(field: number, digits: string): void {
    if (digits === '') return;
    this.#tag(field, Wire.bytes);
    this.#varint32(digits.length >> 1);
    this.#out.hex(digits);
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
    const halves = halvesOf(value);
    let low = halves[LOW] ?? 0;
    let high = halves[HIGH] ?? 0;
    while (high !== 0 || low > 0x7f) {
      this.#out.byte((low & 0x7f) | 0x80);
      low = ((low >>> 7) | (high << 25)) >>> 0;
      high >>>= 7;
    }
    this.#out.byte(low);
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

  /** A nested message, written by `write`; `begin` and `end` are the same for hot places. */
  message(field: number, write: () => void): void {
    const start = this.begin(field);
    write();
    this.end(start);
  }

  /**
   * Begins a nested message. Its length stands before it and is known only at its end: one byte is kept free for it, and
   * the message moves up if it needs more. Returns what `end` asks for.
   */
  begin(field: number): number {
    this.#tag(field, Wire.bytes);
    this.#out.byte(0);
    return this.#out.pos;
  }

  end(start: number): void {
    const out = this.#out;
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

  /** Forgets what was written, in case that writing it failed. */
  restart(): void {
    this.#out.restart();
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
