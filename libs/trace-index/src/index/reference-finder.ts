import { HASH_REFERENCES, hashText, type HashKind } from '../query/trace-event.js';
import { valueAt, type TraceRecord } from '../query/trace-record.js';
import type { Reference } from './chunk-task.js';
import type { StoredHash } from './definition-section.js';

const KIND_OF_KEY = new Map<string, HashKind>(
  Object.entries(HASH_REFERENCES).flatMap(([kind, keys]) => keys.map((key) => [key, kind as HashKind] as const)),
);

/** The definitions of a file, and the way from kind and hash to a place among them. */
export class HashTable {
  readonly #places: ReadonlyMap<string, number>;

  constructor(readonly hashes: readonly StoredHash[]) {
    this.#places = new Map(hashes.map(({ kind, hash }, place) => [kind + hash, place]));
  }

  placeOf(kind: HashKind, hash: string): number | undefined {
    return this.#places.get(kind + hash);
  }
}

/** Finds, line by line, which event is the first to refer to each of some definitions that stand before it. */
export class ReferenceFinder {
  #table = new HashTable([]);
  /** By place: 1 = wanted. */
  #wanted = new Uint8Array(0);
  #left = 0;
  #found: Reference[] = [];

  /** Begins a search for these places of the table. */
  begin(wanted: Uint32Array, table: HashTable): void {
    this.#found = [];
    this.#table = table;
    this.#wanted = new Uint8Array(table.hashes.length);
    for (const place of wanted) this.#wanted[place] = 1;
    this.#left = wanted.length;
  }

  /** How many definitions are still looked for. */
  get left(): number {
    return this.#left;
  }

  /**
   * @param row of the file, where the record stands
   * @param event number of the event in the answer
   */
  look(record: TraceRecord, row: number, event: number): void {
    const due = new Map<string, number | undefined>();
    record.eachArg((key, start, end) => {
      const kind = KIND_OF_KEY.get(key);
      if (kind === undefined) return;
      const hash = hashText(valueAt(record.bytes, start, end));
      // The last value of a duplicate key counts.
      due.set(key, hash === undefined ? undefined : this.#table.placeOf(kind, hash));
    });
    // Several records before one event come in file order.
    const places = [...new Set(due.values())].filter((place) => place !== undefined).sort((a, b) => a - b);
    for (const definition of places) {
      if (this.#wanted[definition] !== 1 || (this.#table.hashes[definition]?.row ?? Infinity) > row) continue;
      this.#wanted[definition] = 0;
      this.#left--;
      this.#found.push({ event, definition });
    }
  }

  take(): Reference[] {
    const found = this.#found;
    this.#found = [];
    return found;
  }
}
