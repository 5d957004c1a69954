import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { TracerError } from '@tracer/base';
import { FileSource } from '../kernels/byte-source.js';
import { sameOrGrown } from '../plain/open-file.js';
import type { FileIdentity } from '../query/file-facts.js';
import type { Blob } from './chunk-record.js';
import { errnoOf } from './errno.js';
import { identityOf } from './file-mark.js';
import { IndexFile } from './index-file.js';
import { IndexLost } from './index-lost.js';
import type { QueryPlan } from './query-plan.js';
import { HashTable } from './reference-finder.js';

/** A trace file and its index, open for reading. */
export class OpenTrace {
  readonly trace: FileSource;
  readonly #index: FileSource;
  readonly #indexPath: string;
  readonly #indexIdentity: FileIdentity;
  #hashes: HashTable | undefined;

  /**
   * @throws TracerError STORAGE_FAILED when the trace is not the file the plan is about, or one of them cannot be opened
   * @throws IndexLost when there is no index any more, or another one than the plan is made from
   */
  constructor(plan: Pick<QueryPlan, 'tracePath' | 'indexPath' | 'identity' | 'indexIdentity'>) {
    const trace = open(plan.tracePath);
    this.trace = new FileSource(trace);
    this.#indexPath = plan.indexPath;
    this.#indexIdentity = plan.indexIdentity;
    try {
      this.check(plan.identity);
      this.#index = new FileSource(openIndex(plan.indexPath, plan.indexIdentity));
    } catch (error) {
      closeSync(trace);
      throw error;
    }
  }

  /** @throws IndexLost when the index does not hold the blob any more */
  blob({ offset, bytes, crc }: Blob): Buffer {
    const blob = Buffer.allocUnsafe(bytes);
    if (this.#index.read(blob, offset) < bytes || crc32(blob) !== crc) {
      throw new IndexLost('damaged', 'the index is damaged');
    }
    return blob;
  }

  /** @throws TracerError STORAGE_FAILED when the open file has been rewritten since it was indexed */
  check(known: FileIdentity): void {
    if (sameOrGrown(known, identityOf(this.trace.fd))) return;
    throw new TracerError('STORAGE_FAILED', 'the file was changed while it was read');
  }

  /** The definitions of the index. @throws IndexLost when they cannot be read any more */
  get hashes(): HashTable {
    this.#hashes ??= new HashTable(IndexFile.reopen(this.#indexPath, this.#indexIdentity).hashes());
    return this.#hashes;
  }

  close(): void {
    closeSync(this.trace.fd);
    closeSync(this.#index.fd);
  }
}

function openIndex(path: string, { inode }: FileIdentity): number {
  let fd: number;
  try {
    fd = open(path);
  } catch (error) {
    if (!(error instanceof TracerError) || errnoOf(error.cause) !== 'ENOENT') throw error;
    throw new IndexLost('gone', 'the index has been removed', { cause: error });
  }
  // One that was written over in place is found by its checksums.
  if (fstatSync(fd, { bigint: true }).ino === inode) return fd;
  closeSync(fd);
  throw new IndexLost('gone', 'the index has been replaced by another one');
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new TracerError('STORAGE_FAILED', 'the trace file or its index cannot be opened', { cause: error });
  }
}
