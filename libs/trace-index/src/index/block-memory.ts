import { BLOCK_BYTES } from '../query/trace-file-reader.js';

/** What is kept for later; more than that is left to the garbage collector. */
const MOST_KEPT = 64;

/**
 * Memory for blocks of lines, each of `BLOCK_BYTES`, that goes round: a decoding thread fills it, the answering thread
 * sends it and hands it back with one of the next tasks. A stream that gets new memory for every block spends a third of
 * its time on fresh pages and on the garbage collector.
 *
 * ```
 *   decoding thread                        answering thread
 *     take() ── fill ── result ───────────► lend ── bytes are sent ── giveBack(bytes)
 *       ▲                                                                   │
 *       └──────────────── with the next task ◄── BlockMemory.put ◄──────────┘
 * ```
 */
export class BlockMemory {
  readonly #free: ArrayBuffer[] = [];

  put(...memory: readonly ArrayBuffer[]): void {
    for (const one of memory) if (this.#free.length < MOST_KEPT) this.#free.push(one);
  }

  /** Memory with anything in it. */
  take(): ArrayBuffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES).buffer;
  }

  /** Up to `most` of what is there. */
  some(most: number): ArrayBuffer[] {
    return this.#free.splice(-most, most);
  }
}

const lent = new WeakMap<ArrayBufferLike, BlockMemory>();

/** Notes where memory shall go once it is given back. */
export function lend(memory: ArrayBuffer, owner: BlockMemory): void {
  lent.set(memory, owner);
}

/**
 * Says that nobody will read these bytes of a block any more, nor others of the same block. Bytes that come from
 * elsewhere, or again, are none of its business. Who never calls it leaves the memory to the garbage collector.
 */
export function giveBack({ buffer }: Uint8Array): void {
  const owner = lent.get(buffer);
  if (owner === undefined) return;
  lent.delete(buffer);
  owner.put(buffer as ArrayBuffer);
}
