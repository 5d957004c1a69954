import { mkdir } from 'node:fs/promises';
import { reasonOf, TracerError, type Log } from '@tracer/base';
import type { ChunkExecutor } from '../index/chunk-executor.js';
import { markOf, sameMark } from '../index/file-mark.js';
import { IndexFile } from '../index/index-file.js';
import { IndexUnusable } from '../index/index-format.js';
import type { IndexLost } from '../index/index-lost.js';
import { indexPathOf } from '../index/index-path.js';
import { IndexedTraceFile } from '../index/indexed-trace-file.js';
import { openFile, type OpenFile } from '../plain/open-file.js';
import { PlainTraceFile } from '../plain/plain-trace-file.js';
import type { TraceFileReader } from '../query/trace-file-reader.js';
import { DecodePool } from './decode-pool.js';
import { IndexBuilders, type BuildWatch } from './index-builders.js';

/** Smaller files are quicker read than looked up: they get no index. */
export const SMALL_FILE_BYTES = 1024 * 1024;

export interface TraceIndexesOptions {
  /** Where indexes are kept; beside the trace files when absent. Made when it does not exist. */
  readonly indexDirectory?: string | undefined;
  /** Threads that decode. */
  readonly threads: number;
  /** Decoded text that is kept for the next queries, in all threads together. */
  readonly cacheBytes: number;
  readonly log: Log;
}

/** Who does the work; worker threads when not given. */
export interface TraceIndexesWorkers {
  readonly executor: ChunkExecutor;
  readonly builders: Pick<IndexBuilders, 'build' | 'close'>;
}

/**
 * Opens trace files with their indexes, building those that are missing, of another version, damaged, or about an
 * earlier state of the file. Small files, files with more distinct values than an index keeps, and files whose index
 * cannot be written are read without one.
 */
export class TraceIndexes {
  readonly #workers: TraceIndexesWorkers;
  /** By path: the inode of an index whose head is good and in which an answer has found damage. */
  readonly #damaged = new Map<string, bigint>();

  constructor(
    private readonly options: TraceIndexesOptions,
    workers?: TraceIndexesWorkers,
  ) {
    this.#workers = workers ?? {
      executor: new DecodePool({ threads: options.threads, cacheBytes: options.cacheBytes }),
      builders: new IndexBuilders(),
    };
  }

  /**
   * @param path absolute
   * @param watch is told how many bytes of the file have been read while its index is built
   * @throws TracerError NOT_FOUND or STORAGE_FAILED when the file cannot be read
   */
  async open(path: string, watch: BuildWatch): Promise<TraceFileReader> {
    const file = await openFile(path);
    try {
      if (file.identity.sizeBytes < SMALL_FILE_BYTES) return await PlainTraceFile.open(path, watch.signal);
      const indexPath = indexPathOf(path, this.options.indexDirectory);
      const index = this.#existing(indexPath, file) ?? (await this.#build(path, indexPath, watch));
      if (index === undefined) return await PlainTraceFile.open(path, watch.signal);
      const { sizeBytes, modifiedNs } = index.facts.mark;
      const identity = { sizeBytes, modifiedNs: BigInt(modifiedNs), inode: file.identity.inode };
      return new IndexedTraceFile(path, index, identity, this.#workers.executor, (error) => {
        this.#onLost(index, error);
      });
    } finally {
      await file.handle.close();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#workers.executor.close(), this.#workers.builders.close()]);
  }

  /** The next one who opens the file shall not get the same index again. */
  #onLost({ path, identity }: IndexFile, { loss, message }: IndexLost): void {
    if (loss === 'damaged') this.#damaged.set(path, identity.inode);
    this.options.log.warn({ index: path, reason: message }, 'an index cannot be read any more');
  }

  /** The index on disk, if it is about the file as it is now and not known to be damaged. */
  #existing(indexPath: string, { handle, identity }: OpenFile): IndexFile | undefined {
    try {
      const index = IndexFile.open(indexPath);
      if (this.#damaged.get(indexPath) === index.identity.inode) return undefined;
      if (sameMark(index.facts.mark, markOf(handle.fd, identity))) return index;
      this.options.log.info({ index: indexPath }, 'the trace file has changed: its index is built anew');
    } catch (error) {
      if (!(error instanceof IndexUnusable)) throw error;
      if (!error.isMissing) {
        this.options.log.warn({ index: indexPath, reason: error.message }, 'an index cannot be used and is built anew');
      }
    }
    return undefined;
  }

  /** `undefined` when the file has to be read without an index. */
  async #build(path: string, indexPath: string, { signal, onProgress }: BuildWatch): Promise<IndexFile | undefined> {
    const format = path.endsWith('.gz') ? 'gzip' : 'plain';
    try {
      if (this.options.indexDirectory !== undefined) await mkdir(this.options.indexDirectory, { recursive: true });
      const outcome = await this.#workers.builders.build(
        { tracePath: path, indexPath, format },
        { signal, onProgress },
      );
      if ('bytes' in outcome) {
        this.#damaged.delete(indexPath);
        return IndexFile.open(indexPath);
      }
      this.options.log.warn({ file: path, reason: outcome.unsuitable }, 'a trace file is not indexed');
    } catch (error) {
      if (signal.aborted || (error instanceof TracerError && error.code === 'NOT_FOUND')) throw error;
      this.options.log.warn({ file: path, reason: reasonOf(error) }, 'an index cannot be built');
    }
    return undefined;
  }
}
