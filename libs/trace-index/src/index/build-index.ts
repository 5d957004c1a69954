import { closeSync, constants, openSync } from 'node:fs';
import { reasonOf, TracerError } from '@tracer/base';
import { FileSource } from '../kernels/byte-source.js';
import { TraceKernels } from '../kernels/trace-kernels.js';
import type { FileFacts, FileIdentity } from '../query/file-facts.js';
import { errnoOf } from './errno.js';
import { ChunkTable } from './chunk-table.js';
import { identityOf, markOf } from './file-mark.js';
import { foldHashBits } from './hash-bits.js';
import { IndexAssembler } from './index-assembler.js';
import type { IndexFacts } from './index-facts.js';
import { RingPieces, stopPieceRing } from './piece-ring.js';
import { sectionsOf, type IndexContents } from './index-sections.js';
import { IndexWriter } from './index-writer.js';
import { CHUNK_BYTES, GzipPieces, PlainPieces, type TextEnd, type TextPieces } from './text-pieces.js';

export interface BuildOptions {
  readonly tracePath: string;
  readonly indexPath: string;
  readonly format: FileFacts['format'];
  /** Text between two checkpoints; smaller ones make a larger index and quicker answers of few lines. */
  readonly chunkBytes?: number | undefined;
  /** Told now and then how many bytes of the file have been read; may throw to call the build off. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
  /** A ring (`piece-ring.ts`) into which another thread inflates the file meanwhile; a gzip file only. */
  readonly ring?: SharedArrayBuffer | undefined;
}

export interface BuiltIndex {
  readonly facts: IndexFacts;
  /** Size of the index file. */
  readonly bytes: number;
}

/**
 * Reads a trace file once and writes its index, in memory that does not depend on the size of the file: a worker's job,
 * it blocks until it is done. A damaged file is read twice, because what stands before the damage is only known once the
 * damage is found.
 *
 * @throws TracerError NOT_FOUND when there is no such file; STORAGE_FAILED when it is no regular file, cannot be read, or
 *   the index cannot be written
 * @throws DictionaryOverflow when the file has more distinct values than an index keeps
 */
export function buildIndex(options: BuildOptions): BuiltIndex {
  try {
    return buildFrom(options);
  } catch (error) {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    const path = typeof error === 'object' && error !== null && 'path' in error ? error.path : undefined;
    if (code === 'ENOENT' && path === options.tracePath) {
      throw new TracerError('NOT_FOUND', 'the file is gone', { cause: error });
    }
    throw new TracerError('STORAGE_FAILED', `the file cannot be indexed: ${reasonOf(error)}`, { cause: error });
  }
}

function buildFrom(options: BuildOptions): BuiltIndex {
  const fd = openSync(options.tracePath, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const build = new IndexBuild(options, new FileSource(fd), identityOf(fd));
    const built = build.run(Infinity);
    return built ?? build.run(build.servedBytes) ?? unreachable();
  } finally {
    if (options.ring !== undefined) stopPieceRing(options.ring);
    closeSync(fd);
  }
}

function unreachable(): never {
  throw new RangeError('a damaged file was not served up to its damage');
}

class IndexBuild {
  /** How the text ended when nothing limited it. */
  #end: TextEnd | undefined;

  constructor(
    private readonly options: BuildOptions,
    private readonly source: FileSource,
    private readonly identity: FileIdentity,
  ) {}

  /** Text that may be served, once a run has found damage. */
  get servedBytes(): number {
    return this.#end?.verifiedBytes ?? 0;
  }

  /** Builds from the first `limitBytes` of the text; `undefined` when they turn out to be damaged. */
  run(limitBytes: number): BuiltIndex | undefined {
    const writer = new IndexWriter(this.options.indexPath);
    const mark = markOf(this.source.fd, this.identity);
    try {
      const contents = this.#read(writer, limitBytes);
      if (contents.end.problem?.kind === 'damaged' && limitBytes === Infinity) return undefined;
      const { facts, sections } = sectionsOf(contents, mark, this.options.format);
      return { facts, bytes: writer.commit(sections) };
    } finally {
      writer.abandon();
    }
  }

  /** One pass over the text: the chunks go into `writer`, the rest is returned. */
  #read(writer: IndexWriter, limitBytes: number): IndexContents {
    const { onProgress, format } = this.options;
    const kernels = new TraceKernels();
    const chunks = new ChunkTable();
    const assembler = new IndexAssembler(kernels, {
      window: (packed) => {
        chunks.addWindow(writer.append(packed));
      },
      chunk: (chunk) => {
        const hashBits = foldHashBits(chunk.hashBits);
        const segment = writer.append(Buffer.concat([chunk.segment, hashBits]));
        chunks.addChunk(chunk, segment, hashBits.length, assembler.scanner.lanes.doubles());
      },
    });
    const pieces = this.#pieces(limitBytes);
    for (let piece = pieces.next(); piece !== undefined; piece = pieces.next()) {
      assembler.push(piece);
      onProgress?.(pieces.position);
    }
    // What stopped the first run is still what is wrong with the file.
    this.#end ??= pieces.end;
    const end = { ...this.#end, textBytes: pieces.end.textBytes };
    return { assembler, chunks, end, text: assembler.finish(end, format) };
  }

  #pieces(limitBytes: number): TextPieces {
    const { format, ring, chunkBytes = CHUNK_BYTES } = this.options;
    const extent = { sizeBytes: this.identity.sizeBytes, limitBytes, chunkBytes };
    if (limitBytes === 0) return NO_PIECES;
    if (format === 'plain') return new PlainPieces(this.source, extent);
    // The other thread knows of no damage: it inflates the whole file.
    if (ring !== undefined && limitBytes === Infinity) return new RingPieces(ring, this.identity);
    // Memory of its own: pieces are views of it, which growing dictionaries must not detach.
    return new GzipPieces(new TraceKernels(), this.source, extent);
  }
}

const NO_PIECES: TextPieces = {
  position: 0,
  end: { members: 0, textBytes: 0, verifiedBytes: 0, garbageBytes: 0 },
  next: () => undefined,
};
