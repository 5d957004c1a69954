/** A block is sealed once it holds this much; what is behind is room for the line that crosses the mark. */
export const BLOCK_BYTES = 1 << 20;
/** No line is longer than this. */
export const SLACK_BYTES = 64 << 10;
/** Blocks that may wait for zlib or the disk, over all sessions, before the ring is left to fill. */
const MAX_IN_FLIGHT = 8;

/**
 * The memory between the decoders and the disk, shared by all sessions of a capture and bounded: at most one open block
 * per session and `MAX_IN_FLIGHT` sealed ones. While `isFull`, nobody reads the ring, so a slow disk turns into events
 * the kernel overwrites and counts, never into memory.
 */
export class BlockPool {
  readonly #free: Buffer[] = [];
  #inFlight = 0;
  /** Called whenever a sealed block came back. */
  onRoom: () => void = () => undefined;

  /** Sealed blocks that did not come back yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  get isFull(): boolean {
    return this.#inFlight >= MAX_IN_FLIGHT;
  }

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(BLOCK_BYTES + SLACK_BYTES);
  }

  /** The block is on its way to the disk. */
  sealed(): void {
    this.#inFlight++;
  }

  /** A sealed block came back. */
  finished(block: Buffer): void {
    this.#inFlight--;
    this.give(block);
    this.onRoom();
  }

  /** A sealed block will never come back: something that cannot be interrupted holds it. Its memory is written off. */
  abandoned(): void {
    this.#inFlight--;
    this.onRoom();
  }

  /** A block that was never sealed. */
  give(block: Buffer): void {
    if (this.#free.length < MAX_IN_FLIGHT) this.#free.push(block);
  }
}
