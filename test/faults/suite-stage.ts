import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

export type AppName = 'tracer-svc' | 'tracer-node' | 'trace-indexer' | 'span-api' | 'postgres';

/** The services of our own. */
export const SERVICES = ['tracer-svc', 'tracer-node', 'trace-indexer', 'span-api'] as const;

const PORTS = { gateway: 27480, node: 27481, indexer: 27482, spanApi: 27483 } as const;
/** Far more than anything takes on a quiet machine: no fault is judged by its time. */
const PATIENCE_MS = Number(process.env['FAULTS_PATIENCE_MS'] ?? 180_000);
const MOUNT_BYTES = { traces: 96 * 2 ** 20, data: 640 * 2 ** 20 } as const;

/**
 * The whole suite from dist/, with small file systems of its own for traces and for data, tokens, and a wall clock that
 * can be moved. Needs root, to mount.
 */
export class SuiteStage {
  readonly directory = mkdtempSync(join(tmpdir(), 'faults-'));
  readonly traces = join(this.directory, 'traces');
  readonly data = join(this.directory, 'data');
  readonly url = `http://127.0.0.1:${PORTS.gateway}`;
  readonly ports = PORTS;
  readonly token = randomBytes(24).toString('base64url');
  readonly #tokens = join(this.directory, 'tokens');
  readonly #clock = join(this.directory, 'clock');
  #process: ChildProcess | undefined;
  #output = '';

  async start(): Promise<void> {
    if (process.getuid?.() !== 0) throw new Error('the fault suite mounts small disks: it needs root');
    chmodSync(this.directory, 0o755);
    for (const name of ['traces', 'data'] as const) {
      mkdirSync(this[name]);
      command('mount', '-t', 'tmpfs', '-o', `size=${MOUNT_BYTES[name]},mode=0755`, 'tmpfs', this[name]);
    }
    this.setTokens({});
    this.shiftClock(0);
    this.#process = spawn(process.execPath, ['dist/apps/tracer/src/main.js', 'up'], { env: this.#environment() });
    for (const stream of [this.#process.stdout, this.#process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#output += text));
    await this.ready();
  }

  async stop(): Promise<void> {
    const suite = this.#process;
    if (suite?.exitCode === null) {
      const ended = once(suite, 'exit');
      suite.kill('SIGTERM');
      const killer = setTimeout(() => suite.kill('SIGKILL'), 60_000);
      await ended;
      clearTimeout(killer);
    }
    for (const name of ['traces', 'data'] as const) spawnSync('umount', ['-l', this[name]]);
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** Whatever runs beside a fault, to be ended when it fails. */
  readonly background = new Set<() => void>();

  endBackground(): void {
    for (const end of this.background) end();
    this.background.clear();
  }

  /** The last lines that the suite printed, for the message of a failure. */
  get saidLast(): string {
    return this.#output.split('\n').slice(-25).join('\n');
  }

  /** A request to the gateway, with the token of an admin unless `init` has another. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.token}`, ...(init.headers as Record<string, string> | undefined) };
    return fetch(this.url + path, { signal: AbortSignal.timeout(60_000), ...init, headers });
  }

  async json<T>(path: string, init: RequestInit = {}): Promise<T> {
    const response = await this.fetch(path, init);
    const text = await response.text();
    if (!response.ok) throw new Error(`${init.method ?? 'GET'} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  }

  /** A metric of the gateway without labels but its service. */
  async metric(name: string): Promise<number> {
    const text = await (await this.fetch('/metrics')).text();
    const [, value] = new RegExp(`^${name}\\{service="[^"]*"\\} (\\S+)$`, 'm').exec(text) ?? [];
    if (value === undefined) throw new Error(`there is no metric ${name}`);
    return Number(value);
  }

  /** Waits until all apps are ready; resolves with how long that took. */
  ready(): Promise<number> {
    return this.until('the suite is ready', async () => (await this.fetch('/ready')).ok);
  }

  /** Waits for a condition; a request that fails is a no. Resolves with the ms it took. */
  async until(what: string, condition: () => Promise<boolean> | boolean): Promise<number> {
    const startedAt = performance.now();
    for (;;) {
      if (await holds(condition)) return Math.round(performance.now() - startedAt);
      if (performance.now() - startedAt > PATIENCE_MS) throw new Error(`waited in vain: ${what}\n${this.saidLast}`);
      if (this.#process?.exitCode !== null) throw new Error(`the suite ended:\n${this.saidLast}`);
      await sleep(50);
    }
  }

  /** The present process of an app. */
  pidOf(app: AppName): number {
    const isIt = (line: string): boolean =>
      app === 'postgres' ? line.includes('/postgres\0-D') : line.includes(`/${app}/src/main.js`);
    const pid = childrenOf(this.#process?.pid ?? 0).find((child) => isIt(readOr(`/proc/${child}/cmdline`)));
    if (pid === undefined) throw new Error(`${app} is not running`);
    return pid;
  }

  /** Resident memory, all apps together or one of them. */
  rssBytes(...apps: readonly AppName[]): number {
    return apps.reduce((sum, app) => sum + rssOf(this.pidOf(app)), 0);
  }

  /** Kills and waits for a new process that is ready; resolves with the ms until then. */
  async killAndWait(app: AppName): Promise<number> {
    const pid = this.pidOf(app);
    process.kill(pid, 'SIGKILL');
    const away = await this.until(`${app} runs again`, () => this.pidOf(app) !== pid);
    return away + (await this.ready());
  }

  /** Tokens beside that of the admin, by name, with role `trace`. Services read the list again when it changes. */
  setTokens(more: Readonly<Record<string, string>>): void {
    const line = (name: string, role: string, token: string): string =>
      `${name} ${role} sha256:${createHash('sha256').update(token).digest('hex')}\n`;
    const lines = Object.entries(more).map(([name, token]) => line(name, 'trace', token));
    writeFileSync(this.#tokens, [line('admin', 'admin', this.token), ...lines].join(''), { mode: 0o600 });
  }

  shiftClock(ms: number): void {
    writeFileSync(this.#clock, String(ms));
  }

  /** Takes what is left of a disk; the function returned gives it back. */
  fillDisk(which: 'traces' | 'data'): () => void {
    const ballast = join(this[which], 'ballast');
    // In shrinking pieces: what cannot be had in one is taken in halves, down to a page.
    for (let bytes: number = MOUNT_BYTES[which]; bytes >= 4096;) {
      const { status } = spawnSync('fallocate', [
        '-l',
        String(bytes),
        `${ballast}.${bytes}.${readdirSync(this[which]).length}`,
      ]);
      if (status !== 0) bytes = Math.floor(bytes / 2);
    }
    return () => {
      for (const name of readdirSync(this[which])) if (name.startsWith('ballast.')) rmSync(join(this[which], name));
    };
  }

  #environment(): NodeJS.ProcessEnv {
    const shim = pathToFileURL(fileURLToPath(new URL('./fixtures/shifted-clock.mjs', import.meta.url))).href;
    return {
      PATH: process.env['PATH'],
      NODE_OPTIONS: `--import ${shim}`,
      FAULTS_CLOCK_FILE: this.#clock,
      TRACER_PORT: String(PORTS.gateway),
      TRACER_NODE_PORT: String(PORTS.node),
      TRACER_INDEXER_PORT: String(PORTS.indexer),
      TRACER_SPAN_API_PORT: String(PORTS.spanApi),
      TRACER_DATA_DIR: this.data,
      TRACE_DIR: this.traces,
      TRACER_TOKENS_FILE: this.#tokens,
      TRACER_NODE_TOKEN: randomBytes(24).toString('base64url'),
      TRACER_NODE_DEADLINE_MS: '3000',
      ...{ TRACER_RATE_LIMIT: '0', TRACER_MAX_CONCURRENT: '0', TRACER_MAX_STREAMS: '0' },
    };
  }
}

async function holds(condition: () => Promise<boolean> | boolean): Promise<boolean> {
  try {
    return await condition();
  } catch {
    return false;
  }
}

function command(program: string, ...argv: string[]): void {
  const { status, stderr } = spawnSync(program, argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${argv.join(' ')}: ${stderr}`);
}

function childrenOf(pid: number): number[] {
  return readOr(`/proc/${pid}/task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
}

function rssOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readOr(`/proc/${pid}/status`))?.[1] ?? 0) * 1024;
}

function readOr(path: string, otherwise = ''): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return otherwise;
  }
}

/** `12.3 MiB` */
export function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}

/** `1.2 s` */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
