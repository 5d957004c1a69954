import { describe, expect, it } from '@jest/globals';
import type { FileIdentity } from '../query/file-facts.js';
import { createPieceRing, failPieceRing, RingPieces, stopPieceRing, writePieces } from './piece-ring.js';
import type { Piece, TextEnd, TextPieces } from './text-pieces.js';

const identity: FileIdentity = { sizeBytes: 5, modifiedNs: 1_713_456_789_012_345_678n, inode: 7n };
const end: TextEnd = { members: 2, textBytes: 9, verifiedBytes: 9, garbageBytes: 0 };

function source(pieces: readonly Piece[]): TextPieces {
  let next = 0;
  return {
    end,
    get position() {
      return next * 10;
    },
    next: () => pieces[next++],
  };
}

describe('a piece ring', () => {
  const memory = new Uint8Array(64).map((_, i) => i);
  const pieces: Piece[] = [
    {
      bytes: memory.subarray(3, 20),
      cut: { textOffset: 0, point: { kind: 'member', byte: 0 }, windowBytes: 0 },
    },
    { bytes: memory.subarray(20, 20), window: Buffer.from('window') },
  ];

  it('hands on pieces, cuts, windows and the end', () => {
    const ring = createPieceRing();
    // As many as fit, so that one thread can do both.
    writePieces(ring, identity, source(pieces));
    const read = new RingPieces(ring, identity);
    expect(() => read.end).toThrow('not ended');
    const seen = (piece: Piece | undefined): unknown => {
      const { bytes = memory, cut, window } = piece ?? {};
      return { bytes: [...bytes], place: bytes.byteOffset % 16, cut, window: window?.toString() };
    };
    expect(seen(read.next())).toEqual({
      bytes: [...memory.subarray(3, 20)],
      place: 3,
      cut: pieces[0]?.cut,
      window: undefined,
    });
    expect(read.position).toBe(10);
    expect(seen(read.next())).toEqual({ bytes: [], place: 4, cut: undefined, window: 'window' });
    expect([read.next(), read.next(), read.end]).toEqual([undefined, undefined, end]);
  });

  it('refuses the pieces of another file', () => {
    const ring = createPieceRing();
    writePieces(ring, { ...identity, inode: 8n }, source([]));
    expect(() => new RingPieces(ring, identity)).toThrow('was replaced');
  });

  it('ends the waiting of a reader whose writer has failed', () => {
    const ring = createPieceRing();
    failPieceRing(ring);
    expect(() => new RingPieces(ring, identity)).toThrow('has failed');
  });

  it('ends the waiting of a writer whose reader has stopped', () => {
    const ring = createPieceRing();
    stopPieceRing(ring);
    const endless = source(Array.from({ length: 100 }, () => ({ bytes: memory })));
    writePieces(ring, identity, endless);
    expect(endless.position).toBeLessThan(100);
  });
});
