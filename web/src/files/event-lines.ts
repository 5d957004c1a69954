/** Where lines come from, in batches; `return` ends the request. */
export type Batches = AsyncGenerator<string[], void, undefined>;

export interface LinesState {
  readonly count: number;
  readonly done: boolean;
  /** As many as are kept at most: there may be more. */
  readonly full: boolean;
  readonly error: unknown;
}

/** Lines read ahead of what is looked at. */
const AHEAD = 2_000;

/**
 * The lines of a stream as far as somebody has scrolled: reading stops when enough are there for the view, and the server
 * waits, because nothing more is taken from the connection.
 */
export class EventLines {
  readonly #lines: string[] = [];
  #wanted = AHEAD;
  #reading = false;
  #done = false;
  #closed = false;
  #error: unknown;

  constructor(
    private readonly batches: Batches,
    private readonly onChange: (state: LinesState) => void,
    private readonly most: number,
  ) {}

  line(index: number): string | undefined {
    return this.#lines[index];
  }

  get state(): LinesState {
    const count = this.#lines.length;
    return { count, done: this.#done, full: count >= this.most && !this.#done, error: this.#error };
  }

  /** Reads on until some lines beyond `last` are there. */
  want(last: number): void {
    this.#wanted = Math.min(this.most, Math.max(this.#wanted, last + AHEAD));
    if (!this.#reading && !this.#done && !this.#closed && this.#lines.length < this.#wanted) void this.#read();
  }

  close(): void {
    this.#closed = true;
    if (!this.#reading) void this.batches.return();
  }

  #tell(): void {
    if (!this.#closed) this.onChange(this.state);
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (!this.#closed && !this.#done && this.#lines.length < this.#wanted) {
        const { done, value } = await this.batches.next();
        if (done === true) this.#done = true;
        else this.#lines.push(...value.slice(0, this.most - this.#lines.length));
        this.#tell();
      }
    } catch (error) {
      this.#done = true;
      this.#error = error;
      this.#tell();
    } finally {
      this.#reading = false;
      if (this.#closed) void this.batches.return();
    }
  }
}
