import { closeSync, constants, openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { TracerError } from '@tracer/base';
import { FileSource } from '../kernels/byte-source.js';
import { sameOrGrown } from '../plain/open-file.js';
import type { FileIdentity } from '../query/file-facts.js';
import type { Blob } from './chunk-record.js';
import { identityOf } from './file-mark.js';
import { IndexFile } from './index-file.js';
import type { QueryPlan } from './query-plan.js';
import { HashTable } from './reference-finder.js';

/** A trace file and its index, open for reading. */
export class OpenTrace {
  readonly trace: FileSource;
  readonly #index: FileSource;
  readonly #indexPath: string;
  #hashes: HashTable | undefined;

  /** @throws TracerError STORAGE_FAILED when the trace is not the file the plan is about, or one of them cannot be opened */
  constructor(plan: Pick<QueryPlan, 'tracePath' | 'indexPath' | 'identity'>) {
    const trace = open(plan.tracePath);
    this.trace = new FileSource(trace);
    this.#indexPath = plan.indexPath;
    try {
      this.check(plan.identity);
      this.#index = new FileSource(open(plan.indexPath));
    } catch (error) {
      closeSync(trace);
      throw error;
    }
  }

  /** @throws TracerError STORAGE_FAILED when the index does not hold the blob any more */
  blob({ offset, bytes, crc }: Blob): Buffer {
    const blob = Buffer.allocUnsafe(bytes);
    if (this.#index.read(blob, offset) < bytes || crc32(blob) !== crc) {
      throw new TracerError('STORAGE_FAILED', 'the index is damaged');
    }
    return blob;
  }

  /** @throws TracerError STORAGE_FAILED when the open file has been rewritten since it was indexed */
  check(known: FileIdentity): void {
    if (sameOrGrown(known, identityOf(this.trace.fd))) return;
    throw new TracerError('STORAGE_FAILED', 'the file was changed while it was read');
  }

  /** The definitions of the index. */
  get hashes(): HashTable {
    this.#hashes ??= new HashTable(IndexFile.open(this.#indexPath).hashes());
    return this.#hashes;
  }

  close(): void {
    closeSync(this.trace.fd);
    closeSync(this.#index.fd);
  }
}

function open(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new TracerError('STORAGE_FAILED', 'the trace file or its index cannot be opened', { cause: error });
  }
}
