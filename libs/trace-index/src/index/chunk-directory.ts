import { bitsOf, CHUNK_RECORD_BYTES, readChunkRecord, type ChunkFacts } from './chunk-record.js';

const DOUBLES = CHUNK_RECORD_BYTES / 8;
const WORDS = CHUNK_RECORD_BYTES / 4;

/** Places of `chunk-record.ts` that are looked at for every chunk of a query. */
const TS_MIN = 112 / 8;
const TS_MAX = 120 / 8;
const END_MAX = 128 / 8;
const DUR_MIN = 136 / 8;
const DUR_MAX = 144 / 8;
const PID_MIN = 152 / 8;
const PID_MAX = 160 / 8;
const TID_MIN = 168 / 8;
const TID_MAX = 176 / 8;
const ROWS = 88 / 4;
const METADATA = 96 / 4;
const CLASSES = 184 / 4;
const LANES = 216 / 4;
const SET_WORDS = 8;

export type Extreme = 'ts' | 'dur' | 'pid' | 'tid';
const SPANS: Readonly<Record<Extreme, readonly [least: number, most: number]>> = {
  ts: [TS_MIN, TS_MAX],
  dur: [DUR_MIN, DUR_MAX],
  pid: [PID_MIN, PID_MAX],
  tid: [TID_MIN, TID_MAX],
};

/** All chunk records of a file, as they are stored: a query looks at hundreds of them and reads few. */
export class ChunkDirectory {
  readonly #bytes: Buffer;
  readonly #doubles: Float64Array;
  readonly #words: Uint32Array;
  readonly count: number;

  /** @param bytes at offset 0 of their memory */
  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.count = bytes.length / CHUNK_RECORD_BYTES;
    this.#doubles = new Float64Array(bytes.buffer, bytes.byteOffset, this.count * DOUBLES);
    this.#words = new Uint32Array(bytes.buffer, bytes.byteOffset, this.count * WORDS);
  }

  rows(chunk: number): number {
    return this.#words[chunk * WORDS + ROWS] ?? 0;
  }

  metadata(chunk: number): number {
    return this.#words[chunk * WORDS + METADATA] ?? 0;
  }

  least(chunk: number, of: Extreme): number {
    return this.#doubles[chunk * DOUBLES + SPANS[of][0]] ?? NaN;
  }

  most(chunk: number, of: Extreme): number {
    return this.#doubles[chunk * DOUBLES + SPANS[of][1]] ?? NaN;
  }

  /** Largest ts + dur. */
  endMax(chunk: number): number {
    return this.#doubles[chunk * DOUBLES + END_MAX] ?? NaN;
  }

  /** Whether a class (or lane) of `wanted` may occur. Exact while ids are below 256. */
  mayHave(chunk: number, what: 'classes' | 'lanes', wanted: IdMask): boolean {
    const from = chunk * WORDS + (what === 'classes' ? CLASSES : LANES);
    for (let i = 0; i < SET_WORDS; i++) if (((this.#words[from + i] ?? 0) & (wanted.words[i] ?? 0)) !== 0) return true;
    return false;
  }

  /** The chunk's record, for who is going to read the chunk. */
  record(chunk: number): Buffer {
    return this.#bytes.subarray(chunk * CHUNK_RECORD_BYTES, (chunk + 1) * CHUNK_RECORD_BYTES);
  }

  facts(chunk: number): ChunkFacts {
    return readChunkRecord(this.#bytes, chunk * CHUNK_RECORD_BYTES);
  }
}

/**
 * Ids that a query wants, as bits to hold against an `IdSet`. An id from 256 on has two bits there, of which the mask
 * has one: enough to never miss it.
 */
export class IdMask {
  readonly words = new Uint32Array(SET_WORDS);

  /** @param wanted by id: 1 = wanted */
  constructor(wanted: Uint8Array) {
    const bytes = new Uint8Array(this.words.buffer);
    wanted.forEach((yes, id) => {
      if (yes === 0) return;
      const [bit = 0] = bitsOf(id);
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (1 << (bit & 7));
    });
  }
}
