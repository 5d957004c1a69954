/**
 * Cuts a byte stream into complete frames that end in a delimiter (`\n` for NDJSON, `\n\n` for SSE). Frames are views of
 * the received chunks wherever possible; the tail of one chunk is joined to the next.
 */
export class FrameSplitter {
  #rest: Buffer[] = [];
  #restBytes = 0;

  /** `limitBytes` bounds one frame: a peer that never sends a delimiter must not fill the memory. */
  constructor(
    private readonly delimiter: Buffer,
    private readonly limitBytes: number,
  ) {}

  /**
   * The bytes up to the last complete frame, delimiters included; empty when no frame was completed.
   * Throws a RangeError when a frame outgrows the limit.
   */
  push(chunk: Buffer): Buffer {
    // A delimiter may lie across two chunks: look at the joint as well.
    const joined = this.#restBytes === 0 ? chunk : Buffer.concat([...this.#rest, chunk]);
    const from = Math.max(0, this.#restBytes - this.delimiter.length + 1);
    const end = joined.lastIndexOf(this.delimiter);
    const whole = end < from ? 0 : end + this.delimiter.length;
    this.#keep(joined.subarray(whole));
    return joined.subarray(0, whole);
  }

  /** What came after the last delimiter. */
  rest(): Buffer {
    return Buffer.concat(this.#rest);
  }

  #keep(rest: Buffer): void {
    if (rest.length > this.limitBytes) throw new RangeError(`a line is longer than ${this.limitBytes} bytes`);
    this.#rest = rest.length === 0 ? [] : [rest];
    this.#restBytes = rest.length;
  }
}
