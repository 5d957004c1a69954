import { DecodeError, type SpanFormat } from '../decode-error.js';
import { asBuffer } from './text-cache.js';

/** Types of TBinaryProtocol. */
export const ThriftType = {
  stop: 0,
  bool: 2,
  byte: 3,
  double: 4,
  i16: 6,
  i32: 8,
  i64: 10,
  string: 11,
  struct: 12,
  map: 13,
  set: 14,
  list: 15,
} as const;

/** The fewest bytes that a value of each type takes; 0 for types that do not exist. */
const LEAST_BYTES: readonly number[] = [0, 0, 1, 1, 8, 0, 2, 0, 4, 0, 8, 4, 1, 6, 5, 5];

/**
 * Reads Thrift's TBinaryProtocol (big endian). A struct is a row of fields up to a stop byte:
 *
 *     field = type (1 byte) · id (2) · value        list = element type (1) · count (4) · elements
 *     string = length (4) · bytes                   map = key type (1) · value type (1) · count (4) · pairs
 *
 * Counts are checked against the bytes that so many elements must take, before anything is read or made for them.
 */
export class ThriftReader {
  readonly bytes: Buffer;
  readonly view: DataView;
  pos = 0;
  /** Of the field read last. */
  type = 0;
  id = 0;
  readonly #end: number;
  readonly #format: SpanFormat;
  readonly #maxDepth: number;

  constructor(bytes: Uint8Array, format: SpanFormat, maxDepth: number) {
    this.bytes = asBuffer(bytes);
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#format = format;
    this.#maxDepth = maxDepth;
    this.#end = bytes.length;
  }

  /** Reads the head of the next field into `type` and `id`; false at the end of the struct. */
  field(): boolean {
    this.type = this.byte();
    if (this.type === ThriftType.stop) return false;
    this.#leastBytes(this.type);
    this.id = this.i16();
    return true;
  }

  /** Whether the field read last is this one; a known id with another type is skipped like an unknown one. */
  is(id: number, type: number): boolean {
    return this.id === id && this.type === type;
  }

  byte(): number {
    this.#need(1);
    return this.bytes[this.pos++] ?? 0;
  }

  i16(): number {
    this.#need(2);
    this.pos += 2;
    return this.view.getInt16(this.pos - 2);
  }

  i32(): number {
    this.#need(4);
    this.pos += 4;
    return this.view.getInt32(this.pos - 4);
  }

  i64(): bigint {
    this.#need(8);
    this.pos += 8;
    return this.view.getBigInt64(this.pos - 8);
  }

  /** The bytes of a string, inside the body. */
  string(): Buffer {
    const length = this.#length(1);
    this.pos += length;
    return this.bytes.subarray(this.pos - length, this.pos);
  }

  /** The count of a list whose elements must be of this type (an empty list may name any). */
  list(elementType: number): number {
    const at = this.pos;
    const type = this.byte();
    const count = this.#length(type === elementType ? this.#leastBytes(type) : 0);
    if (count > 0 && type !== elementType) this.fail(`Malformed: list of type ${type}, expected ${elementType}`, at);
    return count;
  }

  /** Reads over the value of the field read last. */
  skip(): void {
    this.#skipValue(this.type, 1);
  }

  fail(reason: string, position = this.pos): never {
    throw new DecodeError(this.#format, reason, position);
  }

  #skipValue(type: number, depth: number): void {
    if (depth > this.#maxDepth) this.fail(`Nested deeper than ${this.#maxDepth}`);
    if (type === ThriftType.string) this.string();
    else if (type === ThriftType.struct) while (this.field()) this.#skipValue(this.type, depth + 1);
    else if (type === ThriftType.list || type === ThriftType.set) this.#skipElements([this.byte()], depth);
    else if (type === ThriftType.map) this.#skipElements([this.byte(), this.byte()], depth);
    else {
      const size = this.#leastBytes(type);
      this.#need(size);
      this.pos += size;
    }
  }

  #skipElements(types: readonly number[], depth: number): void {
    const empty = this.pos + 4 <= this.#end && this.view.getInt32(this.pos) === 0;
    const size = empty ? 0 : types.reduce((sum, type) => sum + this.#leastBytes(type), 0);
    for (let left = this.#length(size); left > 0; left--) for (const type of types) this.#skipValue(type, depth + 1);
  }

  #leastBytes(type: number): number {
    const least = LEAST_BYTES[type] ?? 0;
    return least === 0 ? this.fail(`Malformed: invalid type ${type}`, this.pos - 1) : least;
  }

  /** A count or length, of things of at least `size` bytes each. */
  #length(size: number): number {
    const at = this.pos;
    const length = this.i32();
    if (length < 0 || length * size > this.#end - this.pos) {
      this.fail(`Truncated: length ${length} > bytes remaining ${this.#end - this.pos}`, at);
    }
    return length;
  }

  #need(count: number): void {
    if (count > this.#end - this.pos) {
      this.fail(`Truncated: length ${count} > bytes remaining ${this.#end - this.pos}`);
    }
  }
}
