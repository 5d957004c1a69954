import type { Filter } from '../query/filter.js';
import { HASH_REFERENCES, hashText, isHashKind } from '../query/trace-event.js';
import { TraceRecord } from '../query/trace-record.js';
import type { SelectOptions } from '../query/trace-file-reader.js';
import type { BlockWriter } from './block-writer.js';

/** A hash record that no answer line has needed yet. */
interface Pending {
  readonly order: number;
  readonly line: Buffer;
}

/** `fhash` → `FH`, and so on. */
const KIND_OF_KEY = new Map<string, string>(
  Object.entries(HASH_REFERENCES).flatMap(([kind, keys]) => keys.map((key) => [key, kind] as const)),
);

/** Decides line by line what a selection returns: the reference implementation of `TraceFileReader.select`. */
export class LineSelector {
  readonly #record = new TraceRecord();
  /** Kind and hash → the first record of it; `undefined` once it is sent. */
  readonly #hashes = new Map<string, Pending | undefined>();
  #events = 0;

  constructor(
    private readonly filter: Filter,
    private readonly options: SelectOptions,
    private readonly out: BlockWriter,
  ) {}

  /** `false` = the limit is reached. */
  line(bytes: Buffer, start: number, end: number): boolean {
    const record = this.#record;
    if (record.read(bytes, start, end) !== 'record') return true;
    if (record.isMetadata) {
      this.#metadata(record);
      return true;
    }
    if (!this.filter.matches(record)) return true;
    if (this.options.metadata === 'referenced' && this.#hashes.size > 0) this.#sendReferenced(record);
    this.out.add(record.bytes, record.start, record.end, true);
    return ++this.#events !== this.options.limit;
  }

  #metadata(record: TraceRecord): void {
    if (this.options.metadata === 'all') this.out.add(record.bytes, record.start, record.end, false);
    if (this.options.metadata !== 'referenced' || !isHashKind(record.name)) return;
    const hash = hashText(record.arg('value'));
    if (hash === undefined) return;
    const id = record.name + hash;
    if (this.#hashes.has(id)) return;
    const line = Buffer.from(record.bytes.subarray(record.start, record.end));
    this.#hashes.set(id, { order: this.#hashes.size, line });
  }

  #sendReferenced(record: TraceRecord): void {
    const due = new Map<string, Pending>();
    for (const key of referenceKeys(record)) {
      const hash = hashText(record.arg(key));
      const id = `${KIND_OF_KEY.get(key) ?? ''}${hash ?? ''}`;
      const pending = hash === undefined ? undefined : this.#hashes.get(id);
      if (pending !== undefined) due.set(id, pending);
    }
    for (const [id, { line }] of [...due].sort(([, a], [, b]) => a.order - b.order)) {
      this.out.add(line, 0, line.length, false);
      this.#hashes.set(id, undefined);
    }
  }
}

function referenceKeys(record: TraceRecord): string[] {
  const keys: string[] = [];
  record.eachArg((key) => {
    if (KIND_OF_KEY.has(key)) keys.push(key);
  });
  return keys;
}
