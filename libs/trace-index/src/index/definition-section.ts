import type { HashKind } from '../query/trace-event.js';
import type { HashRecord } from './definitions.js';

/** A hash record with the chunks whose events refer to it: none before the first or behind the last. */
export interface StoredHash extends HashRecord {
  readonly firstChunk: number;
  readonly lastChunk: number;
}

const KINDS: readonly HashKind[] = ['FH', 'HH', 'SH'];
const HEAD_BYTES = 32;
const NO_TEXT = 0xffff_ffff;

/**
 * Hash records in file order, each: kind u8, 3 × 0, first chunk u32, last chunk u32, row f64, lengths of hash, text and
 * line u32 × 3 │ hash │ text │ line. An absent text has the length 2^32 - 1.
 */
export function encodeHashes(hashes: readonly StoredHash[]): Buffer {
  return Buffer.concat(
    hashes.map(({ kind, hash, text, line, row, firstChunk, lastChunk }) => {
      const head = Buffer.alloc(HEAD_BYTES);
      const [hashBytes, textBytes] = [Buffer.from(hash), Buffer.from(text ?? '')];
      head[0] = KINDS.indexOf(kind);
      head.writeUInt32LE(firstChunk, 4);
      head.writeUInt32LE(lastChunk, 8);
      head.writeDoubleLE(row, 12);
      head.writeUInt32LE(hashBytes.length, 20);
      head.writeUInt32LE(text === undefined ? NO_TEXT : textBytes.length, 24);
      head.writeUInt32LE(line.length, 28);
      return Buffer.concat([head, hashBytes, textBytes, line]);
    }),
  );
}

export function decodeHashes(bytes: Buffer): StoredHash[] {
  const hashes: StoredHash[] = [];
  for (let at = 0; at < bytes.length;) {
    const head = at;
    at += HEAD_BYTES;
    const take = (length: number): Buffer => bytes.subarray(at, (at += length));
    const hash = take(bytes.readUInt32LE(head + 20)).toString();
    const textLength = bytes.readUInt32LE(head + 24);
    const text = textLength === NO_TEXT ? undefined : take(textLength).toString();
    const line = take(bytes.readUInt32LE(head + 28));
    hashes.push({
      kind: KINDS[bytes[head] ?? 0] ?? 'FH',
      hash,
      ...(text !== undefined && { text }),
      line,
      row: bytes.readDoubleLE(head + 12),
      firstChunk: bytes.readUInt32LE(head + 4),
      lastChunk: bytes.readUInt32LE(head + 8),
    });
  }
  return hashes;
}
