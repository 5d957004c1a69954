import { reasonOf, TracerError } from '@tracer/base';
import { SMALL_FILE_BYTES, type TraceFileReader } from '@tracer/trace-index';
import type { ListedFile } from './trace-directory.js';

/**
 * - `waiting`: seen, not read yet; `indexing`: being read for the first time or again after a change;
 * - `ready`: can be asked; `unreadable`: could not be opened, see `problem`.
 */
export type FileState = 'waiting' | 'indexing' | 'ready' | 'unreadable';

export interface OpenedReader {
  readonly reader: TraceFileReader;
  /** Without the time it had to wait for its turn. */
  readonly tookMs: number;
}

/** Where readers come from, when it is their turn. */
export interface ReaderSource {
  /** `urgent` = a query waits for it. */
  open(file: ListedFile, urgent: boolean): Promise<OpenedReader>;
  /** A query has begun to wait for an opening that was not urgent. */
  hurry(path: string): void;
}

/** After this time a file that could not be opened is tried again, though it looks unchanged. */
const RETRY_MS = 5000;

/**
 * A file that grows all the time is not read anew all the time: as long as it has only grown, its last reader serves for
 * this many times as long as it took to open (questions), or is left alone for so long (nobody asks).
 */
const SERVE_FACTOR = 5;
const REST_FACTOR = 20;
const REST_MS = 1000;

/** A file of the catalogue: what the directory says about it, and the reader made of it. */
export class CatalogueFile {
  #reader: TraceFileReader | undefined;
  #readerOf: ListedFile | undefined;
  #openedAtMs = 0;
  #openTookMs = 0;
  /** Of the readers before this one. */
  #damagedBefore = 0;
  #opening: { readonly of: ListedFile; readonly reader: Promise<TraceFileReader> } | undefined;
  #failure: { readonly of: ListedFile; readonly error: TracerError; readonly atMs: number } | undefined;

  constructor(
    public listed: ListedFile,
    private readonly source: ReaderSource,
  ) {}

  get path(): string {
    return this.listed.path;
  }

  get isSmall(): boolean {
    return this.listed.sizeBytes > 0 && this.listed.sizeBytes < SMALL_FILE_BYTES;
  }

  get state(): FileState {
    if (this.usable) return 'ready';
    if (this.#opening) return 'indexing';
    return this.problem === undefined ? 'waiting' : 'unreadable';
  }

  /** Why it is unreadable. */
  get problem(): string | undefined {
    return this.#failure && sameFile(this.#failure.of, this.listed) ? this.#failure.error.message : undefined;
  }

  /** The reader, when it knows the file as it was last listed (or newer: the file may grow while it is opened). */
  get current(): TraceFileReader | undefined {
    const reader = this.#reader;
    if (reader === undefined || reader.indexLoss !== undefined) return undefined;
    return this.#readerOf === this.listed || sameFile(reader.facts.identity, this.listed) ? reader : undefined;
  }

  /** How many indexes of it were found damaged by answers, since it is known. */
  get damagedIndexes(): number {
    return this.#damagedBefore + (this.#reader?.indexLoss === 'damaged' ? 1 : 0);
  }

  /** What can be asked at once: the current reader, or the last one of a file that has only grown since. */
  get usable(): TraceFileReader | undefined {
    return this.current ?? (this.#hasOnlyGrown ? this.#reader : undefined);
  }

  /** Takes over what the directory shows now. */
  update(listed: ListedFile): void {
    if (!sameFile(listed, this.listed) || listed.realPath !== this.listed.realPath) this.listed = listed;
  }

  get #ageMs(): number {
    return performance.now() - this.#openedAtMs;
  }

  /** Whether what the last reader knows is still true of the beginning of the file. */
  get #hasOnlyGrown(): boolean {
    if (this.#reader?.indexLoss !== undefined) return false;
    const known = this.#reader?.facts.identity;
    return known?.inode === this.listed.inode && this.listed.sizeBytes > known.sizeBytes;
  }

  /** Whether opening it now could bring something new that is worth the work. */
  get isDue(): boolean {
    if (this.current !== undefined || this.#opening !== undefined) return false;
    if (this.#hasOnlyGrown && this.#ageMs < Math.max(REST_MS, this.#openTookMs * REST_FACTOR)) return false;
    return this.problem === undefined || Date.now() - (this.#failure?.atMs ?? 0) > RETRY_MS;
  }

  /**
   * The reader of the file as it was last listed.
   *
   * @throws TracerError why the file cannot be opened
   */
  async open(urgent: boolean): Promise<TraceFileReader> {
    // An opening that began before the file changed shows the older state: then it takes another one.
    if (this.#opening && !sameFile(this.#opening.of, this.listed)) await this.#opening.reader.catch(() => undefined);
    if (this.current) return this.current;
    if (this.#reader && this.#hasOnlyGrown && this.#ageMs < this.#openTookMs * SERVE_FACTOR) return this.#reader;
    if (this.#opening) {
      if (urgent) this.source.hurry(this.path);
      return this.#opening.reader;
    }
    if (this.problem !== undefined && this.#failure && !this.isDue) throw this.#failure.error;
    const of = this.listed;
    const reader = this.#open(of, urgent);
    this.#opening = { of, reader };
    return reader;
  }

  async #open(of: ListedFile, urgent: boolean): Promise<TraceFileReader> {
    try {
      const { reader, tookMs } = await this.source.open(of, urgent);
      this.#openedAtMs = performance.now();
      this.#openTookMs = tookMs;
      this.#damagedBefore = this.damagedIndexes;
      void this.#reader?.close();
      this.#reader = reader;
      this.#readerOf = of;
      this.#failure = undefined;
      return reader;
    } catch (error) {
      const known = error instanceof TracerError ? error : new TracerError('STORAGE_FAILED', reasonOf(error));
      this.#failure = { of, error: known, atMs: Date.now() };
      throw known;
    } finally {
      this.#opening = undefined;
    }
  }

  async close(): Promise<void> {
    await this.#reader?.close();
  }
}

type Identity = Pick<ListedFile, 'sizeBytes' | 'modifiedNs' | 'inode'>;

function sameFile(a: Identity, b: Identity): boolean {
  return a.sizeBytes === b.sizeBytes && a.modifiedNs === b.modifiedNs && a.inode === b.inode;
}
