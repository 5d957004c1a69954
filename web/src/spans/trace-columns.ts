/**
 * What the views of one trace need of every span, in flat columns: some forty bytes a span, so that the shape of a trace
 * of 100 000 spans is in memory while the spans themselves are fetched where somebody looks.
 *
 * Rows arrive in pages, in any order. Times are nanoseconds after the start of the trace; a double holds 104 days of them
 * exactly.
 */
export interface TraceRow {
  readonly depth: number;
  readonly children: number;
  /** All below, children included. */
  readonly descendants: number;
  readonly orphan?: boolean;
  readonly id: string;
  readonly parentId?: string;
  readonly name: string;
  readonly kind?: string;
  readonly service?: string;
  readonly remoteService?: string;
  /** Epoch nanoseconds, decimal. */
  readonly startNs?: string;
  readonly durationNs?: string;
  readonly shared?: boolean;
  readonly failed?: boolean;
  readonly statusMessage?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource?: Readonly<Record<string, unknown>>;
  readonly events?: readonly SpanEvent[];
  readonly links?: readonly SpanLink[];
  readonly dropped?: number;
}

export interface SpanEvent {
  readonly timeNs: string;
  readonly name: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** Service of spans that name none. */
export const UNNAMED_SERVICE = '(no service)';

export class TraceColumns {
  readonly depth: Int32Array;
  readonly descendants: Int32Array;
  /** NaN while the row has not arrived, and for spans without a start. */
  readonly startNs: Float64Array;
  readonly durationNs: Float64Array;
  readonly failed: Uint8Array;
  readonly #service: Int32Array;
  readonly #name: Int32Array;
  readonly #loaded: Uint8Array;
  readonly #texts: string[] = [];
  readonly #numberOfText = new Map<string, number>();
  readonly #ids: string[];
  #loadedRows = 0;

  /**
   * @param total rows of the trace
   * @param originNs start of the trace, epoch nanoseconds
   */
  constructor(
    readonly total: number,
    readonly originNs: bigint,
  ) {
    this.depth = new Int32Array(total);
    this.descendants = new Int32Array(total);
    this.startNs = new Float64Array(total).fill(NaN);
    this.durationNs = new Float64Array(total);
    this.failed = new Uint8Array(total);
    this.#service = new Int32Array(total);
    this.#name = new Int32Array(total);
    this.#loaded = new Uint8Array(total);
    this.#ids = new Array<string>(total).fill('');
  }

  get loadedRows(): number {
    return this.#loadedRows;
  }

  get isComplete(): boolean {
    return this.#loadedRows === this.total;
  }

  /** Takes rows that begin at `offset`; what is behind the end of the trace is left out. */
  put(offset: number, rows: readonly TraceRow[]): void {
    for (const [at, row] of rows.entries()) {
      const place = offset + at;
      if (place >= this.total) return;
      this.depth[place] = row.depth;
      this.descendants[place] = row.descendants;
      if (row.startNs !== undefined) this.startNs[place] = Number(BigInt(row.startNs) - this.originNs);
      this.durationNs[place] = row.durationNs === undefined ? 0 : Number(row.durationNs);
      this.failed[place] = row.failed === true ? 1 : 0;
      this.#service[place] = this.#number(row.service ?? UNNAMED_SERVICE);
      this.#name[place] = this.#number(row.name);
      this.#ids[place] = row.id;
      if (this.#loaded[place] === 0) this.#loadedRows++;
      this.#loaded[place] = 1;
    }
  }

  isLoaded(place: number): boolean {
    return this.#loaded[place] === 1;
  }

  serviceOf(place: number): string {
    return this.#texts[this.#service[place] ?? -1] ?? UNNAMED_SERVICE;
  }

  nameOf(place: number): string {
    return this.#texts[this.#name[place] ?? -1] ?? '';
  }

  idOf(place: number): string {
    return this.#ids[place] ?? '';
  }

  /** End of a span after the start of the trace; NaN when it has no start. */
  endNs(place: number): number {
    return (this.startNs[place] ?? NaN) + (this.durationNs[place] ?? 0);
  }

  /** Place of the first span of this id that has arrived, -1 for none. */
  placeOfId(id: string): number {
    return this.#ids.indexOf(id);
  }

  /** The next row from `place` on, forwards or backwards and around the end, for which `wanted` holds; -1 for none. */
  find(place: number, step: 1 | -1, wanted: (place: number) => boolean): number {
    for (let walked = 1; walked <= this.total; walked++) {
      const at = (((place + step * walked) % this.total) + this.total) % this.total;
      if (this.isLoaded(at) && wanted(at)) return at;
    }
    return -1;
  }

  /** Places of the rows directly below one; of the roots for -1. Costs what is directly below. */
  *childrenOf(place: number): Generator<number> {
    const end = place < 0 ? this.total : place + 1 + (this.descendants[place] ?? 0);
    for (let at = place + 1; at < end; at += 1 + (this.descendants[at] ?? 0)) yield at;
  }

  #number(text: string): number {
    const known = this.#numberOfText.get(text);
    if (known !== undefined) return known;
    this.#texts.push(text);
    this.#numberOfText.set(text, this.#texts.length - 1);
    return this.#texts.length - 1;
  }
}
