import type { Writable } from 'node:stream';
import { LiveFrames, type LiveFormat, type LiveReader } from '@tracer/service-kit';
import type { TailSink } from './tail-merge.js';

/** The clients of one stream. All get the same frames; the stream goes as fast as the fastest of them takes it. */
export class Audience implements TailSink {
  readonly #readers = new Set<LiveReader>();
  #ended = false;
  /** While none can take more. */
  #room: { readonly there: Promise<void>; readonly tell: () => void } | undefined;

  constructor(private readonly format: LiveFormat) {}

  get isOver(): boolean {
    return this.#ended || this.#readers.size === 0;
  }

  /** @param out what the reader writes to */
  add(reader: LiveReader, out: Writable): void {
    this.#readers.add(reader);
    out.on('drain', () => {
      this.#tellRoom();
    });
    out.once('close', () => {
      this.#readers.delete(reader);
      this.#tellRoom();
    });
    this.#tellRoom();
  }

  write(frames: Buffer): Promise<void> | undefined {
    const shared = new LiveFrames(frames, this.format);
    let hasRoom = false;
    for (const reader of this.#readers) {
      reader.write(shared);
      hasRoom ||= reader.hasRoom;
    }
    if (hasRoom || this.isOver) return undefined;
    return (this.#room ??= newRoom()).there;
  }

  end(last: string): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.end(last);
    this.#tellRoom();
  }

  #tellRoom(): void {
    this.#room?.tell();
    this.#room = undefined;
  }
}

function newRoom(): { readonly there: Promise<void>; readonly tell: () => void } {
  let tell = (): void => undefined;
  const there = new Promise<void>((resolve) => {
    tell = resolve;
  });
  return { there, tell };
}
