import { crc32 } from 'node:zlib';
import { errnoOf } from './errno.js';

/**
 * The sidecar of a trace file. Everything is little-endian; `docs/design/index-format.md` draws it.
 *
 * ```
 *   header (fixed) │ segments and windows, as they came │ sections
 * ```
 *
 * The header is written last, over a file that was written under another name: a file that begins with the magic is
 * whole, unless a disk has damaged it, and that is what the checksums are for.
 */
export const INDEX_MAGIC = Buffer.from('TRACEIDX', 'latin1');
/** Another version is not read but built anew. */
export const INDEX_VERSION = 6;

export const SECTIONS = ['facts', 'texts', 'classes', 'lanes', 'chunks', 'definitions', 'filters'] as const;
export type SectionName = (typeof SECTIONS)[number];

export interface Section {
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
}

/** magic 8 │ version u32 │ sections u32 │ sections × (offset f64, bytes f64, crc u32) │ crc u32 of all before */
export const HEADER_BYTES = 16 + SECTIONS.length * 20 + 4;

export function writeHeader(sections: Readonly<Record<SectionName, Section>>): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  INDEX_MAGIC.copy(header);
  header.writeUInt32LE(INDEX_VERSION, 8);
  header.writeUInt32LE(SECTIONS.length, 12);
  SECTIONS.forEach((name, i) => {
    const at = 16 + i * 20;
    header.writeDoubleLE(sections[name].offset, at);
    header.writeDoubleLE(sections[name].bytes, at + 8);
    header.writeUInt32LE(sections[name].crc, at + 16);
  });
  header.writeUInt32LE(crc32(header.subarray(0, HEADER_BYTES - 4)), HEADER_BYTES - 4);
  return header;
}

/** An index that cannot be used; the message says why. It is built anew. */
export class IndexUnusable extends Error {
  override readonly name = 'IndexUnusable';

  /** Whether there simply is none. */
  get isMissing(): boolean {
    return errnoOf(this.cause) === 'ENOENT';
  }
}

/** @throws IndexUnusable */
export function readHeader(header: Buffer, fileBytes: number): Record<SectionName, Section> {
  if (header.length < HEADER_BYTES || !header.subarray(0, 8).equals(INDEX_MAGIC)) throw new IndexUnusable('no index');
  const version = header.readUInt32LE(8);
  if (version !== INDEX_VERSION) throw new IndexUnusable(`version ${version}, expected ${INDEX_VERSION}`);
  if (crc32(header.subarray(0, HEADER_BYTES - 4)) !== header.readUInt32LE(HEADER_BYTES - 4)) {
    throw new IndexUnusable('the checksum of the header is wrong');
  }
  const entries = SECTIONS.map((name, i) => {
    const at = 16 + i * 20;
    const section = {
      offset: header.readDoubleLE(at),
      bytes: header.readDoubleLE(at + 8),
      crc: header.readUInt32LE(at + 16),
    };
    if (section.offset + section.bytes > fileBytes) throw new IndexUnusable('the file is cut');
    return [name, section] as const;
  });
  return Object.fromEntries(entries) as Record<SectionName, Section>;
}
