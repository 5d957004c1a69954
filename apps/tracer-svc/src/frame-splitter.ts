/**
 * Cuts a byte stream into runs of complete frames, each ending in a delimiter (`\n` for NDJSON, `\n\n` for SSE). What
 * comes after the last delimiter waits for the next chunk.
 */
export class FrameSplitter {
  #rest: Buffer = Buffer.alloc(0);

  /** `limitBytes` bounds one frame: a peer that never sends a delimiter must not fill the memory. */
  constructor(
    private readonly delimiter: Buffer,
    private readonly limitBytes: number,
  ) {}

  /**
   * The bytes up to the last delimiter, which is included; empty when no frame was completed.
   * Throws a RangeError when a frame outgrows the limit.
   */
  push(chunk: Buffer): Buffer {
    const joined = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const last = joined.lastIndexOf(this.delimiter);
    const end = last < 0 ? 0 : last + this.delimiter.length;
    this.#rest = joined.subarray(end);
    if (this.#rest.length > this.limitBytes) throw new RangeError(`a line is longer than ${this.limitBytes} bytes`);
    return joined.subarray(0, end);
  }

  /** What came after the last delimiter. */
  rest(): Buffer {
    return this.#rest;
  }
}
