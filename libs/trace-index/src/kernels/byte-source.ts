import { readSync } from 'node:fs';

/** Bytes that can be read at any position, synchronously: kernels run in worker threads, or on small pieces. */
export interface ByteSource {
  /** Fills `target` from `position` on and returns how many bytes there were; fewer than asked only at the end. */
  read(target: Uint8Array, position: number): number;
}

export class FileSource implements ByteSource {
  constructor(readonly fd: number) {}

  read(target: Uint8Array, position: number): number {
    let filled = 0;
    while (filled < target.length) {
      const n = readSync(this.fd, target, filled, target.length - filled, position + filled);
      if (n === 0) break;
      filled += n;
    }
    return filled;
  }
}

export class MemorySource implements ByteSource {
  constructor(readonly bytes: Uint8Array) {}

  read(target: Uint8Array, position: number): number {
    const piece = this.bytes.subarray(position, position + target.length);
    target.set(piece);
    return piece.length;
  }
}
