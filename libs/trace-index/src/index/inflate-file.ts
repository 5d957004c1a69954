import { closeSync, constants, openSync } from 'node:fs';
import { FileSource } from '../kernels/byte-source.js';
import { TraceKernels } from '../kernels/trace-kernels.js';
import { identityOf } from './file-mark.js';
import { failPieceRing, writePieces } from './piece-ring.js';
import { CHUNK_BYTES, GzipPieces } from './text-pieces.js';

export interface InflateOptions {
  readonly tracePath: string;
  readonly ring: SharedArrayBuffer;
  readonly chunkBytes?: number | undefined;
}

/** Inflates a gzip file for a build in another thread; returns when the text has ended or that build is over. */
export function inflateFile({ tracePath, ring, chunkBytes = CHUNK_BYTES }: InflateOptions): void {
  try {
    const fd = openSync(tracePath, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const identity = identityOf(fd);
      const extent = { sizeBytes: identity.sizeBytes, limitBytes: Infinity, chunkBytes };
      writePieces(ring, identity, new GzipPieces(new TraceKernels(), new FileSource(fd), extent));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    failPieceRing(ring);
    throw error;
  }
}
