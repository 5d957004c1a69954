import type { TraceKernels } from '../kernels/trace-kernels.js';
import { shiftedArray } from '../query/shift-block.js';
import { BLOCK_BYTES } from '../query/trace-file-reader.js';
import { BlockMemory } from './block-memory.js';
import type { LineBlock } from './chunk-task.js';

const NEWLINE = 10;

/** Copies lines out of kernel memory into blocks that leave the thread. */
export class LineBlocks {
  /** What blocks are made of. */
  readonly memory = new BlockMemory();
  #blocks: LineBlock[] = [];
  #bytes: Buffer | undefined;
  #length = 0;
  #events = 0;

  constructor(private readonly kernels: TraceKernels) {}

  /**
   * Adds the lines in `[from, to)`, each of which ends with a newline.
   *
   * @param metadata the numbers, among these lines, of those that are no events; ascending
   */
  add(from: number, to: number, metadata: readonly number[]): void {
    let line = 0;
    let nextMetadata = 0;
    for (let at = from; at < to;) {
      const end = this.#fitting(at, to);
      if (end === at) {
        this.#close();
        continue;
      }
      const lines = this.kernels.run.count_lines(at, end);
      line += lines;
      let others = 0;
      while (nextMetadata < metadata.length && (metadata[nextMetadata] ?? 0) < line) {
        nextMetadata++;
        others++;
      }
      this.#copy(at, end, lines - others);
      at = end;
    }
  }

  /** Adds a line, with its newline, that is not in kernel memory: an event. */
  addLine(line: Uint8Array): void {
    if (this.#length + line.length > BLOCK_BYTES) this.#close();
    const bytes = (this.#bytes ??= this.#room(line.length));
    bytes.set(line, this.#length);
    this.#length += line.length;
    this.#events++;
  }

  /** How far lines fit into the current block; all of one line into an empty one. */
  #fitting(from: number, to: number): number {
    const room = BLOCK_BYTES - this.#length;
    if (to - from <= room) return to;
    const newline = this.kernels.bytes.subarray(from, from + room).lastIndexOf(NEWLINE);
    if (newline >= 0) return from + newline + 1;
    return this.#length > 0 ? from : this.kernels.bytes.indexOf(NEWLINE, from) + 1;
  }

  #copy(from: number, to: number, events: number): void {
    const bytes = (this.#bytes ??= this.#room(to - from));
    this.kernels.bytes.copy(bytes, this.#length, from, to);
    this.#length += to - from;
    this.#events += events;
  }

  #room(bytes: number): Buffer {
    return bytes > BLOCK_BYTES ? Buffer.allocUnsafeSlow(bytes) : Buffer.from(this.memory.take());
  }

  #close(): void {
    if (this.#bytes !== undefined && this.#length > 0) {
      const bytes = this.#bytes.subarray(0, this.#length);
      const isFull = this.#length > BLOCK_BYTES / 2;
      // A block that is mostly empty is not sent in full.
      this.#blocks.push({ bytes: isFull ? bytes : Uint8Array.from(bytes), events: this.#events });
      if (!isFull) this.memory.put(this.#bytes.buffer as ArrayBuffer);
    }
    this.#bytes = undefined;
    this.#length = this.#events = 0;
  }

  /** All blocks since the last call; `asElements` = with commas for newlines. */
  take(asElements = false): LineBlock[] {
    this.#close();
    const blocks = this.#blocks;
    this.#blocks = [];
    return asElements ? blocks.map(elements) : blocks;
  }
}

function elements({ bytes, events }: LineBlock): LineBlock {
  shiftedArray(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), undefined);
  return { bytes, events, shifted: true };
}
