import type { DataSource } from 'typeorm';
import { namedQuery, type NamedStatement } from '../named-query.js';

/**
 * A transaction with nothing but a note in the write-ahead log, as small as they come: its commit waits until the disk has
 * the log up to it, and so everything that was committed before.
 */
const FLUSH: NamedStatement = { name: 'dm_flush', text: `SELECT pg_logical_emit_message(true, 'tracer', '')` };

/** Makes what was committed without waiting for the disk survive a crash. */
export class LogFlush {
  #running: Promise<void> = Promise.resolve();
  /** Begins when the running one is done, and serves all who asked until then. */
  #next: Promise<void> | undefined;

  constructor(private readonly source: DataSource) {}

  /** Resolves when all that was committed before the call survives a crash. Rejects when that is not known. */
  flush(): Promise<void> {
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }

  async #after(running: Promise<void>): Promise<void> {
    await running.catch(() => undefined);
    this.#next = undefined;
    this.#running = namedQuery(this.source, FLUSH, []).then(() => undefined);
    await this.#running;
  }
}
