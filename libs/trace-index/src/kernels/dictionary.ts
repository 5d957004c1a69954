import type { TraceKernels } from './trace-kernels.js';

/** Fields of a dictionary's record in `assembly/dictionary.ts`, as indexes of 32-bit words. */
const SLOTS = 0;
const MASK = 1;
const ENTRIES = 2;
const CAPACITY = 3;
const COUNT = 4;
const ARENA = 5;
const ARENA_SIZE = 6;
const ARENA_USED = 7;
const WORDS = 8;

/** What a dictionary may grow to; a file that needs more is not indexed. */
export interface DictionaryLimits {
  readonly entries: number;
  /** Bytes of all texts together; 0 for a dictionary of numbers. */
  readonly textBytes: number;
}

/** A file has more distinct values than an index keeps. */
export class DictionaryOverflow extends Error {
  constructor(what: string, limit: number) {
    super(`more than ${limit} ${what}`);
    this.name = 'DictionaryOverflow';
  }
}

/**
 * One of the kernels' dictionaries. The kernels add to it; this side gives it memory and reads it. Ids count from 1.
 * Old areas are not given back when it grows: all of them together are as large as the last.
 */
export class Dictionary {
  constructor(
    private readonly kernels: TraceKernels,
    private readonly which: 0 | 1 | 2 | 3,
    private readonly what: string,
    private readonly entryBytes: 8 | 16,
    private readonly limits: DictionaryLimits,
  ) {}

  /** Empties it, in memory of `entries` entries and `textBytes` bytes of text. */
  reset(entries: number, textBytes: number): void {
    const record = this.#record();
    // Areas of an earlier file are used again.
    if ((record[CAPACITY] ?? 0) < entries) this.#giveEntries(entries);
    if ((record[ARENA_SIZE] ?? 0) < textBytes) this.#giveArena(textBytes);
    const live = this.#record();
    live[COUNT] = live[ARENA_USED] = 0;
    this.kernels.u32(live[SLOTS] ?? 0, (live[MASK] ?? 0) + 1).fill(0);
  }

  get count(): number {
    return this.#record()[COUNT] ?? 0;
  }

  /** Bytes of all texts. */
  get textBytes(): number {
    return this.#record()[ARENA_USED] ?? 0;
  }

  /** Whether the next chunk may find it too small. */
  get isNearlyFull(): boolean {
    const record = this.#record();
    const entriesFull = (record[COUNT] ?? 0) * 2 > (record[CAPACITY] ?? 0);
    return entriesFull || (record[ARENA_USED] ?? 0) * 2 > (record[ARENA_SIZE] ?? 0);
  }

  get isAtLimit(): boolean {
    const record = this.#record();
    return (record[CAPACITY] ?? 0) >= this.limits.entries || (record[ARENA_SIZE] ?? 0) > this.limits.textBytes;
  }

  /**
   * Doubles what is short.
   *
   * @param textBytes room that a text needs that did not fit
   * @throws DictionaryOverflow beyond the limits
   */
  grow(textBytes = 0): void {
    const [, , , capacity = 0, count = 0, , arenaSize = 0, arenaUsed = 0] = this.#record();
    const arenaShort = this.limits.textBytes > 0 && arenaUsed + textBytes > arenaSize / 2;
    if (count + 1 >= capacity || !arenaShort) {
      if (capacity >= this.limits.entries) throw new DictionaryOverflow(this.what, this.limits.entries);
      this.#giveEntries(capacity * 2);
    }
    if (!arenaShort) return;
    if (arenaSize > this.limits.textBytes) throw new DictionaryOverflow(`bytes of ${this.what}`, this.limits.textBytes);
    this.#giveArena(Math.max(arenaSize, arenaUsed + textBytes) * 2);
  }

  /** The bytes of a text; a view that the next growth may detach. */
  text(id: number): Buffer {
    const record = this.#record();
    const [offset = 0, length = 0] = this.kernels.u32((record[ENTRIES] ?? 0) + id * 8, 2);
    const at = (record[ARENA] ?? 0) + offset;
    return this.kernels.bytes.subarray(at, at + length);
  }

  /** The entries from 0 (none) on as 32-bit words: 4 for a class. */
  words(): Uint32Array {
    return this.kernels.u32(this.#record()[ENTRIES] ?? 0, ((this.count + 1) * this.entryBytes) / 4);
  }

  /** The entries from 0 (none) on as doubles: 2 for a lane. */
  doubles(): Float64Array {
    return this.kernels.f64(this.#record()[ENTRIES] ?? 0, ((this.count + 1) * this.entryBytes) / 8);
  }

  /** Entries there is memory for. */
  get capacity(): number {
    return this.#record()[CAPACITY] ?? 0;
  }

  #giveEntries(capacity: number): void {
    const { kernels } = this;
    const slots = capacity * 2;
    const slotsAt = kernels.allocate(slots * 4);
    const entriesAt = kernels.allocate(capacity * this.entryBytes);
    const record = this.#record();
    kernels.bytes.copyWithin(
      entriesAt,
      record[ENTRIES] ?? 0,
      (record[ENTRIES] ?? 0) + (record[CAPACITY] ?? 0) * this.entryBytes,
    );
    record[SLOTS] = slotsAt;
    record[MASK] = slots - 1;
    record[ENTRIES] = entriesAt;
    record[CAPACITY] = capacity;
    kernels.run.dictionary_rehash(this.which);
  }

  #giveArena(size: number): void {
    const arena = this.kernels.allocate(size);
    const record = this.#record();
    const from = record[ARENA] ?? 0;
    this.kernels.bytes.copyWithin(arena, from, from + (record[ARENA_USED] ?? 0));
    record[ARENA] = arena;
    record[ARENA_SIZE] = size;
  }

  #record(): Uint32Array {
    return this.kernels.u32(this.kernels.run.dictionary_record(this.which), WORDS);
  }
}
