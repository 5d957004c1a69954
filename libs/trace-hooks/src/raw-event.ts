import type { EventFormat, FieldFormat } from './event-format.js';

const NO_PAGE = Buffer.alloc(0);
const TWO_32 = 2 ** 32;

/**
 * One record of the ring, seen in place. There is a single object of this class per capture and it moves on after
 * `onEvent` returns, so a decoder copies what it wants to keep (strings and numbers are copies already).
 *
 * ```
 *  page ┌───────────────┬─────────────────── one record ───────────────────┬──────
 *       │               │ id u16 · flags u8 · preempt u8 · tid s32 │ fields │
 *       └───────────────┴──────────────────────────────────────────────────┴──────
 *                       ↑ offset                       (length bytes in all)
 * ```
 * A record shorter than its format (`minLength`) is never handed to a decoder, so fixed fields need no bounds check.
 */
export class RawEvent {
  /** Format of this record; `format.name` is `group/event`. */
  format!: EventFormat;
  /** Memory the record lies in; much larger than one page. */
  page: Buffer = NO_PAGE;
  /** The same memory as 32-bit words, for decoders that run a million times a second. */
  words: Uint32Array = new Uint32Array(0);
  offset = 0;
  length = 0;
  cpu = 0;
  /** Thread that was running: `common_pid` is a thread id in the initial PID namespace. */
  tid = 0;
  /** Small number that stands for the thread while it lives, for flat tables; 0 when the thread is unknown. */
  slot = 0;
  /** Nanoseconds of CLOCK_MONOTONIC since the capture began; a safe integer. */
  atNs = 0;

  get eventName(): string {
    return this.format.name;
  }

  /** An integer field, or element `index` of an integer array. Above 2^53 it is rounded: see `json` and `hex`. */
  int(name: string, index = 0): number {
    return this.intOf(this.format.field(name), index);
  }

  intOf(field: FieldFormat, index = 0): number {
    const at = this.offset + field.offset + index * field.elementSize;
    const { page } = this;
    switch (field.elementSize) {
      case 1:
        return field.signed ? page.readInt8(at) : page.readUInt8(at);
      case 2:
        return field.signed ? page.readInt16LE(at) : page.readUInt16LE(at);
      case 4:
        return field.signed ? page.readInt32LE(at) : page.readUInt32LE(at);
      default:
        return (field.signed ? page.readInt32LE(at + 4) : page.readUInt32LE(at + 4)) * TWO_32 + page.readUInt32LE(at);
    }
  }

  /** An integer field as exact JSON: digits, in quotes when it exceeds what a double holds. */
  json(name: string, index = 0): string {
    const field = this.format.field(name);
    const value = this.intOf(field, index);
    if (Number.isSafeInteger(value)) return String(value);
    const at = this.offset + field.offset + index * field.elementSize;
    return `"${field.signed ? this.page.readBigInt64LE(at) : this.page.readBigUInt64LE(at)}"`;
  }

  /** An integer or pointer field as `0x…`, without leading zeros. */
  hex(name: string, index = 0): string {
    const field = this.format.field(name);
    const at = this.offset + field.offset + index * field.elementSize;
    if (field.elementSize < 8) {
      const value = this.intOf(field, index);
      return `0x${(value < 0 ? value + 2 ** (8 * field.elementSize) : value).toString(16)}`;
    }
    const [low, high] = [this.page.readUInt32LE(at), this.page.readUInt32LE(at + 4)];
    return high === 0 ? `0x${low.toString(16)}` : `0x${high.toString(16)}${low.toString(16).padStart(8, '0')}`;
  }

  /** A `char[16]` or `__data_loc char[]` field up to its NUL, as UTF-8. Text that points outside the record is ''. */
  text(name: string): string {
    const bytes = this.bytes(name);
    const end = bytes.indexOf(0);
    return bytes.toString('utf8', 0, end < 0 ? bytes.length : end);
  }

  /** The bytes of a field, located ones resolved; a view that is only good until `onEvent` returns. */
  bytes(name: string): Buffer {
    const field = this.format.field(name);
    const at = this.offset + field.offset;
    // A size of 0 is an open array at the end of the record (the text of a trace marker).
    const ownSize = field.size === 0 ? this.length - field.offset : field.size;
    if (field.locatedFrom === undefined) return this.page.subarray(at, at + ownSize);
    const where = this.page.readUInt32LE(at);
    const start = (where & 0xffff) + field.locatedFrom;
    const size = where >>> 16;
    if (start + size > this.length) return NO_PAGE;
    return this.page.subarray(this.offset + start, this.offset + start + size);
  }
}
