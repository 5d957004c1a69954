import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '../../apps/tracer/src/embedded-postgres.js';

/** A real PostgreSQL of a test file's own. */
export interface TestDatabase {
  /** `postgres://…` of an empty database over a unix socket. */
  readonly url: string;
  /** Stops the server and removes its files. */
  stop(): Promise<void>;
}

/**
 * Starts the embedded server on a directory of its own; takes about two seconds, so call it once a file:
 *
 * ```ts
 * let database: TestDatabase;
 * beforeAll(async () => { database = await startTestDatabase(); }, 60_000);
 * afterAll(() => database.stop());
 * ```
 */
export async function startTestDatabase(): Promise<TestDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'tracer-pg-'));
  // The server runs as another user when the tests run as root; mkdtemp makes directories of mode 0700.
  chmodSync(directory, 0o755);
  const said: string[] = [];
  const server = await startPostgres(directory, (line) => said.push(line));
  const kill = (): void => void server.process.kill('SIGQUIT');
  process.once('exit', kill);
  return {
    url: server.url,
    stop: async () => {
      process.off('exit', kill);
      await server.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
