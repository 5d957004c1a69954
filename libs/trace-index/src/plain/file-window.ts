import type { FileHandle } from 'node:fs/promises';

const READ_BYTES = 64 * 1024;

/**
 * Reads a file front to back, up to a fixed length (bytes appended later are not seen), with the position in the hands
 * of the caller: gzip tells only after inflating where a member ended.
 */
export class FileWindow {
  #buffer: Buffer = Buffer.alloc(0);
  #bufferAt = 0;

  constructor(
    private readonly handle: FileHandle,
    readonly length: number,
  ) {}

  /** Some bytes from `position` on, at least one; empty at the end. Filled buffers are never written again. */
  async read(position: number): Promise<Buffer> {
    const inside = position - this.#bufferAt;
    if (inside >= 0 && inside < this.#buffer.length) return this.#buffer.subarray(inside);
    const wanted = Math.min(READ_BYTES, this.length - position);
    if (wanted <= 0) return Buffer.alloc(0);
    const buffer = Buffer.allocUnsafe(wanted);
    const { bytesRead } = await this.handle.read(buffer, 0, wanted, position);
    this.#buffer = buffer.subarray(0, bytesRead);
    this.#bufferAt = position;
    return this.#buffer;
  }

  /** Exactly `count` bytes from `position` on, fewer only at the end. */
  async take(position: number, count: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let have = 0;
    while (have < count) {
      const part = (await this.read(position + have)).subarray(0, count - have);
      if (part.length === 0) break;
      parts.push(part);
      have += part.length;
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
  }
}
