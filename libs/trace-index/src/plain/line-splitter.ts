/** Called for each line without its newline; the bytes are valid during the call only. `false` = no more lines. */
export type LineVisitor = (bytes: Buffer, start: number, end: number) => boolean;

/**
 * Cuts a text that comes in pieces into lines. Memory is bounded by the longest line that is still handed out: of a
 * longer one nothing is kept but the count.
 */
export class LineSplitter {
  /** Newlines seen. */
  newlines = 0;
  oversizedLines = 0;
  #parts: Buffer[] = [];
  #partBytes = 0;

  constructor(
    private readonly maxLineBytes: number,
    private readonly visit: LineVisitor,
  ) {}

  /** Bytes behind the last newline. */
  get pendingBytes(): number {
    return this.#partBytes;
  }

  /** Takes the next piece; `false` when the visitor wants no more. */
  push(chunk: Buffer): boolean {
    let start = 0;
    for (let newline = chunk.indexOf(10); newline >= 0; newline = chunk.indexOf(10, start)) {
      this.newlines++;
      const wanted =
        this.#partBytes > 0 ? this.#joined(chunk.subarray(start, newline)) : this.#line(chunk, start, newline);
      if (!wanted) return false;
      start = newline + 1;
    }
    this.#keep(chunk.subarray(start));
    return true;
  }

  /** The bytes behind the last newline are a line, too. */
  flush(): void {
    if (this.#partBytes > 0) this.#joined(Buffer.alloc(0));
  }

  #line(bytes: Buffer, start: number, end: number): boolean {
    if (end - start <= this.maxLineBytes) return this.visit(bytes, start, end);
    this.oversizedLines++;
    return true;
  }

  #keep(rest: Buffer): void {
    this.#partBytes += rest.length;
    if (this.#partBytes > this.maxLineBytes) this.#parts = [];
    else if (rest.length > 0) this.#parts.push(rest);
  }

  #joined(last: Buffer): boolean {
    const length = this.#partBytes + last.length;
    const parts = this.#parts;
    this.#parts = [];
    this.#partBytes = 0;
    if (length > this.maxLineBytes) {
      this.oversizedLines++;
      return true;
    }
    return this.visit(Buffer.concat([...parts, last], length), 0, length);
  }
}
