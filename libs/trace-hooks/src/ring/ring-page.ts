const HEADER_BYTES = 16;
const COMMIT_LENGTH_MASK = 0xfffff;
const STORED_COUNT_FLAG = 1 << 30;
const TWO_27 = 2 ** 27;
const TWO_32 = 2 ** 32;

/** Values of the 5-bit `type_len`; 1…28 are the length of a short record in words. */
const LENGTH_FOLLOWS = 0;
const PADDING = 29;
const TIME_EXTEND = 30;
const TIME_STAMP = 31;
/** Event id, flags and thread id: what every record begins with. */
const COMMON_WORDS = 2;

/**
 * Walks the records of one page of the kernel's ring buffer, in place: no object, string or BigInt per record.
 *
 * ```
 *  byte 0            8                16                         16+length
 *  ┌────────────────┬────────────────┬──────────────────────────┬─────────────────┬─────────┐
 *  │ u64 time (ns)  │ commit         │ entries                  │ u64 lost count? │ unused  │
 *  └────────────────┴──────┬─────────┴──────────────────────────┴─────────────────┴─────────┘
 *                          └ bits 0-19 length of the entries; bit 31: events were lost before this page;
 *                            bit 30: and their number stands behind the entries (else only the ring's statistics know)
 *
 *  an entry is words of 32 bits:   ┌ type_len 5 bits ┬ delta 27 bits ┐ …
 *    type_len 1…28   record of 4 × type_len bytes follows; time += delta
 *    type_len 0      next word: L, then a record of L - 4 bytes, padded to a word; time += delta
 *    29 padding      delta 0: nothing more on this page; else the next word says how many bytes to skip
 *    30 time extend  time += delta + (next word << 27)
 *    31 time stamp   time  = delta + (next word << 27), the top 5 bits of the 64 kept
 * ```
 * Times are nanoseconds since `baseNs`, computed from 32-bit halves: a double holds 104 days of them exactly.
 * Bytes that make no sense end the page and are counted in `malformed`; nothing outside the page is ever read.
 * The layout is the one of 64-bit little-endian kernels (x86-64, arm64); `readPageLayout` refuses others.
 */
export class PageCursor {
  /** Nanoseconds since the base, of the current record. */
  atNs = 0;
  /** Byte position of the current record in the memory given to the constructor. */
  recordAt = 0;
  recordBytes = 0;
  /** Events the kernel overwrote before this page. */
  lostBefore = 0;
  /** The kernel found no room to say how many were lost: `lostBefore` is 0 and the statistics must be asked. */
  lostUncounted = false;
  /** Places where a page was cut short because its bytes made no sense, since the cursor was made. */
  malformed = 0;
  #next = 0;
  #end = 0;
  #timeHigh = 0;
  readonly #baseHigh: number;
  readonly #baseLow: number;

  constructor(
    private readonly words: Uint32Array,
    baseNs: bigint,
  ) {
    this.#baseHigh = Number(baseNs >> 32n);
    this.#baseLow = Number(baseNs & 0xffffffffn);
  }

  /**
   * Goes to the page of `bytes` bytes at byte `at` (a multiple of 4), before its first record.
   * @param at where the page begins in the memory
   * @param bytes how much of it was read; less than the page says is taken as a cut page
   */
  open(at: number, bytes: number): void {
    const { words } = this;
    this.lostBefore = 0;
    this.lostUncounted = false;
    this.#next = this.#end = (at + HEADER_BYTES) >> 2;
    if (bytes < HEADER_BYTES) {
      this.malformed++;
      return;
    }
    this.#timeHigh = words[(at >> 2) + 1] ?? 0;
    this.atNs = this.timeOfPage(at);
    const commit = words[(at >> 2) + 2] ?? 0;
    const room = (bytes - HEADER_BYTES) & ~3;
    const length = commit & COMMIT_LENGTH_MASK;
    if (length > room) this.malformed++;
    this.#end += Math.min(length + 3, room) >> 2;
    if (commit >= 2 ** 31) this.#readLoss(commit, room - length);
  }

  /** Begin of the page at byte `at`, ns since the base: none of its events is older. */
  timeOfPage(at: number): number {
    const word = at >> 2;
    return ((this.words[word + 1] ?? 0) - this.#baseHigh) * TWO_32 + ((this.words[word] ?? 0) - this.#baseLow);
  }

  /** Events are missing between the page before and this one. */
  get hasLoss(): boolean {
    return this.lostUncounted || this.lostBefore > 0;
  }

  #readLoss(commit: number, roomBehind: number): void {
    if ((commit & STORED_COUNT_FLAG) === 0 || roomBehind < 8) {
      this.lostUncounted = true;
      return;
    }
    this.lostBefore = (this.words[this.#end] ?? 0) + (this.words[this.#end + 1] ?? 0) * TWO_32;
  }

  /** Goes to the next record. False at the end of the page; `atNs` and the record are then meaningless. */
  next(): boolean {
    while (this.#next < this.#end) {
      const at = this.#next;
      const header = this.words[at] ?? 0;
      const type = header & 31;
      if (type > LENGTH_FOLLOWS && type < PADDING) {
        this.atNs += header >>> 5;
        this.#next = at + 1 + type;
        if (type >= COMMON_WORDS && this.#next <= this.#end) {
          this.recordAt = (at + 1) << 2;
          this.recordBytes = type << 2;
          return true;
        }
        this.#giveUp();
      } else if (this.#nextOther(at, header, type)) return true;
    }
    return false;
  }

  /** Everything but a short record; true when it was a (long) record. */
  #nextOther(at: number, header: number, type: number): boolean {
    if (at + 1 >= this.#end) {
      // Padding to the end of the page may be a single word, anything else needs a second one.
      if (type !== PADDING || header >>> 5 !== 0) this.malformed++;
      this.#next = this.#end;
      return false;
    }
    const second = this.words[at + 1] ?? 0;
    if (type === LENGTH_FOLLOWS) return this.#nextLong(at, header >>> 5, second);
    if (type === PADDING) this.#skip(at, header >>> 5, second);
    else {
      this.#next = at + 2;
      if (type === TIME_EXTEND) this.atNs += (header >>> 5) + second * TWO_27;
      else if (type === TIME_STAMP) this.#stamp(header >>> 5, second);
    }
    return false;
  }

  #nextLong(at: number, delta: number, length: number): boolean {
    const end = at + 1 + Math.ceil(length / 4);
    if (length < 4 + 4 * COMMON_WORDS || end > this.#end) {
      this.#giveUp();
      return false;
    }
    this.atNs += delta;
    this.recordAt = (at + 2) << 2;
    this.recordBytes = length - 4;
    this.#next = end;
    return true;
  }

  /** A discarded record keeps its delta; the kernel turns a delta of 0 into 1, because 0 means "rest of the page". */
  #skip(at: number, delta: number, bytes: number): void {
    const next = at + 1 + Math.ceil(bytes / 4);
    if (delta === 0) this.#next = this.#end;
    else if (next > this.#end) this.#giveUp();
    else {
      if (delta !== 1) this.atNs += delta;
      this.#next = next;
    }
  }

  /** An absolute time of 59 bits; split into halves of 32 bits before any arithmetic, so that none is lost. */
  #stamp(low27: number, high: number): void {
    const timeHigh = (high >>> 5) + (this.#timeHigh & 0xf8000000);
    const timeLow = (((high & 31) << 27) | low27) >>> 0;
    this.atNs = ((timeHigh >>> 0) - this.#baseHigh) * TWO_32 + (timeLow - this.#baseLow);
  }

  #giveUp(): void {
    this.malformed++;
    this.#next = this.#end;
  }
}
