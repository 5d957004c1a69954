import { ByteWriter } from './byte-writer.js';
import { ThriftType } from './thrift-reader.js';

/** Writes Thrift's TBinaryProtocol; the counterpart of ThriftReader. */
export class ThriftWriter {
  readonly #out = new ByteWriter();

  bool(id: number, value: boolean): void {
    this.#field(ThriftType.bool, id);
    this.#out.byte(value ? 1 : 0);
  }

  i16(id: number, value: number): void {
    this.#field(ThriftType.i16, id);
    this.#i16(value);
  }

  i32(id: number, value: number): void {
    this.#field(ThriftType.i32, id);
    this.#i32(value);
  }

  i64(id: number, value: bigint): void {
    this.#field(ThriftType.i64, id);
    this.#out.raw(int64Bytes(value));
  }

  text(id: number, text: string): void {
    this.#field(ThriftType.string, id);
    this.#i32(0);
    const start = this.#out.pos;
    const length = this.#out.utf8(text);
    this.#out.view.setInt32(start - 4, length);
  }

  bytes(id: number, bytes: Uint8Array): void {
    this.#field(ThriftType.string, id);
    this.#i32(bytes.length);
    this.#out.raw(bytes);
  }

  struct(id: number, write: () => void): void {
    this.#field(ThriftType.struct, id);
    this.#struct(write);
  }

  /** A list of structs as a field. */
  list<T>(id: number, elements: readonly T[], write: (element: T) => void): void {
    this.#field(ThriftType.list, id);
    this.topList(elements, write);
  }

  /** A list of structs that is the whole message. */
  topList<T>(elements: readonly T[], write: (element: T) => void): void {
    this.#out.byte(ThriftType.struct);
    this.#i32(elements.length);
    for (const element of elements) {
      this.#struct(() => {
        write(element);
      });
    }
  }

  finish(): Buffer {
    return this.#out.finish();
  }

  #struct(write: () => void): void {
    write();
    this.#out.byte(ThriftType.stop);
  }

  #field(type: number, id: number): void {
    this.#out.byte(type);
    this.#i16(id);
  }

  #i16(value: number): void {
    this.#out.reserve(2);
    this.#out.view.setInt16(this.#out.pos, value);
    this.#out.pos += 2;
  }

  #i32(value: number): void {
    this.#out.reserve(4);
    this.#out.view.setInt32(this.#out.pos, value);
    this.#out.pos += 4;
  }
}

/** Eight bytes, big endian. */
export function int64Bytes(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigInt64BE(BigInt.asIntN(64, value));
  return bytes;
}
