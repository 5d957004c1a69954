const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export interface LineLimits {
  readonly maxLines: number;
  readonly maxLineBytes: number;
}

/**
 * The first lines of a byte stream that nobody controls. Memory is bounded whatever arrives: lines beyond `maxLines` are
 * counted in `dropped`, bytes of a line beyond `maxLineBytes` are cut off and the line is counted in `cut`.
 */
export class BoundedLines {
  readonly lines: string[] = [];
  dropped = 0;
  cut = 0;
  bytes = 0;
  readonly #limits: LineLimits;
  readonly #onLine: () => void;
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #partialCut = false;

  /** `onLine` is told of every line, kept or not. */
  constructor(limits: LineLimits, onLine: () => void = () => undefined) {
    this.#limits = limits;
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#take(chunk.subarray(start, end));
      this.#finishLine();
      start = end + 1;
    }
    if (start < chunk.length) this.#take(chunk.subarray(start));
  }

  /** The stream is over; a last line without its newline is a line too. */
  end(): void {
    if (this.#partialBytes > 0 || this.#partialCut) this.#finishLine();
  }

  #take(piece: Buffer): void {
    if (this.lines.length >= this.#limits.maxLines) {
      this.#partialBytes += piece.length;
      return;
    }
    const room = Math.max(0, this.#limits.maxLineBytes - this.#partialBytes);
    if (piece.length > room) this.#partialCut = true;
    // A copy: the chunk belongs to the stream, which may use its memory again.
    if (room > 0 && piece.length > 0) this.#partial.push(Buffer.from(piece.subarray(0, room)));
    this.#partialBytes += Math.min(piece.length, room);
  }

  #finishLine(): void {
    if (this.lines.length < this.#limits.maxLines) {
      if (this.#partialCut) this.cut += 1;
      this.lines.push(textOf(Buffer.concat(this.#partial)));
    } else {
      this.dropped += 1;
    }
    this.#partial = [];
    this.#partialBytes = 0;
    this.#partialCut = false;
    this.#onLine();
  }
}

/** UTF-8, with replacement characters where the bytes are none. */
function textOf(line: Buffer): string {
  return (line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line).toString('utf8');
}
