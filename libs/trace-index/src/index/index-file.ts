import { closeSync, fstatSync, openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { TracerError } from '@tracer/base';
import { FileSource } from '../kernels/byte-source.js';
import { ChunkDirectory } from './chunk-directory.js';
import { CHUNK_RECORD_BYTES } from './chunk-record.js';
import { decodeHashes, type StoredHash } from './definition-section.js';
import { decodeFilters, type FileFilters } from './file-filters.js';
import { decodeClasses, decodeLanes, type TraceClass, type TraceLane } from './index-dictionaries.js';
import { decodeFacts, type IndexFacts } from './index-facts.js';
import { HEADER_BYTES, IndexUnusable, readHeader, type Section, type SectionName } from './index-format.js';

/**
 * A sidecar as it lies on disk. What every answer needs is read when it is opened and kept; chunks, definitions and
 * filters are read when they are asked for.
 */
export class IndexFile {
  #chunks: ChunkDirectory | undefined;

  private constructor(
    readonly path: string,
    readonly bytes: number,
    private readonly sections: Readonly<Record<SectionName, Section>>,
    readonly facts: IndexFacts,
    readonly classes: readonly TraceClass[],
    readonly lanes: readonly TraceLane[],
  ) {}

  /** @throws IndexUnusable when it is missing, of another version, cut or damaged */
  static open(path: string): IndexFile {
    return withFile(path, (fd, bytes) => {
      const source = new FileSource(fd);
      const header = Buffer.alloc(HEADER_BYTES);
      const sections = readHeader(header.subarray(0, source.read(header, 0)), bytes);
      const read = (name: SectionName): Buffer => readSection(source, sections[name], name);
      try {
        const classes = decodeClasses(read('classes'), read('texts'));
        return new IndexFile(path, bytes, sections, decodeFacts(read('facts')), classes, decodeLanes(read('lanes')));
      } catch (error) {
        if (error instanceof IndexUnusable) throw error;
        throw new IndexUnusable('a section cannot be decoded', { cause: error });
      }
    });
  }

  /** @throws TracerError STORAGE_FAILED when the index has been damaged or removed since it was opened */
  chunks(): ChunkDirectory {
    this.#chunks ??= new ChunkDirectory(this.#read('chunks'));
    return this.#chunks;
  }

  /** Gives the memory of the chunk directory back; it is read again when needed. */
  forgetChunks(): void {
    this.#chunks = undefined;
  }

  /** In file order. @throws TracerError as `chunks` */
  hashes(): StoredHash[] {
    return decodeHashes(this.#read('definitions'));
  }

  /** @throws TracerError as `chunks` */
  filters(): FileFilters {
    return decodeFilters(this.#read('filters'));
  }

  #read(name: SectionName): Buffer {
    try {
      return withFile(this.path, (fd) => readSection(new FileSource(fd), this.sections[name], name));
    } catch (error) {
      if (!(error instanceof IndexUnusable)) throw error;
      throw new TracerError('STORAGE_FAILED', `the index cannot be read any more: ${error.message}`, { cause: error });
    }
  }

  get chunkCount(): number {
    return this.sections.chunks.bytes / CHUNK_RECORD_BYTES;
  }
}

function withFile<T>(path: string, use: (fd: number, bytes: number) => T): T {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw new IndexUnusable('it cannot be opened', { cause: error });
  }
  try {
    return use(fd, fstatSync(fd).size);
  } finally {
    closeSync(fd);
  }
}

function readSection(source: FileSource, section: Section, name: SectionName): Buffer {
  const bytes = Buffer.allocUnsafeSlow(section.bytes);
  if (source.read(bytes, section.offset) < section.bytes) throw new IndexUnusable(`section ${name} is cut`);
  if (crc32(bytes) !== section.crc) throw new IndexUnusable(`the checksum of section ${name} is wrong`);
  return bytes;
}
