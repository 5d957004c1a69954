import { ByteBuffer, eachLine, shiftedArray, TraceRecord, writeRecord, type EventBlock } from '@tracer/trace-index';

const COMMA = Buffer.from(',');

/** Turns blocks of lines into the elements of a JSON array, up to a limit of events. */
export class EventArray {
  /** Elements so far, metadata records included. */
  count = 0;
  /** Whether there were more events than the limit. */
  truncated = false;
  #events = 0;
  readonly #record = new TraceRecord();
  readonly #out = new ByteBuffer();
  /** Metadata records wait for the event that they belong to: it may be beyond the limit. */
  #held: Buffer[] = [];

  /** @param originUs what `ts` is shifted by, if at all */
  constructor(
    private readonly originUs: number | undefined,
    private readonly limit: number,
  ) {}

  /** Takes the next block; its bytes may be changed. What comes back may be empty. */
  add(block: EventBlock): Buffer[] {
    if (block.shifted) return this.#addElements(block);
    const whole = this.#held.length === 0 && this.#events + block.events < this.limit;
    return whole && isWhole(this.originUs) ? this.#addAll(block) : [this.#addOneByOne(block.bytes)];
  }

  /** A block that the limit does not touch. */
  #addAll({ bytes, events }: EventBlock): Buffer[] {
    const { bytes: piece, elements } = shiftedArray(bytes, this.originUs);
    const separator = this.count > 0 && elements > 0 ? [COMMA] : [];
    this.count += elements;
    this.#events += events;
    return [...separator, piece.subarray(0, -1)];
  }

  /** What a reader has shifted already, because nothing is to be cut. */
  #addElements({ bytes, events }: EventBlock): Buffer[] {
    const separator = this.count > 0 && events > 0 ? [COMMA] : [];
    this.count += events;
    this.#events += events;
    return [...separator, bytes.subarray(0, -1)];
  }

  #addOneByOne(bytes: Buffer): Buffer {
    eachLine(bytes, (start, end) => {
      if (this.truncated) return;
      this.#record.read(bytes, start, end);
      if (this.#record.isMetadata) this.#held.push(Buffer.from(bytes.subarray(start, end)));
      else if (this.#events === this.limit) this.truncated = true;
      else this.#event(bytes, start, end);
    });
    return this.#out.take();
  }

  #event(bytes: Buffer, start: number, end: number): void {
    for (const held of this.#held) this.#element(held, 0, held.length);
    this.#held = [];
    this.#element(bytes, start, end);
    this.#events++;
  }

  #element(bytes: Buffer, start: number, end: number): void {
    if (this.count++ > 0) this.#out.text(',');
    this.#record.read(bytes, start, end);
    writeRecord(this.#record, { originUs: this.originUs }, this.#out);
  }
}

/** What a reader may shift times by, beforehand; `undefined` when it must not. */
export function shiftOf(originUs: number | undefined, limit: number): number | undefined {
  return limit === Infinity && isWhole(originUs) ? originUs : undefined;
}

function isWhole(us: number | undefined): boolean {
  return us === undefined || (Number.isSafeInteger(us) && us >= 0);
}
