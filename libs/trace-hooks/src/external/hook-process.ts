/**
 * The only file that starts programs. A manager is started without a shell, by an argument vector, in a process group
 * of its own with SIGINT at its default (libuv resets the dispositions of a child, so an agent that was started with
 * SIGINT ignored does not hand that down), and it never outlives its deadline.
 */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { reasonOf } from '@tracer/base';
import { BoundedLines, type LineLimits } from './bounded-lines.js';
import { descendantsOf, stillRuns, type ProcessRef } from './process-tree.js';

export interface HookCommand {
  /** Relative to `cwd` or absolute; never looked up in PATH. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface HookExit {
  /** Undefined if a signal ended the process or if it could not be started. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** Why the process could not be started. */
  readonly problem?: string;
}

export interface StopDeadlines {
  /** From SIGINT to the manager until SIGTERM to its group. */
  readonly interruptMs: number;
  /** From SIGTERM until SIGKILL. */
  readonly terminateMs: number;
}

/** Pipes that a forgotten grandchild holds open are not waited for longer than this. */
const CLOSE_GRACE_MS = 500;
/** A process in an uninterruptible sleep survives even SIGKILL; its session must be able to end all the same. */
const KILL_GRACE_MS = 2000;
/** A manager that prints more than this is read slowly, so that a flood costs it its own time and not the agent's. */
const FLOOD_BYTES = 4 * 1024 * 1024;
const FLOOD_PAUSE_MS = 10;

type Child = ChildProcessByStdio<null, Readable, Readable>;

export class HookProcess {
  readonly output: BoundedLines;
  readonly errors: BoundedLines;
  /** Settles when the process is gone and its output is read; never rejects. */
  readonly ended: Promise<HookExit>;
  readonly pid: number | undefined;
  #gone = false;
  #stopping: Promise<HookExit> | undefined;

  constructor(command: HookCommand, limits: LineLimits, onLine: () => void = () => undefined) {
    this.output = new BoundedLines(limits, onLine);
    this.errors = new BoundedLines(limits, onLine);
    const child = start(command);
    if (typeof child === 'string') {
      this.#gone = true;
      this.ended = Promise.resolve({ code: undefined, signal: undefined, problem: child });
      return;
    }
    this.pid = child.pid;
    collect(child.stdout, this.output);
    collect(child.stderr, this.errors);
    this.ended = this.#whenEnded(child);
  }

  /**
   * SIGINT to the manager alone, as the protocol says; after the first deadline SIGTERM, after the second SIGKILL, both
   * to its whole process group and to descendants that left the group. The same promise for every caller.
   */
  stop(deadlines: StopDeadlines): Promise<HookExit> {
    this.#stopping ??= this.#stop(deadlines);
    return this.#stopping;
  }

  async #stop(deadlines: StopDeadlines): Promise<HookExit> {
    if (this.pid === undefined || this.#gone) return this.ended;
    signal(this.pid, 'SIGINT');
    const interrupted = await within(this.ended, deadlines.interruptMs);
    if (interrupted !== undefined) return interrupted;
    const descendants = descendantsOf(this.pid);
    this.#signalAll('SIGTERM', descendants);
    const terminated = await within(this.ended, deadlines.terminateMs);
    this.#signalAll('SIGKILL', descendants);
    const unkillable = {
      code: undefined,
      signal: undefined,
      problem: `process ${this.pid} does not end after SIGKILL`,
    };
    return terminated ?? (await within(this.ended, KILL_GRACE_MS)) ?? unkillable;
  }

  #signalAll(name: NodeJS.Signals, descendants: readonly ProcessRef[]): void {
    for (const process of descendants) if (stillRuns(process)) signal(process.pid, name);
    if (this.pid !== undefined && !this.#gone) signal(-this.pid, name);
  }

  #whenEnded(child: Child): Promise<HookExit> {
    return new Promise((resolve) => {
      let exit: HookExit = { code: undefined, signal: undefined };
      const finish = (): void => {
        clearTimeout(grace);
        child.stdout.destroy();
        child.stderr.destroy();
        this.output.end();
        this.errors.end();
        resolve(exit);
      };
      let grace: NodeJS.Timeout | undefined;
      child.once('error', (error) => {
        if (child.pid !== undefined) return;
        this.#gone = true;
        exit = { ...exit, problem: reasonOf(error) };
        finish();
      });
      child.once('exit', (code, name) => {
        this.#gone = true;
        exit = { code: code ?? undefined, signal: name ?? undefined };
        // A hook lives as long as its manager: what is left of the group would trace on for nobody.
        if (child.pid !== undefined) signal(-child.pid, 'SIGKILL');
        grace = setTimeout(finish, CLOSE_GRACE_MS);
        child.once('close', finish);
      });
    });
  }
}

export interface CommandResult extends HookExit {
  readonly lines: readonly string[];
  readonly errors: readonly string[];
  /** True if the deadline passed and the command was killed. */
  readonly timedOut: boolean;
}

/** Runs a command that is expected to end by itself. Never rejects. */
export async function runCommand(command: HookCommand, deadlineMs: number, limits: LineLimits): Promise<CommandResult> {
  const process = new HookProcess(command, limits);
  const inTime = await within(process.ended, deadlineMs);
  const exit = inTime ?? (await process.stop({ interruptMs: 0, terminateMs: 100 }));
  return { ...exit, lines: process.output.lines, errors: process.errors.lines, timedOut: inTime === undefined };
}

function start(command: HookCommand): Child | string {
  try {
    return spawn(command.file, command.args, {
      cwd: command.cwd,
      env: command.env,
      detached: true,
      shell: false,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    // A NUL byte or an argument vector beyond the limits of the system.
    return reasonOf(error);
  }
}

function collect(stream: Readable, lines: BoundedLines): void {
  stream.on('data', (chunk: Buffer) => {
    lines.push(chunk);
    if (lines.bytes <= FLOOD_BYTES) return;
    stream.pause();
    setTimeout(() => stream.resume(), FLOOD_PAUSE_MS).unref();
  });
  // The pipe of a killed process may end in an error; what was read until then stays.
  stream.on('error', () => stream.destroy());
}

/** The value of `promise`, or undefined after `ms`. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sends a signal. A process that is gone already, or that changed its user, is beyond reach: nothing else can be done. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // ESRCH or EPERM, see above; both are normal at the end of a process.
  }
}
