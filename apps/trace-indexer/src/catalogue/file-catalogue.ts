import { isAbsolute, relative, sep } from 'node:path';
import { reasonOf, TracerError, type Log } from '@tracer/base';
import type { TraceFileReader } from '@tracer/trace-index';
import { CatalogueFile, type ReaderSource } from './catalogue-file.js';
import { directoryKey, isInside } from './directory-key.js';
import { DirectoryWatch } from './directory-watch.js';
import { Slots } from './slots.js';
import { findTrace, listTraces, type ListedFile, type Listing } from './trace-directory.js';

export interface CatalogueOptions {
  /** Absolute. */
  readonly root: string;
  /** Files that are opened at a time. */
  readonly openAtATime: number;
  readonly rescanMs: number;
  open(file: ListedFile, signal: AbortSignal): Promise<TraceFileReader>;
  readonly log: Log;
}

/** Changes come in bursts, and a look through a large directory takes a while: it shall not be all that is done. */
const SETTLE_MS = 50;
const REST_FACTOR = 20;

/**
 * All trace files of a directory and what is known of each. Kept up to date by watching, by looking through the
 * directory now and then, and before every question (unless that was done a moment ago). Every file is opened in the
 * background as soon as it is seen; a question waits for the files that it needs.
 */
export class FileCatalogue {
  readonly #files = new Map<string, CatalogueFile>();
  readonly #stopped = new AbortController();
  readonly #slots: Slots;
  readonly #watch: DirectoryWatch;
  #sorted: readonly CatalogueFile[] = [];
  #ignored: Listing['ignored'] = [];
  #scanning: Promise<void> | undefined;
  #scannedAtMs = -Infinity;
  #scanTookMs = 0;
  #problem: string | undefined = 'the directory has not been looked at yet';
  #firstRoundDone = false;
  /** Something has changed since the last look began. */
  #dirty = false;
  #soonTimer: NodeJS.Timeout | undefined;

  constructor(private readonly options: CatalogueOptions) {
    this.#slots = new Slots(options.openAtATime);
    this.#watch = new DirectoryWatch(() => {
      this.#soon();
    }, options.log);
  }

  /** Looks at the directory for the first time and goes on watching it. Does not wait for files to be opened. */
  async start(): Promise<void> {
    await this.#scan();
    const rescan = setInterval(() => void this.#scan(), this.options.rescanMs).unref();
    this.#stopped.signal.addEventListener('abort', () => {
      clearInterval(rescan);
    });
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new TracerError('NOT_READY', 'the service is stopping'));
    this.#watch.close();
    await Promise.all(this.#sorted.map((file) => file.close()));
  }

  /** Why the directory cannot be read, if so. */
  get problem(): string | undefined {
    return this.#problem;
  }

  get ignored(): Listing['ignored'] {
    return this.#ignored;
  }

  /** As they were last listed, sorted by path. */
  get known(): readonly CatalogueFile[] {
    return this.#sorted;
  }

  /** How many files of the first look are still to be opened; 0 from then on. */
  get stillIndexing(): number {
    if (this.#firstRoundDone) return 0;
    const left = this.#sorted.filter(({ state }) => state === 'waiting' || state === 'indexing').length;
    this.#firstRoundDone = left === 0 && this.#problem === undefined;
    return left;
  }

  /** All files, sorted by path, as the directory is now (or was a moment ago, when looking takes long). */
  async files(): Promise<readonly CatalogueFile[]> {
    const ageMs = performance.now() - this.#scannedAtMs;
    const fresh = this.#dirty ? this.#scanTookMs * 2 : Math.min(1000, this.#scanTookMs * REST_FACTOR);
    if (this.#scanning !== undefined || ageMs > fresh) await this.#scan();
    return this.#sorted;
  }

  /** The file of that key, as it is now; an absolute path below the directory is a key, too. */
  async file(name: string): Promise<CatalogueFile | undefined> {
    if (name.includes('\0')) return undefined;
    const key = isAbsolute(name) ? this.#keyOf(name) : name;
    const known = this.#files.get(key);
    const found = await findTrace(this.options.root, key).catch(() => undefined);
    if (known !== undefined && found !== undefined) known.update(found);
    // It appeared or went since the last look.
    else if (known !== undefined || found !== undefined) await this.#scan();
    // That look may have begun before it appeared.
    if (found !== undefined && !this.#files.has(key)) await this.#scan();
    return this.#files.get(key);
  }

  /**
   * The files of a directory, by a key as `directoryKey` reads it, below the trace directory or absolute; `undefined` when it
   * names a file.
   *
   * @throws TracerError NOT_FOUND when there are none
   */
  async directory(name: string): Promise<readonly CatalogueFile[] | undefined> {
    const named = directoryKey(name);
    if (named === undefined) return undefined;
    const directory = isAbsolute(name) ? this.#keyOf(named.directory) : named.directory;
    const inside = (await this.files()).filter(({ path }) => isInside(path, { ...named, directory }));
    if (inside.length === 0) throw new TracerError('NOT_FOUND', `No file in directory: ${name}`);
    return inside;
  }

  #keyOf(path: string): string {
    return relative(this.options.root, path).split(sep).join('/');
  }

  /** Looks again at once: a file was found to be another than the catalogue knew. */
  refresh(): Promise<void> {
    return this.#scan();
  }

  #scan(): Promise<void> {
    this.#scanning ??= this.#look().finally(() => {
      this.#scanning = undefined;
    });
    return this.#scanning;
  }

  async #look(): Promise<void> {
    const begun = performance.now();
    this.#dirty = false;
    try {
      this.#take(await listTraces(this.options.root));
      this.#problem = undefined;
    } catch (error) {
      this.#problem = `the trace directory cannot be read: ${reasonOf(error)}`;
      this.#take({ files: [], directories: [], ignored: [] });
    }
    this.#scannedAtMs = performance.now();
    this.#scanTookMs = this.#scannedAtMs - begun;
  }

  #take(listing: Listing): void {
    const { signal } = this.#stopped;
    if (signal.aborted) return;
    const present = new Set(listing.files.map(({ path }) => path));
    for (const [path, file] of this.#files) {
      if (present.has(path)) continue;
      void file.close();
      this.#files.delete(path);
    }
    for (const listed of listing.files) {
      const file = this.#files.get(listed.path);
      if (file) file.update(listed);
      else this.#files.set(listed.path, new CatalogueFile(listed, this.#source));
    }
    this.#sorted = listing.files.map(({ path }) => this.#files.get(path)).filter((file) => file !== undefined);
    this.#ignored = listing.ignored;
    this.#watch.follow(listing.directories);
    for (const file of this.#sorted) if (file.isDue) void this.#openInBackground(file);
  }

  readonly #source: ReaderSource = {
    open: (file, urgent) =>
      this.#slots.run(file.path, urgent, async () => {
        const { signal } = this.#stopped;
        signal.throwIfAborted();
        const begunMs = performance.now();
        const reader = await this.options.open(file, signal);
        return { reader, tookMs: performance.now() - begunMs };
      }),
    hurry: (path) => {
      this.#slots.hurry(path);
    },
  };

  async #openInBackground(file: CatalogueFile): Promise<void> {
    try {
      await file.open(false);
    } catch (error) {
      if (!this.#stopped.signal.aborted) {
        this.options.log.warn({ file: file.path, reason: reasonOf(error) }, 'a trace file cannot be read');
      }
    }
  }

  #soon(): void {
    this.#dirty = true;
    if (this.#soonTimer !== undefined) return;
    this.#soonTimer = setTimeout(
      () => {
        this.#soonTimer = undefined;
        if (!this.#stopped.signal.aborted) void this.#scan();
      },
      Math.max(SETTLE_MS, this.#scanTookMs * REST_FACTOR),
    ).unref();
  }
}
