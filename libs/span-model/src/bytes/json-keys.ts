/** `match` answers this for a key that the table does not list. */
export const UNKNOWN_KEY = -1;

/**
 * The keys of one kind of JSON object, recognised from their bytes without making a string.
 *
 * Senders write members in one order, so first the key that followed the previous one last time is compared: `expected`.
 * Else length, first and last byte choose one candidate (the constructor looks for a factor under which no two keys
 * collide), which is compared: `match`.
 */
export class JsonKeys {
  readonly #names: readonly Buffer[];
  readonly #candidates = new Int8Array(256).fill(UNKNOWN_KEY);
  readonly #byText: ReadonlyMap<string, number>;
  /** Index of the key that came after each key last time. */
  readonly #followers: Int8Array;
  #factor = 0;
  #previous = 0;

  constructor(...names: readonly string[]) {
    this.#names = names.map((name) => Buffer.from(`${name}"`));
    this.#byText = new Map(names.map((name, index) => [name, index]));
    this.#followers = Int8Array.from(names, (_, index) => (index + 1) % names.length);
    while (!this.#fill()) this.#factor++;
  }

  /** Index of the expected key if it lies at `start` (behind the opening quote), with its closing quote; else -1. */
  expected(bytes: Uint8Array, start: number): number {
    const guess = this.#followers[this.#previous] ?? 0;
    const name = this.#names[guess];
    if (name === undefined) return UNKNOWN_KEY;
    for (let i = 0; i < name.length; i++) if (name[i] !== bytes[start + i]) return UNKNOWN_KEY;
    this.#previous = guess;
    return guess;
  }

  /** Bytes of the key at an index, without its quotes. */
  lengthOf(index: number): number {
    return (this.#names[index]?.length ?? 1) - 1;
  }

  /** Index of the key whose bytes lie there, or UNKNOWN_KEY. */
  match(bytes: Uint8Array, start: number, end: number): number {
    const candidate = this.#candidates[this.#slot(bytes, start, end)] ?? UNKNOWN_KEY;
    if (candidate < 0) return UNKNOWN_KEY;
    const name = this.#names[candidate];
    if (name?.length !== end - start + 1) return UNKNOWN_KEY;
    for (let i = start; i < end; i++) if (name[i - start] !== bytes[i]) return UNKNOWN_KEY;
    this.#followers[this.#previous] = candidate;
    this.#previous = candidate;
    return candidate;
  }

  /** The same for a key that had to be unescaped. */
  matchText(text: string): number {
    return this.#byText.get(text) ?? UNKNOWN_KEY;
  }

  nameOf(index: number): string {
    return this.#names[index]?.toString('utf8', 0, this.lengthOf(index)) ?? '?';
  }

  #slot(bytes: Uint8Array, start: number, end: number): number {
    const first = bytes[start] ?? 0;
    const last = bytes[end - 1] ?? 0;
    return (first * this.#factor + last + (end - start) * 17) & 255;
  }

  #fill(): boolean {
    this.#candidates.fill(UNKNOWN_KEY);
    return this.#names.every((name, index) => {
      const slot = this.#slot(name, 0, name.length - 1);
      if (this.#candidates[slot] !== UNKNOWN_KEY) return false;
      this.#candidates[slot] = index;
      return true;
    });
  }
}
