import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, type Log } from '@tracer/base';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from './migrations/index.js';
import { ENTITIES } from './entities/index.js';

const CONNECT_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
/** Several replicas may start at once: one of them migrates, the others wait for this lock. */
const MIGRATION_LOCK = 7_246_355;

/** What node-postgres counts. */
interface PoolCounts {
  readonly totalCount?: number;
  readonly idleCount?: number;
  readonly waitingCount?: number;
}

/**
 * The connection to PostgreSQL (15 or later). It connects in the background and goes on trying, so that a service can
 * start before its database and say through `problem` what it waits for. Migrations run once, under an advisory lock.
 */
export class Database {
  readonly source: DataSource;
  #problem: string | undefined = 'not connected yet';
  readonly #closed = new AbortController();

  constructor(
    url: string,
    private readonly log: Log,
  ) {
    this.source = new DataSource({
      type: 'postgres',
      url,
      entities: [...ENTITIES],
      migrations: [...MIGRATIONS],
      applicationName: 'tracer',
      poolSize: 10,
      connectTimeoutMS: 5_000,
    });
  }

  /** Resolves when connected and migrated, or when closed. */
  async open(): Promise<void> {
    for (
      let pauseMs = CONNECT_PAUSE_MS;
      !this.#closed.signal.aborted;
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)
    ) {
      try {
        if (!this.source.isInitialized) await this.source.initialize();
        await this.#migrate();
        this.#problem = undefined;
        return;
      } catch (error) {
        this.#problem = reasonOf(error);
        this.log.warn({ reason: this.#problem, pauseMs }, 'database not reachable, trying again');
        await sleep(pauseMs, undefined, { signal: this.#closed.signal }).catch(() => undefined);
      }
    }
  }

  /** What is wrong with the database now, or undefined. */
  async problem(): Promise<string | undefined> {
    if (this.#problem !== undefined) return this.#problem;
    try {
      await this.source.query('SELECT 1');
      return undefined;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** Connections of the pool: in use, open without use, and requests that wait for one. All 0 before the first. */
  get connections(): { readonly busy: number; readonly idle: number; readonly waiting: number } {
    const pool = (this.source.driver as { master?: PoolCounts }).master;
    const { totalCount = 0, idleCount = 0, waitingCount = 0 } = pool ?? {};
    return { busy: totalCount - idleCount, idle: idleCount, waiting: waitingCount };
  }

  async close(): Promise<void> {
    this.#closed.abort();
    if (this.source.isInitialized) await this.source.destroy();
  }

  async #migrate(): Promise<void> {
    const runner = this.source.createQueryRunner();
    try {
      await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
      await this.source.runMigrations({ transaction: 'each' });
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
      await runner.release();
    }
  }
}
