import type { Cut, TextPoint } from './text-pieces.js';

/**
 * What an index knows of a chunk without opening its segment, 256 bytes each:
 *
 * ```
 *    0 textOffset f64      8 firstLine f64     16 endLine f64       24 byte f64
 *   32 block f64          40 kind bit blockBit flags (u8 × 4)       44 sum u32
 *   48 zero u32           52 windowBytes u32   56 segment f64       64 segmentBytes u32   68 segmentCrc u32
 *   72 window f64         80 windowLength u32  84 windowCrc u32     88 rows u32           92 events u32
 *   96 metadata u32      100 durations u32    104 firstRow f64
 *  112 tsMin 120 tsMax 128 endMax 136 durMin 144 durMax 152 pidMin 160 pidMax 168 tidMin 176 tidMax   (f64)
 *  184 classes (32 bytes)                     216 lanes (32 bytes)
 *  248 hashBytes u32     252 zero u32
 * ```
 *
 * `block` is the header of the block for kind `codes`, the bytes left for kind `stored`. Extremes are over events,
 * `Infinity`/`-Infinity` when there is none. The bits of the hashes stand behind the segment, `hashBytes` of them.
 */
export const CHUNK_RECORD_BYTES = 256;

/** The byte 252 is zero so that a record can be told from padding; everything is little-endian. */
export interface ChunkFacts {
  readonly cut: Cut;
  /** Offsets in the text: of the first line that begins in the chunk, and behind the last one. */
  readonly firstLine: number;
  readonly endLine: number;
  /** `TextChecksum` of the lines, without one that is too long to be served. */
  readonly sum: number;
  /** Every line is a record and a newline, nothing else. */
  readonly tidy: boolean;
  readonly rows: number;
  /** Rows of the file before this chunk. */
  readonly firstRow: number;
  readonly events: number;
  readonly metadata: number;
  readonly durations: number;
  readonly tsMin: number;
  readonly tsMax: number;
  readonly endMax: number;
  readonly durMin: number;
  readonly durMax: number;
  readonly pidMin: number;
  readonly pidMax: number;
  readonly tidMin: number;
  readonly tidMax: number;
  readonly classes: IdSet;
  readonly lanes: IdSet;
  readonly segment: Blob;
  readonly hashBytes: number;
  readonly window: Blob;
}

/** A piece of the index file. */
export interface Blob {
  readonly offset: number;
  readonly bytes: number;
  readonly crc: number;
}

export const NO_BLOB: Blob = { offset: 0, bytes: 0, crc: 0 };

const KINDS = ['member', 'block', 'codes', 'stored', 'plain'] as const;
const TIDY = 1;
const LAST_BLOCK = 2;

export function writeChunkRecord(facts: ChunkFacts, into: Buffer, at: number): void {
  const { cut, segment, window } = facts;
  const { point } = cut;
  const doubles = [cut.textOffset, facts.firstLine, facts.endLine, point.byte, blockOf(point)];
  doubles.forEach((value, i) => into.writeDoubleLE(value, at + i * 8));
  into[at + 40] = KINDS.indexOf(point.kind);
  into[at + 41] = 'bit' in point ? point.bit : 0;
  into[at + 42] = point.kind === 'codes' ? point.block.bit : 0;
  into[at + 43] = (facts.tidy ? TIDY : 0) | (point.kind === 'stored' && point.last ? LAST_BLOCK : 0);
  into.writeUInt32LE(facts.sum, at + 44);
  into.writeUInt32LE(cut.windowBytes, at + 52);
  writeBlob(segment, into, at + 56);
  writeBlob(window, into, at + 72);
  const counts = [facts.rows, facts.events, facts.metadata, facts.durations];
  counts.forEach((value, i) => into.writeUInt32LE(value, at + 88 + i * 4));
  const { firstRow, tsMin, tsMax, endMax, durMin, durMax, pidMin, pidMax, tidMin, tidMax } = facts;
  const spans = [firstRow, tsMin, tsMax, endMax, durMin, durMax, pidMin, pidMax, tidMin, tidMax];
  spans.forEach((value, i) => into.writeDoubleLE(value, at + 104 + i * 8));
  into.set(facts.classes.bytes, at + 184);
  into.set(facts.lanes.bytes, at + 216);
  into.writeUInt32LE(facts.hashBytes, at + 248);
  into.writeUInt32LE(0, at + 252);
}

function blockOf(point: TextPoint): number {
  if (point.kind === 'codes') return point.block.byte;
  return point.kind === 'stored' ? point.left : 0;
}

export function writeBlob(blob: Blob, into: Buffer, at: number): void {
  into.writeDoubleLE(blob.offset, at);
  into.writeUInt32LE(blob.bytes, at + 8);
  into.writeUInt32LE(blob.crc, at + 12);
}

function readBlob(from: Buffer, at: number): Blob {
  return { offset: from.readDoubleLE(at), bytes: from.readUInt32LE(at + 8), crc: from.readUInt32LE(at + 12) };
}

/** As `readChunkRecord`, of a record that stands alone. */
export function chunkFactsOf(record: Uint8Array): ChunkFacts {
  return readChunkRecord(Buffer.from(record.buffer, record.byteOffset, record.byteLength), 0);
}

/** @throws RangeError when the bytes at `at` are no chunk record */
export function readChunkRecord(from: Buffer, at: number): ChunkFacts {
  const double = (offset: number): number => from.readDoubleLE(at + offset);
  const u32 = (offset: number): number => from.readUInt32LE(at + offset);
  return {
    cut: {
      textOffset: double(0),
      point: readPoint(from, at),
      windowBytes: u32(52),
    },
    firstLine: double(8),
    endLine: double(16),
    sum: u32(44),
    tidy: ((from[at + 43] ?? 0) & TIDY) !== 0,
    rows: u32(88),
    events: u32(92),
    metadata: u32(96),
    durations: u32(100),
    firstRow: double(104),
    tsMin: double(112),
    tsMax: double(120),
    endMax: double(128),
    durMin: double(136),
    durMax: double(144),
    pidMin: double(152),
    pidMax: double(160),
    tidMin: double(168),
    tidMax: double(176),
    classes: new IdSet(from.subarray(at + 184, at + 216)),
    lanes: new IdSet(from.subarray(at + 216, at + 248)),
    segment: readBlob(from, at + 56),
    window: readBlob(from, at + 72),
    hashBytes: u32(248),
  };
}

function readPoint(from: Buffer, at: number): TextPoint {
  const byte = from.readDoubleLE(at + 24);
  const block = from.readDoubleLE(at + 32);
  const [kind, bit = 0, blockBit = 0, flags = 0] = from.subarray(at + 40, at + 44);
  const name = KINDS[kind ?? KINDS.length];
  if (name === undefined) throw new RangeError('not a chunk record');
  switch (name) {
    case 'member':
      return { kind: 'member', byte };
    case 'block':
      return { kind: 'block', byte, bit };
    case 'codes':
      return { kind: 'codes', byte, bit, block: { byte: block, bit: blockBit } };
    case 'stored':
      return { kind: 'stored', byte, left: block, last: (flags & LAST_BLOCK) !== 0 };
    case 'plain':
      return { kind: 'plain', byte };
  }
}

/**
 * Ids in 256 bits: exact while all ids are below 256, a bloom filter with two bits per id beyond. Which of the two it is
 * follows from the id that is asked: a small id has its own bit in both, so it only may be set by others.
 */
export class IdSet {
  constructor(readonly bytes: Uint8Array = new Uint8Array(32)) {}

  add(id: number): void {
    for (const bit of bitsOf(id)) this.bytes[bit >> 3] = (this.bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
  }

  /** `false` is certain. */
  mayHave(id: number): boolean {
    return bitsOf(id).every((bit) => ((this.bytes[bit >> 3] ?? 0) & (1 << (bit & 7))) !== 0);
  }
}

/** The bits of an id, the first of which `IdMask` looks for. */
export function bitsOf(id: number): readonly number[] {
  if (id < 256) return [id];
  const hash = Math.imul(id, 0x9e3779b1) >>> 0;
  return [hash & 255, hash >>> 24];
}
