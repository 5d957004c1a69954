/**
 * A map that forgets its oldest entry when it is full. What begins and never ends (a thread that was killed while the
 * buffer overran, a socket of another host) must not fill the memory of the agent; how much was forgotten is a number.
 */
export class BoundedMap<Key, Value> {
  /** Entries forgotten because there was no room. */
  evicted = 0;
  readonly #entries = new Map<Key, Value>();
  readonly #capacity: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** A key that is set again keeps its age. */
  set(key: Key, value: Value): void {
    if (this.#entries.size >= this.#capacity && !this.#entries.has(key)) {
      for (const oldest of this.#entries.keys()) {
        this.#entries.delete(oldest);
        this.evicted += 1;
        break;
      }
    }
    this.#entries.set(key, value);
  }

  /** Removes and answers the entry. */
  take(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    this.#entries.delete(key);
    return value;
  }

  /** Oldest first. */
  entries(): IterableIterator<[Key, Value]> {
    return this.#entries.entries();
  }

  values(): IterableIterator<Value> {
    return this.#entries.values();
  }

  clear(): void {
    this.#entries.clear();
  }
}
