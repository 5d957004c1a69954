const SHORTEST = 4;

/** `find` answers this for bytes that it meets for the first time: they are not worth a slot yet. */
export const FIRST_SEEN = -0x10000;

/**
 * Finds short byte strings that were seen before. Spans repeat themselves: keys, methods, host names, whole attributes.
 * Comparing bytes is several times cheaper than making a string, and a shared string costs no memory.
 *
 *     slot = hash of all bytes
 *     doors    ┌────┬────┬────┐        16 more bits of the hash of what knocked last: only who knocks twice in a row
 *              │ab12│    │77f0│ …      gets the slot, so ids and other unique texts push nothing out
 *     lengths  ├────┼────┼────┤        one string a slot, the newer replaces the older:
 *              │ 11 │  0 │ 23 │ …      nothing is ever searched, memory never grows
 *     arena    ├────┴────┴────┴──
 *              │http.method…     │ slotBytes a slot
 *
 * A hit is an exact match of all bytes; the hash only chooses the slot. Strings of 4 to `slotBytes` bytes take part.
 */
export class ByteTable {
  readonly #arena: Uint8Array;
  readonly #view: DataView;
  readonly #lengths: Uint8Array;
  readonly #doors: Uint16Array;
  readonly #slotBytes: number;
  readonly #mask: number;

  /** `slots` is a power of two up to 65536, `slotBytes` at most 255. */
  constructor(slots: number, slotBytes: number) {
    this.#arena = new Uint8Array(slots * slotBytes);
    this.#view = new DataView(this.#arena.buffer);
    this.#lengths = new Uint8Array(slots);
    this.#doors = new Uint16Array(slots);
    this.#slotBytes = slotBytes;
    this.#mask = slots - 1;
  }

  takes(length: number): boolean {
    return length >= SHORTEST && length <= this.#slotBytes;
  }

  /**
   * The slot that holds these bytes; or `~slot` (negative) of the slot that they may `claim`; or FIRST_SEEN.
   * Asks for `takes(length)`.
   */
  find(view: DataView, start: number, length: number): number {
    const last = start + length - 4;
    const tail = view.getInt32(last, true);
    // Every byte counts: keys and addresses that differ in one place only are the rule.
    let hash = length;
    let other = tail;
    let from = start;
    for (; from < last - 4; from += 8) {
      hash = Math.imul(hash ^ view.getInt32(from, true), 0x9e3779b1);
      other = Math.imul(other ^ view.getInt32(from + 4, true), 0x85ebca6b);
    }
    if (from < last) hash = Math.imul(hash ^ view.getInt32(from, true), 0x9e3779b1);
    hash ^= Math.imul(other ^ (other >>> 15), 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash ^= hash >>> 13;
    const slot = hash & this.#mask;
    if (this.#lengths[slot] !== length) return this.#knock(slot, hash);
    const mine = this.#view;
    let at = slot * this.#slotBytes;
    if (mine.getInt32(at + length - 4, true) !== tail) return this.#knock(slot, hash);
    for (let i = start; i < last; i += 4, at += 4) {
      if (view.getInt32(i, true) !== mine.getInt32(at, true)) return this.#knock(slot, hash);
    }
    return slot;
  }

  /** Gives a slot (not the complement) to these bytes. True when all of them are ASCII. */
  claim(bytes: Uint8Array, slot: number, start: number, length: number): boolean {
    let all = 0;
    for (let i = 0, at = slot * this.#slotBytes; i < length; i++) {
      const byte = bytes[start + i] ?? 0;
      this.#arena[at + i] = byte;
      all |= byte;
    }
    this.#lengths[slot] = length;
    return all < 0x80;
  }

  #knock(slot: number, hash: number): number {
    const mark = hash >>> 16;
    if (this.#doors[slot] === mark) return ~slot;
    this.#doors[slot] = mark;
    return FIRST_SEEN;
  }
}
