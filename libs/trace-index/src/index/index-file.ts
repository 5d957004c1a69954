import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { FileSource } from '../kernels/byte-source.js';
import type { FileIdentity } from '../query/file-facts.js';
import { ChunkDirectory } from './chunk-directory.js';
import { CHUNK_RECORD_BYTES } from './chunk-record.js';
import { decodeHashes, type StoredHash } from './definition-section.js';
import { decodeFilters, type FileFilters } from './file-filters.js';
import { identityOf } from './file-mark.js';
import { decodeClasses, decodeLanes, type TraceClass, type TraceLane } from './index-dictionaries.js';
import { decodeFacts, type IndexFacts } from './index-facts.js';
import { HEADER_BYTES, IndexUnusable, readHeader, type Section, type SectionName } from './index-format.js';
import { IndexLost } from './index-lost.js';

/**
 * A sidecar as it lies on disk. What every answer needs is read when it is opened and kept; chunks, definitions and
 * filters are read when they are asked for.
 */
export class IndexFile {
  #chunks: ChunkDirectory | undefined;

  private constructor(
    readonly path: string,
    /** Tells it from every other index that has been or will be under its name. */
    readonly identity: FileIdentity,
    private readonly sections: Readonly<Record<SectionName, Section>>,
    readonly facts: IndexFacts,
    readonly classes: readonly TraceClass[],
    readonly lanes: readonly TraceLane[],
  ) {}

  /** @throws IndexUnusable when it is missing, of another version, cut or damaged */
  static open(path: string): IndexFile {
    return withFile(path, (fd, identity) => {
      const source = new FileSource(fd);
      const header = Buffer.alloc(HEADER_BYTES);
      const sections = readHeader(header.subarray(0, source.read(header, 0)), identity.sizeBytes);
      const read = (name: SectionName): Buffer => readSection(source, sections[name], name);
      try {
        const classes = decodeClasses(read('classes'), read('texts'));
        const facts = decodeFacts(read('facts'));
        return new IndexFile(path, identity, sections, facts, classes, decodeLanes(read('lanes')));
      } catch (error) {
        if (error instanceof IndexUnusable) throw error;
        throw new IndexUnusable('a section cannot be decoded', { cause: error });
      }
    });
  }

  /**
   * The index that was opened before, by whoever hands its identity over.
   *
   * @throws IndexLost when it has been damaged, removed or replaced since then
   */
  static reopen(path: string, { inode }: FileIdentity): IndexFile {
    let index: IndexFile;
    try {
      index = IndexFile.open(path);
    } catch (error) {
      throw error instanceof IndexUnusable ? lost(error) : error;
    }
    if (index.identity.inode !== inode) throw replaced();
    return index;
  }

  /** @throws IndexLost when the index has been damaged, removed or replaced since it was opened */
  chunks(): ChunkDirectory {
    this.#chunks ??= new ChunkDirectory(this.#read('chunks'));
    return this.#chunks;
  }

  /** Gives the memory of the chunk directory back; it is read again when needed. */
  forgetChunks(): void {
    this.#chunks = undefined;
  }

  /** In file order. @throws IndexLost as `chunks` */
  hashes(): StoredHash[] {
    return decodeHashes(this.#read('definitions'));
  }

  /** @throws IndexLost as `chunks` */
  filters(): FileFilters {
    return decodeFilters(this.#read('filters'));
  }

  #read(name: SectionName): Buffer {
    try {
      return withFile(this.path, (fd, { inode }) => {
        if (inode !== this.identity.inode) throw replaced();
        return readSection(new FileSource(fd), this.sections[name], name);
      });
    } catch (error) {
      throw error instanceof IndexUnusable ? lost(error) : error;
    }
  }

  /** Size on disk. */
  get bytes(): number {
    return this.identity.sizeBytes;
  }

  get chunkCount(): number {
    return this.sections.chunks.bytes / CHUNK_RECORD_BYTES;
  }
}

function lost(cause: IndexUnusable): IndexLost {
  const loss = cause.isMissing ? 'gone' : 'damaged';
  return new IndexLost(loss, `the index cannot be read any more: ${cause.message}`, { cause });
}

function replaced(): IndexLost {
  return new IndexLost('gone', 'the index has been replaced by another one');
}

function withFile<T>(path: string, use: (fd: number, identity: FileIdentity) => T): T {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    throw new IndexUnusable('it cannot be opened', { cause: error });
  }
  try {
    if (!fstatSync(fd).isFile()) throw new IndexUnusable('not a regular file');
    return use(fd, identityOf(fd));
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
