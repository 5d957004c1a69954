/** Builds ring pages byte by byte, as the kernel's `rb_*` functions lay them out. The opposite of `PageCursor`. */
import type { EventFormat } from '../event-format.js';

const HEADER_BYTES = 16;

export type Value = number | bigint | string;

export class PageBuilder {
  readonly #page: Buffer;
  #at = HEADER_BYTES;
  #flags = 0;
  #lost: bigint | undefined;

  constructor(
    private readonly startNs: bigint,
    pageBytes = 4096,
  ) {
    this.#page = Buffer.alloc(pageBytes, 0xa5); // What lies behind the entries is never to be read.
  }

  get room(): number {
    return this.#page.length - this.#at;
  }

  /** A record of up to 112 bytes; a multiple of 4 like all of the kernel's. */
  record(deltaNs: number, body: Buffer): this {
    if (body.length % 4 !== 0 || body.length > 112) return this.longRecord(deltaNs, body);
    return this.#entry(body.length / 4, deltaNs).#raw(body);
  }

  longRecord(deltaNs: number, body: Buffer): this {
    this.#entry(0, deltaNs);
    this.#word(body.length + 4);
    return this.#raw(body).#raw(Buffer.alloc((4 - (body.length % 4)) % 4));
  }

  timeExtend(deltaNs: bigint): this {
    this.#entry(30, Number(deltaNs & 0x7ffffffn));
    return this.#word(Number(deltaNs >> 27n));
  }

  /** Only the lowest 59 bits are stored. */
  timeStamp(ns: bigint): this {
    const low = ns & ((1n << 59n) - 1n);
    this.#entry(31, Number(low & 0x7ffffffn));
    return this.#word(Number(low >> 27n));
  }

  /** A discarded record of `bytes` bytes, its length word included. */
  discarded(deltaNs: number, bytes: number): this {
    this.#entry(29, deltaNs === 0 ? 1 : deltaNs);
    this.#word(bytes);
    return this.#raw(Buffer.alloc(bytes - 4));
  }

  padding(): this {
    return this.#entry(29, 0);
  }

  /** Words as they are, for pages that make no sense. */
  words(...words: number[]): this {
    for (const word of words) this.#word(word);
    return this;
  }

  lostBefore(count?: bigint): this {
    this.#flags = count === undefined ? 2 ** 31 : 2 ** 31 + 2 ** 30;
    this.#lost = count;
    return this;
  }

  build(length = this.#at - HEADER_BYTES): Buffer {
    this.#page.writeBigUInt64LE(this.startNs, 0);
    this.#page.writeBigUInt64LE(BigInt(length + this.#flags), 8);
    if (this.#lost !== undefined) this.#page.writeBigUInt64LE(this.#lost, this.#at);
    return this.#page;
  }

  #entry(type: number, delta: number): this {
    return this.#word(type + delta * 32);
  }

  #word(word: number): this {
    this.#at = this.#page.writeUInt32LE(word, this.#at);
    return this;
  }

  #raw(bytes: Buffer): this {
    this.#at += bytes.copy(this.#page, this.#at);
    return this;
  }
}

/** The bytes of a record: common fields, then the given ones; text goes where its field says. */
export function recordOf(format: EventFormat, tid: number, values: Readonly<Record<string, Value>> = {}): Buffer {
  const tails: Buffer[] = [];
  let end = format.minLength;
  const record = Buffer.alloc(Math.ceil(format.minLength / 4) * 4 + 1024);
  record.writeUInt16LE(format.id, 0);
  record.writeInt32LE(tid, 4);
  for (const [name, value] of Object.entries(values)) {
    const { offset, size, locatedFrom } = format.field(name);
    if (typeof value === 'string' && locatedFrom !== undefined) {
      const tail = Buffer.from(`${value}\0`);
      record.writeUInt32LE(tail.length * 0x10000 + (end - locatedFrom), offset);
      tail.copy(record, end);
      tails.push(tail);
      end += tail.length;
    } else if (typeof value === 'string') record.write(value.slice(0, size), offset, 'latin1');
    else if (size === 8) record.writeBigUInt64LE(BigInt.asUintN(64, BigInt(value)), offset);
    else record.writeUIntLE(Number(BigInt.asUintN(8 * size, BigInt(value))), offset, size);
  }
  return record.subarray(0, Math.ceil(end / 4) * 4);
}
