import type { Readable } from 'node:stream';
import { reasonOf } from '@tracer/base';
import { FrameSplitter } from '../frame-splitter.js';
import type { TailFormat } from './tail-format.js';

/** A line of a trace file is far shorter; a node that sends no line end for so long is broken. */
const FRAME_LIMIT_BYTES = 16 << 20;

/** Where the frames of all nodes go. */
export interface TailSink {
  /** Nobody is there, or the end was said. */
  readonly isOver: boolean;
  /** Resolves when more may be written. */
  write(frames: Buffer): Promise<void> | undefined;
  end(last: string): void;
}

/**
 * Joins the live tails of several nodes into one stream of whole frames. Nodes are read only as fast as the sink takes
 * what they send; a node that breaks off is named in the stream and the others go on.
 */
export class TailMerge {
  constructor(
    private readonly sink: TailSink,
    private readonly format: TailFormat,
    /** Whether frames carry the name of their node: not where there is only one. */
    private readonly named: boolean,
  ) {}

  /** Relays one node's tail to its end. Never rejects. */
  async relay(node: string, tail: Readable): Promise<void> {
    const splitter = new FrameSplitter(this.format.delimiter, FRAME_LIMIT_BYTES);
    try {
      for await (const chunk of tail as AsyncIterable<Buffer>) {
        const frames = splitter.push(chunk);
        if (frames.length > 0) await this.sink.write(this.#text(frames, node));
        if (this.sink.isOver) return;
      }
    } catch (error) {
      this.lost(node, reasonOf(error));
    } finally {
      tail.destroy();
    }
  }

  lost(node: string, reason: string): void {
    if (!this.sink.isOver) void this.sink.write(Buffer.from(this.format.lost(node, reason)));
  }

  /** Ends the stream; nothing is written any more. */
  end(): void {
    if (!this.sink.isOver) this.sink.end(this.format.end());
  }

  /** One byte is one character here: text that is not touched need not be decoded. */
  #text(frames: Buffer, node: string): Buffer {
    return Buffer.from(this.format.relay(frames.toString('latin1'), this.named ? node : undefined), 'latin1');
  }
}
