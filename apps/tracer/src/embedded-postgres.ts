import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf, TracerError } from '@tracer/base';
import { guardPostgres } from './postgres-guard.js';
import { postgresPrograms } from './postgres-programs.js';
import { giveTo, serverUser, type ServerUser } from './server-user.js';

const DATABASE = 'tracer';
const USER = 'tracer';
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;
/** What the server says at every start and stop; a recovery is not routine. */
const ROUTINE = /^LOG: {2}(?!.*(interrupted|recover|redo|terminated|crash))/;
/** Longest path the kernel takes for a unix socket, less the name that PostgreSQL adds to its directory. */
const LONGEST_SOCKET_DIRECTORY = 107 - '/.s.PGSQL.5432.lock'.length;

/** A PostgreSQL of the suite's own: a data directory, a unix socket, no TCP port. */
export interface EmbeddedPostgres {
  /** Where a client connects, password included. */
  readonly url: string;
  readonly process: ChildProcess;
  /** Settles when the server has ended, with its code or signal in words. */
  readonly ended: Promise<string>;
  /** Fast shutdown: clients are disconnected, everything committed is on disk. */
  stop(): Promise<void>;
}

/**
 * Starts the server on `<dataDirectory>/postgres`, creating the cluster at first. As root the server runs as the user
 * `nobody` (PostgreSQL refuses root), which must be able to reach the directory. When this process is killed a guard stops
 * the server; one that was left over all the same is stopped first, a crashed one recovers by itself. Throws STORAGE_FAILED with what the server said.
 */
export async function startPostgres(dataDirectory: string, onLine: (line: string) => void): Promise<EmbeddedPostgres> {
  const user = serverUser(dataDirectory);
  const programs = postgresPrograms(dataDirectory, user);
  const home = join(dataDirectory, 'postgres');
  mkdirSync(home, { recursive: true });
  giveTo(user, home);
  const cluster = join(home, `cluster-${programs.majorVersion}`);
  const password = passwordIn(join(home, 'password'));
  if (!existsSync(join(cluster, 'PG_VERSION'))) await createCluster(cluster, password, programs.directory, user);
  await stopLeftOver(cluster);
  const sockets = socketDirectory(dataDirectory, user);
  const server = launch(join(programs.directory, 'postgres'), serverArguments(cluster, sockets), user, (line) => {
    if (!ROUTINE.test(line)) onLine(line);
  });
  server.stdin?.end();
  const ended = once(server, 'exit').then(([code, signal]) => String(signal ?? `code ${String(code)}`), reasonOf);
  if (server.pid !== undefined) {
    const guard = guardPostgres(server.pid, cluster, user);
    void ended.finally(() => guard.kill('SIGKILL'));
  }
  await untilReady(server, cluster);
  const url = `postgres://${USER}:${password}@/${DATABASE}?host=${encodeURIComponent(sockets)}`;
  return { url, process: server, ended, stop: () => stopServer(server) };
}

function serverArguments(cluster: string, sockets: string): string[] {
  const settings = {
    listen_addresses: '',
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    max_connections: '60',
    shared_buffers: '64MB',
    max_wal_size: '512MB',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
    log_line_prefix: '',
  };
  return ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** The cluster is made under another name and renamed at the end, so that a start that is cut leaves nothing half-done. */
async function createCluster(cluster: string, password: string, programs: string, user: ServerUser): Promise<void> {
  const draft = `${cluster}.new`;
  rmSync(draft, { recursive: true, force: true });
  const passwordFile = `${draft}.password`;
  rmSync(passwordFile, { force: true });
  // `wx`: the directory belongs to the server's user, and root must not write through a link that waits there.
  writeFileSync(passwordFile, password, { mode: 0o600, flag: 'wx' });
  giveTo(user, passwordFile);
  try {
    await run(
      join(programs, 'initdb'),
      ['-D', draft, '-U', USER, '-E', 'UTF8', '--locale=C', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      user,
    );
    await run(join(programs, 'postgres'), ['--single', '-D', draft, 'postgres'], user, `CREATE DATABASE ${DATABASE}\n`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draft, cluster);
}

async function run(program: string, argv: readonly string[], user: ServerUser, input = ''): Promise<void> {
  const said: string[] = [];
  const child = launch(program, argv, user, (line) => said.push(line));
  child.stdin?.end(input);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new TracerError('STORAGE_FAILED', `the database could not be created: ${said.join(' ')}`);
}

function launch(
  program: string,
  argv: readonly string[],
  user: ServerUser,
  onLine: (line: string) => void,
): ChildProcess {
  // An own process group: Ctrl-C in the terminal must reach the supervisor only, which stops the server last.
  const child = spawn(program, argv, {
    ...user.credentials,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { LC_ALL: 'C' },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.split('\n')) if (line.trim() !== '') onLine(line);
    });
  }
  return child;
}

/** The server writes its state into the eighth line of postmaster.pid. */
async function untilReady(server: ChildProcess, cluster: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    if (server.exitCode !== null || server.signalCode !== null) {
      const how = server.signalCode ?? `code ${String(server.exitCode)}`;
      throw new TracerError('STORAGE_FAILED', `PostgreSQL ended with ${how}`);
    }
    const [pid, , , , , , , state] = postmasterFile(cluster);
    if (Number(pid) === server.pid && state?.trim() === 'ready') return;
    await sleep(20);
  }
  server.kill('SIGQUIT');
  throw new TracerError('STORAGE_FAILED', `PostgreSQL was not ready within ${START_DEADLINE_MS / 1000} s`);
}

function postmasterFile(cluster: string): string[] {
  try {
    return readFileSync(join(cluster, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return [];
  }
}

/** A server whose supervisor was killed still owns the directory; a pid that belongs to something else is left alone. */
async function stopLeftOver(cluster: string): Promise<void> {
  const pid = Number(postmasterFile(cluster)[0] ?? 0);
  const isPostgres = (): boolean => {
    try {
      return pid > 0 && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(cluster);
    } catch {
      return false;
    }
  };
  const deadline = Date.now() + STOP_DEADLINE_MS;
  if (isPostgres()) process.kill(pid, 'SIGINT');
  while (isPostgres() && Date.now() < deadline) await sleep(50);
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGINT');
  if ((await Promise.race([ended, sleep(STOP_DEADLINE_MS, undefined, { ref: false })])) === undefined) {
    server.kill('SIGQUIT');
    await ended;
  }
}

function passwordIn(file: string): string {
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' });
  return readFileSync(file, 'utf8').trim();
}

function socketDirectory(dataDirectory: string, user: ServerUser): string {
  const directory = join(dataDirectory, 'run');
  if (directory.length > LONGEST_SOCKET_DIRECTORY)
    throw new TracerError(
      'CONFIG_INVALID',
      `TRACER_DATA_DIR is too long for a unix socket: "${directory}" has ${directory.length} characters, ${LONGEST_SOCKET_DIRECTORY} are possible`,
    );
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o700);
  giveTo(user, directory);
  return directory;
}
