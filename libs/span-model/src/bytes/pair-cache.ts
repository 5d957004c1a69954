import type { AttributeValue } from '../attributes.js';
import { ByteTable, FIRST_SEEN } from './byte-table.js';

const SLOTS = 4096;
const SLOT_BYTES = 96;

/**
 * Whole attributes by the bytes that encode them: one look-up gives key and value of the pairs that repeat from span to
 * span (`http.method` = `GET`). Only immutable values may be kept. A cache serves one wire format.
 */
export class PairCache {
  readonly #table = new ByteTable(SLOTS, SLOT_BYTES);
  readonly #keys = new Array<string>(SLOTS).fill('');
  readonly #hints = new Uint8Array(SLOTS);
  readonly #values = new Array<AttributeValue>(SLOTS).fill(undefined);

  takes(length: number): boolean {
    return this.#table.takes(length);
  }

  /** As `ByteTable.find`; with a slot that is not negative, `key` and `value` are there. */
  find(view: DataView, start: number, length: number): number {
    return this.#table.find(view, start, length);
  }

  key(slot: number): string {
    return this.#keys[slot] ?? '';
  }

  value(slot: number): AttributeValue {
    return this.#values[slot];
  }

  /** `keyHint` of the key. */
  hint(slot: number): number {
    return this.#hints[slot] ?? 0;
  }

  /**
   * Keeps a pair after `find` missed it, if it deserves it and its value cannot be changed by anyone. `bytes` must not have
   * changed since `find`.
   */
  keep(bytes: Uint8Array, missed: number, start: number, length: number, key: string, value: AttributeValue): void {
    if (missed === FIRST_SEEN || typeof value === 'object') return;
    this.#table.claim(bytes, ~missed, start, length);
    this.#keys[~missed] = key;
    this.#values[~missed] = value;
    this.#hints[~missed] = keyHint(key);
  }
}

/** A cheap hint, 0 to 31: keys with different hints differ. */
export function keyHint(key: string): number {
  const length = key.length;
  return (length * 5 + key.charCodeAt(length - 1) * 3 + key.charCodeAt(length >> 1)) & 31;
}
