import { readvSync } from 'node:fs';
import { PageCursor } from './ring-page.js';

/** Pages asked for by one `readv`: enough to make the system call itself cheap. */
const BATCH_PAGES = 16;

/** Reads pages into the buffers, one page per buffer. 0 when there is nothing (any more). */
export type ReadPages = (buffers: readonly NodeJS.ArrayBufferView[]) => number;

/** Reads the ring of one CPU. The descriptor must be non-blocking: a blocked read would hold the whole thread. */
export function readFrom(fd: number): ReadPages {
  return (buffers) => {
    try {
      return readvSync(fd, buffers);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
      throw error;
    }
  };
}

/**
 * The pages of one CPU that have been read and not yet consumed, as a ring of page slots in one piece of memory.
 *
 * ```
 *     slots:  │ … │ page │ page │ page │ page │ free │ free │ …        readv fills up to 16 free ones at once
 *                   ↑ cursor (first)     ↑ last read
 * ```
 * Pages wait here because their events may only be released when no other CPU can still have older ones.
 */
export class RingCpu {
  /** Stands on the oldest event that is not consumed; `atNs` is Infinity when there is none in memory. */
  readonly cursor: PageCursor;
  readonly memory: Buffer;
  readonly words: Uint32Array;
  /** False when the kernel may have more than what was read last. */
  isDrained = true;
  /** Nothing that is still to be read is older than this. */
  readUpToNs = -Infinity;
  pagesRead = 0;
  readonly #views: readonly Buffer[][];
  readonly #bytes: Int32Array;
  #first = 0;
  #count = 0;
  #isOpen = false;

  /**
   * @param baseNs CLOCK_MONOTONIC at time 0 of the capture
   * @param slots pages kept in memory, at least 2
   */
  constructor(
    readonly cpu: number,
    private readonly read: ReadPages,
    baseNs: bigint,
    private readonly pageBytes: number,
    private readonly slots: number,
  ) {
    this.memory = Buffer.alloc(pageBytes * slots);
    this.words = new Uint32Array(this.memory.buffer, this.memory.byteOffset, (pageBytes * slots) >> 2);
    this.cursor = new PageCursor(this.words, baseNs);
    this.cursor.atNs = Infinity;
    this.#bytes = new Int32Array(slots);
    const pages = Array.from({ length: slots }, (_, slot) =>
      this.memory.subarray(slot * pageBytes, (slot + 1) * pageBytes),
    );
    this.#views = pages.map((_, slot) => pages.slice(slot, slot + BATCH_PAGES));
  }

  /** Reads until the ring is empty or the slots are full. Call when `cursor.atNs` may be Infinity to get an event. */
  fill(): void {
    let more = true;
    while (more && this.#count < this.slots) {
      const slot = (this.#first + this.#count) % this.slots;
      const room = Math.min(this.slots - this.#count, this.slots - slot, BATCH_PAGES);
      const views = this.#views[slot] ?? [];
      const bytes = this.read(room === views.length ? views : views.slice(0, room));
      this.#take(slot, bytes);
      more = bytes === room * this.pageBytes;
    }
    this.isDrained = !more;
    if (this.cursor.atNs === Infinity) this.advance();
  }

  #take(slot: number, bytes: number): void {
    const pages = Math.ceil(bytes / this.pageBytes);
    for (let page = 0; page < pages; page++) {
      this.#bytes[slot + page] = Math.min(bytes - page * this.pageBytes, this.pageBytes);
    }
    this.#count += pages;
    this.pagesRead += pages;
    if (pages > 0) this.readUpToNs = this.cursor.timeOfPage((slot + pages - 1) * this.pageBytes);
  }

  /** Goes to the next event; false when the last page that was read is used up. */
  advance(): boolean {
    return this.cursor.next() || this.#nextPage();
  }

  #nextPage(): boolean {
    do {
      if (this.#isOpen) {
        this.#isOpen = false;
        this.#first = (this.#first + 1) % this.slots;
        this.#count--;
      }
      if (this.#count === 0) {
        this.cursor.atNs = Infinity;
        return false;
      }
      this.cursor.open(this.#first * this.pageBytes, this.#bytes[this.#first] ?? 0);
      this.#isOpen = true;
      if (this.cursor.hasLoss) this.onLoss(this);
    } while (!this.cursor.next());
    return true;
  }

  /** Events were overwritten before the page that begins now: see `cursor.atNs`, `lostBefore` and `lostUncounted`. */
  onLoss: (cpu: RingCpu) => void = () => undefined;
}
