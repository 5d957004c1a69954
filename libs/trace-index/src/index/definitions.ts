import { hashText, isHashKind, type HashKind } from '../query/trace-event.js';
import type { LaneFact } from '../query/trace-file-reader.js';
import { DefinitionCollector } from '../plain/definition-collector.js';
import type { TraceRecord } from '../query/trace-record.js';
import { DictionaryOverflow } from '../kernels/dictionary.js';

/** The first record of the file that defines a hash. */
export interface HashRecord {
  readonly kind: HashKind;
  readonly hash: string;
  /** What it stands for; absent when the record does not say. */
  readonly text?: string;
  /** Row of the file. */
  readonly row: number;
  /** The record's line, without what is around it. */
  readonly line: Buffer;
}

const MOST_RECORDS = 1 << 19;
/** Of the records that define something new. */
const MOST_BYTES = 64 << 20;

/** Gathers what the metadata records of a file define, within bounds. */
export class DefinitionBuilder {
  readonly #hashes: Omit<HashRecord, 'text'>[] = [];
  readonly #collector = new DefinitionCollector();
  readonly #known = new Set<string>();
  #bytes = 0;

  /**
   * @param row the record's row in the file
   * @throws DictionaryOverflow when the file defines more than an index keeps
   */
  add(record: TraceRecord, row: number): void {
    const before = this.#hashes.length + this.lanes.length;
    this.#collector.add(record);
    this.#addHash(record, row);
    const records = this.#hashes.length + this.lanes.length;
    if (records === before) return;
    this.#bytes += record.end - record.start;
    if (records > MOST_RECORDS) throw new DictionaryOverflow('definitions', MOST_RECORDS);
    if (this.#bytes > MOST_BYTES) throw new DictionaryOverflow('bytes of definitions', MOST_BYTES);
  }

  get lanes(): readonly LaneFact[] {
    return this.#collector.definitions().lanes;
  }

  /** In file order. */
  hashes(): HashRecord[] {
    const { hashes } = this.#collector.definitions();
    return this.#hashes.map((record) => {
      const text = hashes[record.kind].get(record.hash);
      return { ...record, ...(text !== undefined && { text }) };
    });
  }

  #addHash(record: TraceRecord, row: number): void {
    const { name: kind } = record;
    const hash = isHashKind(kind) ? hashText(record.arg('value')) : undefined;
    if (hash === undefined || !isHashKind(kind)) return;
    if (this.#known.has(kind + hash)) return;
    this.#known.add(kind + hash);
    this.#hashes.push({ kind, hash, row, line: Buffer.from(record.bytes.subarray(record.start, record.end)) });
  }
}
