import type { Readable, Writable } from 'node:stream';
import { reasonOf } from '@tracer/base';
import { FrameSplitter } from '../frame-splitter.js';
import type { TailFormat } from './tail-format.js';

/** A line of a trace file is far shorter; a node that sends no line end for so long is broken. */
const FRAME_LIMIT_BYTES = 16 << 20;

/**
 * Joins the live tails of several nodes into one stream of whole frames. A node is read only as fast as the client
 * takes what it sends; a node that breaks off is named in the stream and the others go on.
 */
export class TailMerge {
  #closed = false;
  #drained: Promise<void> | undefined;

  constructor(
    private readonly out: Writable,
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
        if (frames.length > 0) await this.#write(this.#text(frames, node));
        if (this.#ended()) return;
      }
    } catch (error) {
      this.lost(node, reasonOf(error));
    } finally {
      tail.destroy();
    }
  }

  lost(node: string, reason: string): void {
    if (!this.#ended()) this.out.write(this.format.lost(node, reason));
  }

  /** Ends the client's stream; nothing is written any more. */
  end(): void {
    if (this.#ended()) return;
    this.#closed = true;
    this.out.end(this.format.end());
  }

  #ended(): boolean {
    return this.#closed || this.out.destroyed || this.out.writableEnded;
  }

  /** One byte is one character here: text that is not touched need not be decoded. */
  #text(frames: Buffer, node: string): Buffer {
    return Buffer.from(this.format.relay(frames.toString('latin1'), this.named ? node : undefined), 'latin1');
  }

  async #write(frames: Buffer): Promise<void> {
    if (this.#ended() || this.out.write(frames)) return;
    // All nodes wait for the same client: one pair of listeners serves them all.
    this.#drained ??= untilDrained(this.out).then(() => {
      this.#drained = undefined;
    });
    await this.#drained;
  }
}

/** Resolves when more can be written, or never will be. */
function untilDrained(out: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      out.off('drain', done);
      out.off('close', done);
      resolve();
    };
    out.on('drain', done);
    out.on('close', done);
  });
}
