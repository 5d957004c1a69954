import {
  CHUNK_RECORD_BYTES,
  IdSet,
  NO_BLOB,
  writeBlob,
  writeChunkRecord,
  type Blob,
  type ChunkFacts,
} from './chunk-record.js';
import type { AssembledChunk } from './index-assembler.js';

const WINDOW_BYTES_AT = 52;
const WINDOW_AT = 72;

/** The chunk records of an index that is being built. */
export class ChunkTable {
  #records = Buffer.alloc(64 * CHUNK_RECORD_BYTES);
  #windows: Blob[] = [];
  count = 0;

  /** Windows come in the order of the cuts that need one. */
  addWindow(window: Blob): void {
    this.#windows.push(window);
  }

  /** @param lanes (pid, tid) by lane id */
  addChunk(chunk: AssembledChunk, segment: Blob, hashBytes: number, lanes: Float64Array): void {
    const at = this.count * CHUNK_RECORD_BYTES;
    if (at === this.#records.length) this.#records = Buffer.concat([this.#records, Buffer.alloc(at)]);
    const { cut, firstLine, endLine, sum, tidy, rows, firstRow, metadata, extremes } = chunk;
    const facts: ChunkFacts = {
      ...{ cut, firstLine, endLine, sum, tidy, rows, firstRow, metadata, segment, hashBytes },
      ...extremes,
      ...spanOf(chunk.laneList, lanes),
      classes: setOf(chunk.classList),
      lanes: setOf(chunk.laneList),
      window: NO_BLOB,
    };
    writeChunkRecord(facts, this.#records, at);
    this.count++;
  }

  /** All records, with the windows in their places. */
  finish(): Buffer {
    const records = this.#records.subarray(0, this.count * CHUNK_RECORD_BYTES);
    let next = 0;
    for (let at = 0; at < records.length; at += CHUNK_RECORD_BYTES) {
      const window = records.readUInt32LE(at + WINDOW_BYTES_AT) > 0 ? this.#windows[next++] : undefined;
      if (window !== undefined) writeBlob(window, records, at + WINDOW_AT);
    }
    return records;
  }
}

function setOf(ids: Uint32Array): IdSet {
  const set = new IdSet();
  for (const id of ids) set.add(id);
  return set;
}

function spanOf(list: Uint32Array, lanes: Float64Array): Pick<ChunkFacts, 'pidMin' | 'pidMax' | 'tidMin' | 'tidMax'> {
  let [pidMin, pidMax, tidMin, tidMax] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const id of list) {
    // Comparisons with NaN, an absent number, are false.
    const [pid = NaN, tid = NaN] = id === 0 ? [] : [lanes[id * 2], lanes[id * 2 + 1]];
    if (pid < pidMin) pidMin = pid;
    if (pid > pidMax) pidMax = pid;
    if (tid < tidMin) tidMin = tid;
    if (tid > tidMax) tidMax = tid;
  }
  return { pidMin, pidMax, tidMin, tidMax };
}
