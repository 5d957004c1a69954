import { Attributes, type AttributeValue } from './attributes.js';
import { keyHint } from './bytes/pair-cache.js';
import type { DecodeLimits, Losses } from './decode-limits.js';

/** From this many keys on, repeated ones are found by an index instead of by looking at each. */
const INDEX_FROM = 32;

/**
 * Gathers the attributes of one owner after another while decoding: keeps keys unique (the later value wins, as in
 * Zipkin's tags), stops at the limit, counts what it drops.
 */
export class AttributeCollector {
  /** Grows to the largest owner; each owner gets a copy of its exact size. */
  readonly #flat: AttributeValue[] = [];
  #length = 0;
  #seenBits = 0;
  #index: Map<string, number> | undefined;
  readonly #limit: number;
  readonly #losses: Losses;
  /** Attributes of the present owner that were beyond the limit. */
  dropped = 0;

  constructor(limits: DecodeLimits, losses: Losses) {
    this.#limit = limits.attributes * 2;
    this.#losses = losses;
  }

  add(key: string, value: AttributeValue, hint = keyHint(key)): void {
    const bit = 1 << hint;
    if ((this.#seenBits & bit) !== 0 && this.#replace(key, value)) return;
    const length = this.#length;
    if (length >= this.#limit) {
      this.dropped++;
      this.#losses.attributes++;
      return;
    }
    this.#seenBits |= bit;
    if (this.#index !== undefined) this.#index.set(key, length);
    this.#flat[length] = key;
    this.#flat[length + 1] = value;
    this.#length = length + 2;
  }

  /** The gathered attributes; read `dropped` before: the collector is empty again. */
  take(): Attributes {
    if (this.#length === 0) return Attributes.empty;
    const flat = this.#flat.slice(0, this.#length);
    this.start();
    return new Attributes(flat);
  }

  /** Forgets a half-read owner. */
  start(): void {
    this.#length = 0;
    this.#seenBits = 0;
    this.#index = undefined;
    this.dropped = 0;
  }

  #replace(key: string, value: AttributeValue): boolean {
    const place = this.#find(key);
    if (place < 0) return false;
    this.#flat[place + 1] = value;
    this.#losses.duplicateKeys++;
    return true;
  }

  #find(key: string): number {
    const flat = this.#flat;
    if (this.#length >= INDEX_FROM * 2) {
      this.#index ??= indexOf(flat, this.#length);
      return this.#index.get(key) ?? -1;
    }
    for (let i = 0; i < this.#length; i += 2) if (flat[i] === key) return i;
    return -1;
  }
}

function indexOf(flat: readonly AttributeValue[], length: number): Map<string, number> {
  const index = new Map<string, number>();
  for (let i = 0; i < length; i += 2) index.set(flat[i] as string, i);
  return index;
}
