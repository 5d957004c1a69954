import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@tracer/base';

/** One app of the suite as a process. */
export interface AppCommand {
  readonly name: string;
  readonly script: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Exit code of an app whose configuration is wrong: starting it again cannot help. */
const CONFIGURATION_WRONG = 2;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
/** An app that ran this long was well: the next pause is short again. */
const STABLE_MS = 60_000;

/** Keeps one app running: restarts it with growing pauses, stops it when told, passes its lines on. */
export class SupervisedApp {
  #child: ChildProcess | undefined;
  #stopping = false;
  #pauseMs = FIRST_PAUSE_MS;
  readonly #wake = new AbortController();
  #life: Promise<void> = Promise.resolve();

  constructor(
    readonly command: AppCommand,
    private readonly onLine: (name: string, line: string) => void,
    private readonly onHopeless: (name: string) => void,
  ) {}

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    this.#life = this.#keepRunning();
  }

  /** SIGTERM, then SIGKILL at the deadline. Resolves when the process is gone. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    this.#wake.abort();
    this.#child?.kill('SIGTERM');
    const kill = setTimeout(() => this.#child?.kill('SIGKILL'), deadlineMs);
    await this.#life;
    clearTimeout(kill);
  }

  async #keepRunning(): Promise<void> {
    while (!this.#stopping) {
      const startedAt = Date.now();
      const { code, signal } = await this.#runOnce();
      // Another call may have asked for the stop meanwhile.
      if (this.#isStopping()) return;
      if (code === CONFIGURATION_WRONG) {
        this.onHopeless(this.command.name);
        return;
      }
      if (Date.now() - startedAt > STABLE_MS) this.#pauseMs = FIRST_PAUSE_MS;
      const how = signal ?? `code ${String(code)}`;
      this.onLine(this.command.name, `ended with ${how}; starts again in ${this.#pauseMs / 1000} s`);
      await sleep(this.#pauseMs, undefined, { signal: this.#wake.signal }).catch(() => undefined);
      this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  #isStopping(): boolean {
    return this.#stopping;
  }

  async #runOnce(): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
    const { name, script, argv, env } = this.command;
    // The channel tells the app when its supervisor is gone; the own group keeps Ctrl-C for the supervisor.
    const child = spawn(process.execPath, [script, ...argv], {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream)
        createInterface({ input: stream }).on('line', (line) => {
          this.onLine(name, line);
        });
    }
    const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
    // A process that could not be made (too many of them) says so by an error and never exits.
    const [code, signal] = await ended.catch((error: unknown) => {
      this.onLine(name, `cannot be started: ${reasonOf(error)}`);
      return [null, null] as const;
    });
    this.#child = undefined;
    return { code, signal };
  }
}
