import { BLOCK_BYTES, type EventBlock } from '../query/trace-file-reader.js';

const NEWLINE = 10;

/** Collects lines into blocks. Full blocks wait in `take` until they are fetched. */
export class BlockWriter {
  #buffer: Buffer | undefined;
  #length = 0;
  #events = 0;
  #full: EventBlock[] = [];

  /** Adds `bytes[start, end)` as a line. */
  add(bytes: Buffer, start: number, end: number, isEvent: boolean): void {
    const length = end - start + 1;
    if (this.#length + length > BLOCK_BYTES) this.#close();
    const buffer = (this.#buffer ??= Buffer.allocUnsafe(Math.max(BLOCK_BYTES, length)));
    bytes.copy(buffer, this.#length, start, end);
    this.#length += length;
    buffer[this.#length - 1] = NEWLINE;
    if (isEvent) this.#events++;
  }

  #close(): void {
    if (this.#buffer !== undefined && this.#length > 0) {
      this.#full.push({ bytes: this.#buffer.subarray(0, this.#length), events: this.#events });
    }
    this.#buffer = undefined;
    this.#length = 0;
    this.#events = 0;
  }

  /** The blocks that are full. */
  take(): EventBlock[] {
    const full = this.#full;
    this.#full = [];
    return full;
  }

  /** All that is left, the last block perhaps short. */
  finish(): EventBlock[] {
    this.#close();
    return this.take();
  }
}
