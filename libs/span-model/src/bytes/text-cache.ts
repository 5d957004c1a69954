import { ByteTable, FIRST_SEEN } from './byte-table.js';

const SLOTS = 4096;
const SLOT_BYTES = 64;

/**
 * UTF-8 bytes to strings, where the same short string comes back as the same object. Malformed UTF-8 becomes U+FFFD,
 * as everywhere in Node. Shared by all decoders of the process; its size is fixed.
 */
export class TextCache {
  readonly #table = new ByteTable(SLOTS, SLOT_BYTES);
  readonly #texts = new Array<string>(SLOTS).fill('');

  text(bytes: Buffer, view: DataView, start: number, end: number): string {
    const length = end - start;
    if (!this.#table.takes(length)) return shortOrLong(bytes, start, end);
    const slot = this.#table.find(view, start, length);
    if (slot >= 0) return this.#texts[slot] ?? '';
    if (slot === FIRST_SEEN) return bytes.toString('utf8', start, end);
    const ascii = this.#table.claim(bytes, ~slot, start, length);
    const text = bytes.toString(ascii ? 'latin1' : 'utf8', start, end);
    this.#texts[~slot] = text;
    return text;
  }
}

function shortOrLong(bytes: Buffer, start: number, end: number): string {
  if (end - start > 3) return bytes.toString('utf8', start, end);
  const first = bytes[start] ?? 0;
  const second = bytes[start + 1] ?? 0;
  const third = bytes[start + 2] ?? 0;
  if (end - start === 0) return '';
  if (end - start === 1 && first < 0x80) return String.fromCharCode(first);
  if (end - start === 2 && (first | second) < 0x80) return String.fromCharCode(first, second);
  if (end - start === 3 && (first | second | third) < 0x80) return String.fromCharCode(first, second, third);
  return bytes.toString('utf8', start, end);
}

/** Names, keys and other texts that are known to repeat. */
export const texts = new TextCache();

/** The body as a Buffer over the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Where to cut UTF-8 text of `bytes` so that at most `limit` bytes remain and no character is halved. */
export function cutAt(bytes: Uint8Array, start: number, limit: number): number {
  let end = start + limit;
  while (end > start && end > start + limit - 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return end;
}
