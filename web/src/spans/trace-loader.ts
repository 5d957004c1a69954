import { getJson, getText, parseLossless, type ApiError } from '../api/index.js';
import { windowRequest, type TraceWindow } from './span-api.js';
import { TraceColumns, type TraceRow } from './trace-columns.js';

/** What of a trace is known besides its rows. */
export type TraceFacts = Omit<TraceWindow, 'rows' | 'offset'>;

/** Rows of one request: a page takes some tens of milliseconds to read and is dropped once its columns are taken. */
const PAGE_ROWS = 2_000;
/** Columns of larger traces are loaded only where somebody looks. */
export const MOST_LOADED_ROWS = 500_000;

/**
 * Loads the shape of one trace by windows: those in view first, then the rest in order. Tells whoever listens when something
 * has changed; the columns are filled in place.
 */
export class TraceLoader {
  facts: TraceFacts | undefined;
  columns: TraceColumns | undefined;
  error: ApiError | undefined;
  /** Counts changes, as a snapshot for React. */
  version = 0;
  readonly #stop = new AbortController();
  readonly #listeners = new Set<() => void>();
  #wanted: readonly [from: number, to: number] = [0, 0];
  #isLoading = false;

  constructor(readonly traceId: string) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): number => this.version;

  /** Begins, or goes on after a failure. */
  readonly start = (): void => {
    this.error = undefined;
    if (!this.#isLoading) void this.#run();
  };

  stop(): void {
    this.#stop.abort();
  }

  /** These places are in view: they come next. */
  want(from: number, to: number): void {
    this.#wanted = [from, to];
    if (!this.#isLoading && this.facts !== undefined && this.error === undefined) void this.#run();
  }

  /** Length of the trace, nanoseconds. The server's figures are rounded to microseconds. */
  get spanNs(): number {
    return ((this.facts?.durationUs ?? 0) + 1) * 1000;
  }

  async #run(): Promise<void> {
    this.#isLoading = true;
    try {
      for (let offset = this.#next(); offset !== undefined; offset = this.#next()) await this.#load(offset);
    } catch (reason) {
      if (this.#stop.signal.aborted) return;
      this.error = reason as ApiError;
    } finally {
      this.#isLoading = false;
    }
    this.#changed();
  }

  async #load(offset: number): Promise<void> {
    const request = windowRequest(this.traceId, { offset, limit: PAGE_ROWS });
    const { rows, ...facts } = await getJson(request, { signal: this.#stop.signal });
    if (this.columns === undefined) {
      this.facts = facts;
      this.columns = new TraceColumns(facts.total, BigInt(facts.startUs ?? 0) * 1000n);
    }
    this.columns.put(offset, rows);
    // A page that came short, as of a trace that retention has taken meanwhile, would be asked for for ever.
    if (rows.length === 0)
      throw new Error(`The trace has changed: rows from ${offset} on are gone. Load the page again.`);
    this.#changed();
  }

  /** Where the next page to load begins; undefined when nothing is missing. */
  #next(): number | undefined {
    const { columns } = this;
    if (columns === undefined) return 0;
    const missing = (from: number, to: number): number | undefined => {
      for (let offset = from - (from % PAGE_ROWS); offset < to; offset += PAGE_ROWS)
        if (!columns.isLoaded(offset) || !columns.isLoaded(Math.min(offset + PAGE_ROWS, columns.total) - 1))
          return offset;
      return undefined;
    };
    const [from, to] = this.#wanted;
    return missing(from, Math.min(to, columns.total)) ?? missing(0, Math.min(columns.total, MOST_LOADED_ROWS));
  }

  #changed(): void {
    this.version++;
    for (const listener of this.#listeners) listener();
  }
}

/** All of one span, integers of any size exact; undefined when the trace has it no more. */
export async function loadSpan(traceId: string, spanId: string, signal: AbortSignal): Promise<TraceRow | undefined> {
  const text = await getText(windowRequest(traceId, { under: spanId, limit: 1 }), { signal });
  const { rows } = parseLossless(text) as TraceWindow;
  return rows[0];
}
