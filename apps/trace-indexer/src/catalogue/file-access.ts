import { TracerError } from '@tracer/base';
import {
  boundFilter,
  needsDefinitions,
  type Definitions,
  type EventSink,
  type Filter,
  type TraceFileReader,
} from '@tracer/trace-index';
import type { CatalogueFile } from './catalogue-file.js';
import { directoryKey } from './directory-key.js';
import type { FileCatalogue } from './file-catalogue.js';

/** A file that can be asked now. */
export interface OpenTrace {
  readonly file: CatalogueFile;
  readonly reader: TraceFileReader;
}

/** How queries get at files: by key, in catalogue order, waiting or not. */
export class FileAccess {
  constructor(private readonly catalogue: FileCatalogue) {}

  /**
   * The files of these keys in catalogue order, each once; all files for no key. A key may name a directory: `DirectoryKey`.
   *
   * @throws TracerError NOT_FOUND for an unknown key, and for a directory without a file
   */
  async files(keys: readonly string[]): Promise<readonly CatalogueFile[]> {
    if (keys.length === 0) return this.catalogue.files();
    const wanted = new Set<CatalogueFile>();
    for (const key of keys)
      for (const file of (await this.catalogue.directory(key)) ?? [await this.file(key)]) wanted.add(file);
    return this.catalogue.known.filter((file) => wanted.has(file));
  }

  async file(key: string): Promise<CatalogueFile> {
    const file = await this.catalogue.file(key);
    if (file === undefined) throw new TracerError('NOT_FOUND', `File not found: ${key}`);
    return file;
  }

  /**
   * Opens one file after the other as they are asked for. A file that cannot be read, or that is gone meanwhile, is left
   * out when all files or those of a directory were asked for, and a failure when it was named.
   *
   * @throws TracerError NOT_FOUND; NOT_READY when `wait` is false and any of the files is still being indexed
   */
  async open(keys: readonly string[], wait: boolean): Promise<AsyncGenerator<OpenTrace, void, undefined>> {
    const files = await this.files(keys);
    if (!wait) requireReady(files);
    const isNamed = keys.some((key) => directoryKey(key) === undefined);
    return this.#readers(files, isNamed, wait);
  }

  /** All of these files at once, for what needs an overview; unreadable ones are left out. */
  async openAll(files: readonly CatalogueFile[], wait: boolean): Promise<OpenTrace[]> {
    if (!wait) requireReady(files);
    const opened = await Promise.all(files.map((file) => this.#open(file, false, wait)));
    return opened.filter((trace) => trace !== undefined);
  }

  /** Earliest start and latest end of all files, in which relative times begin; `undefined` without any time. */
  async bounds(wait: boolean): Promise<TimeBounds | undefined> {
    return boundsOf(await this.openAll(await this.catalogue.files(), wait));
  }

  /** The reader of a file that was found to have changed; `undefined` when it is gone. */
  async reopen(file: CatalogueFile): Promise<TraceFileReader | undefined> {
    await this.catalogue.refresh();
    const known = await this.catalogue.file(file.path);
    return known && (await this.#open(known, false, true))?.reader;
  }

  async *#readers(
    files: readonly CatalogueFile[],
    named: boolean,
    wait: boolean,
  ): AsyncGenerator<OpenTrace, void, undefined> {
    for (const file of files) {
      const trace = await this.#open(file, named, wait);
      if (trace) yield trace;
    }
  }

  async #open(file: CatalogueFile, named: boolean, wait: boolean): Promise<OpenTrace | undefined> {
    try {
      return { file, reader: (wait ? undefined : file.usable) ?? (await file.open(true)) };
    } catch (error) {
      if (!named) return undefined;
      if (error instanceof TracerError && error.code === 'NOT_FOUND') {
        throw new TracerError('NOT_FOUND', `File not found: ${file.path}`);
      }
      throw error;
    }
  }
}

function requireReady(files: readonly CatalogueFile[]): void {
  const missing = files.filter(({ state }) => state === 'waiting' || state === 'indexing');
  for (const file of missing) file.open(true).catch(() => undefined);
  if (missing.length > 0) {
    throw new TracerError('NOT_READY', `${missing.length} of ${files.length} files are still being indexed`);
  }
}

export interface TimeBounds {
  readonly minUs: number;
  readonly maxUs: number;
}

export function boundsOf(traces: readonly OpenTrace[]): TimeBounds | undefined {
  let [minUs, maxUs] = [Infinity, -Infinity];
  for (const { reader } of traces) {
    minUs = Math.min(minUs, reader.summary.minTsUs ?? Infinity);
    maxUs = Math.max(maxUs, reader.summary.maxEndUs ?? -Infinity);
  }
  return minUs === Infinity ? undefined : { minUs, maxUs };
}

/** Whether no event of a file can match the filter, by its time bounds alone. */
export function isOutside(reader: TraceFileReader, filter: Filter): boolean {
  const { minTsUs, maxEndUs, durations } = reader.summary;
  return filter.terms.some((term) => {
    if (term.kind !== 'time') return false;
    if (minTsUs === undefined || maxEndUs === undefined || minTsUs > term.maxUs) return true;
    // With a negative duration an event starts behind its end.
    return maxEndUs < term.minUs && durations.minUs >= 0;
  });
}

/** The filter in terms of a file: names of files and hosts stand behind hashes that differ from file to file. */
export async function filterFor(reader: TraceFileReader, filter: Filter, signal: AbortSignal): Promise<Filter> {
  return needsDefinitions(filter) ? boundFilter(filter, (await reader.definitions(signal)).hashes) : filter;
}

/** The tables of a file, when they are wanted. */
export function hashesOf(
  reader: TraceFileReader,
  wanted: boolean,
  signal: AbortSignal,
): Promise<Definitions['hashes'] | undefined> {
  return wanted ? reader.definitions(signal).then(({ hashes }) => hashes) : Promise.resolve(undefined);
}

/**
 * Feeds the matching events of all chosen files, in catalogue order.
 *
 * @param sinkFor the sink for the events of a file; most use one for all
 */
export async function feedFiles(
  access: FileAccess,
  { files, wait }: { readonly files: readonly string[]; readonly wait: boolean },
  filter: Filter,
  sinkFor: (trace: OpenTrace) => EventSink | Promise<EventSink>,
  signal: AbortSignal,
): Promise<void> {
  for await (const trace of await access.open(files, wait)) {
    if (isOutside(trace.reader, filter)) continue;
    const bound = await filterFor(trace.reader, filter, signal);
    await trace.reader.aggregate(bound, await sinkFor(trace), signal);
  }
}
