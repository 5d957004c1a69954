import type { TraceKernels } from './trace-kernels.js';

/** What `inflate` returns; the negative ones are final. */
export const INFLATE = {
  outputFull: 0,
  inputEmpty: 1,
  streamEnd: 2,
  truncated: -1,
  badStored: -2,
  badHeader: -3,
  badType: -4,
  badCode: -5,
  badDistance: -6,
} as const;

export const INFLATE_MESSAGES: Readonly<Record<number, string>> = {
  [INFLATE.badStored]: 'the lengths of a stored block do not agree',
  [INFLATE.badHeader]: 'the code lengths of a block are no prefix code',
  [INFLATE.badType]: 'a block has the reserved type 3',
  [INFLATE.badCode]: 'a code stands for nothing',
  [INFLATE.badDistance]: 'a copy begins before the data',
};

/** Where the decoder stands inside the deflate stream. */
export const PHASE = { header: 0, stored: 1, codes: 2, ended: 3 } as const;

/** Fields of the state record in `assembly/inflate.ts`, as indexes of 32-bit words. */
const INPUT = 0;
const INPUT_END = 1;
const OUTPUT = 2;
const OUTPUT_END = 3;
const BIT_COUNT = 4;
const PHASE_FIELD = 5;
const LAST = 6;
const STORED_LEFT = 7;
const BITS = 8;
const BLOCK_BYTE = 10;
const BLOCK_BIT = 11;
const BLOCKS = 12;
const OLDEST = 13;
const FINAL = 14;
const MARK = 15;
const MARKED = 16;
const WORDS = 20;

/** The decoder's state record as named fields; addresses are pointers into the memory of the kernels. */
export class InflateState {
  readonly #kernels: TraceKernels;
  readonly #at: number;
  #words: Uint32Array;

  constructor(kernels: TraceKernels) {
    this.#kernels = kernels;
    this.#at = kernels.run.inflate_state();
    this.#words = kernels.u32(this.#at, WORDS);
  }

  /** A new deflate stream begins at `input`; distances reach back to `output` at most. */
  start(): void {
    const words = this.#live();
    words[BIT_COUNT] = words[BITS] = words[BITS + 1] = 0;
    words[PHASE_FIELD] = PHASE.header;
    words[BLOCKS] = 0;
    words[OLDEST] = words[OUTPUT] ?? 0;
  }

  /** Sets the next bit to read: bit `bit` of the byte at `address`. */
  seek(address: number, bit: number): void {
    const words = this.#live();
    words[INPUT] = bit === 0 ? address : address + 1;
    words[BIT_COUNT] = bit === 0 ? 0 : 8 - bit;
    words[BITS] = bit === 0 ? 0 : (this.#kernels.bytes[address] ?? 0) >> bit;
    words[BITS + 1] = 0;
  }

  setInput(address: number, end: number, final: boolean): void {
    const words = this.#live();
    words[INPUT] = address;
    words[INPUT_END] = end;
    words[FINAL] = final ? 1 : 0;
  }

  /** Enters the middle of a stored block. */
  enterStored(left: number, last: boolean): void {
    const words = this.#live();
    words[PHASE_FIELD] = PHASE.stored;
    words[STORED_LEFT] = left;
    words[LAST] = last ? 1 : 0;
  }

  get input(): number {
    return this.#live()[INPUT] ?? 0;
  }
  get inputEnd(): number {
    return this.#live()[INPUT_END] ?? 0;
  }
  get output(): number {
    return this.#live()[OUTPUT] ?? 0;
  }
  set output(address: number) {
    this.#live()[OUTPUT] = address;
  }
  set outputEnd(address: number) {
    this.#live()[OUTPUT_END] = address;
  }
  get oldest(): number {
    return this.#live()[OLDEST] ?? 0;
  }
  set oldest(address: number) {
    this.#live()[OLDEST] = address;
  }
  get bitCount(): number {
    return this.#live()[BIT_COUNT] ?? 0;
  }
  get phase(): number {
    return this.#live()[PHASE_FIELD] ?? 0;
  }
  get isLastBlock(): boolean {
    return this.#live()[LAST] === 1;
  }
  get storedLeft(): number {
    return this.#live()[STORED_LEFT] ?? 0;
  }
  get blockByte(): number {
    return this.#live()[BLOCK_BYTE] ?? 0;
  }
  get blockBit(): number {
    return this.#live()[BLOCK_BIT] ?? 0;
  }
  get blocks(): number {
    return this.#live()[BLOCKS] ?? 0;
  }
  get mark(): number {
    return this.#live()[MARK] ?? 0;
  }
  /** Begins (or with 0 ends) the list of copies that reach before `address`. */
  set mark(address: number) {
    const words = this.#live();
    words[MARK] = address;
    words[MARKED] = 0;
  }
  /** Moves the mark, if there is one, along with the data, keeping its list. */
  moveMark(delta: number): void {
    const words = this.#live();
    const mark = words[MARK] ?? 0;
    if (mark > 0) words[MARK] = Math.max(0, mark - delta);
  }
  /** Growing the memory detaches a view. */
  #live(): Uint32Array {
    if (this.#words.length === 0) this.#words = this.#kernels.u32(this.#at, WORDS);
    return this.#words;
  }
}
