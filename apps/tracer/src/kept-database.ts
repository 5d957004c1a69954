import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@tracer/base';
import { startPostgres, type EmbeddedPostgres } from './embedded-postgres.js';

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The embedded database with somebody who looks after it: a server that dies is started again and recovers. */
export class KeptDatabase {
  #server: EmbeddedPostgres;
  #life: Promise<void>;
  readonly #stopped = new AbortController();

  private constructor(
    server: EmbeddedPostgres,
    private readonly directory: string,
    private readonly onLine: (line: string) => void,
  ) {
    this.#server = server;
    this.#life = this.#keep();
  }

  /** Throws STORAGE_FAILED when the first start fails. */
  static async start(directory: string, onLine: (line: string) => void): Promise<KeptDatabase> {
    return new KeptDatabase(await startPostgres(directory, onLine), directory, onLine);
  }

  /** The same after a restart. */
  get url(): string {
    return this.#server.url;
  }

  get pid(): number | undefined {
    return this.#server.process.pid;
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#server.stop();
    await this.#life;
  }

  async #keep(): Promise<void> {
    const { signal } = this.#stopped;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const how = await this.#server.ended;
      if (this.#isStopped()) return;
      this.onLine(`ended with ${how}; starts again in ${pauseMs / 1000} s`);
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (this.#isStopped()) return;
      try {
        this.#server = await startPostgres(this.directory, this.onLine);
        // A stop that came while the server started could not reach it.
        if (this.#isStopped()) await this.#server.stop();
        else pauseMs = FIRST_PAUSE_MS;
      } catch (error) {
        this.onLine(reasonOf(error));
      }
    }
  }

  #isStopped(): boolean {
    return this.#stopped.signal.aborted;
  }
}
