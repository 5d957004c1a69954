/** The hooks of foreign programs: directories with a `manager.*` that speaks the protocol of docs/hooks.md. */
import { TracerError, type Log } from '@tracer/base';
import { refuseForbidden, shown } from '../forbidden-options.js';
import type { LineLimits } from './bounded-lines.js';
import { findGroups, type FoundGroup } from './discover.js';
import { ExternalRun, type RunDeadlines } from './external-run.js';
import { HookProcess, runCommand, type CommandResult, type HookCommand } from './hook-process.js';
import type { TraceLineSink } from './trace-stream.js';

export interface ExternalHook {
  readonly name: string;
  /** Trimmed, without blank lines. */
  readonly description: readonly string[];
}

export interface ExternalHooksOptions {
  /** Trace streams are read only below this path. */
  readonly tracefsPath: string;
  /** `--get-all`, `--describe` and `--clear` are killed after this. */
  readonly commandMs: number;
  readonly run: RunDeadlines;
}

const DEFAULTS: ExternalHooksOptions = {
  tracefsPath: '/sys/kernel/tracing',
  commandMs: 5000,
  run: { firstLineMs: 5000, interruptMs: 5000, terminateMs: 1000 },
};
const LIST_LIMITS: LineLimits = { maxLines: 1000, maxLineBytes: 64 * 1024 };
const RUN_LIMITS: LineLimits = { maxLines: 1000, maxLineBytes: 4096 };
const MAX_HOOKS_PER_GROUP = 256;
const MAX_PROBLEMS = 10;
/** A name becomes an argument and a key in answers: one short word that can't be taken for an option. */
const HOOK_NAME = /^\w[\w.:+@-]{0,127}$/u;
// eslint-disable-next-line no-control-regex
const NO_TEXT = /[\u0000-\u0008\u000e-\u001f\ufffd]/u;
/** The kernel takes no single argument of 128 KiB or more. */
const MAX_ARGUMENT_BYTES = 128 * 1024 - 1;
const PARALLEL_MANAGERS = 4;

type Environment = Readonly<Record<string, string | undefined>>;

interface Group extends FoundGroup {
  readonly hooks: readonly ExternalHook[];
}

export class ExternalHooks {
  readonly #groups: ReadonlyMap<string, Group>;
  readonly #problems: ReadonlyMap<string, string>;
  readonly #env: Environment;
  readonly #log: Log;
  readonly #options: ExternalHooksOptions;

  private constructor(
    groups: readonly Group[],
    problems: ReadonlyMap<string, string>,
    env: Environment,
    log: Log,
    options: ExternalHooksOptions,
  ) {
    this.#groups = new Map(groups.map((group) => [group.group, group]));
    this.#problems = problems;
    this.#env = env;
    this.#log = log;
    this.#options = options;
  }

  /**
   * Asks every manager below `directory` for its hooks: `--get-all`, `--describe` once per name, `--clear`. Never
   * rejects: a directory that is missing and a manager that fails, hangs or prints nonsense are listed in `problems`.
   *
   * @param env the whole environment of the managers; TRACER_PROCFS_PATH and TRACER_SYSFS_PATH belong in it when set
   */
  static async discover(
    directory: string,
    env: Environment,
    log: Log,
    options: Partial<ExternalHooksOptions> = {},
  ): Promise<ExternalHooks> {
    const all = { ...DEFAULTS, ...options };
    const found = findGroups(directory);
    const problems = new Map(found.problems);
    const groups = await inParallel(found.groups, PARALLEL_MANAGERS, async (group): Promise<Group> => {
      const { hooks, problem } = await askManager(group, env, all.commandMs);
      if (problem !== undefined) problems.set(group.group, problem);
      return { ...group, hooks };
    });
    for (const [group, reason] of problems) log.warn({ group, reason }, 'external hook group has a problem');
    const hooks = new ExternalHooks(groups, problems, env, log, all);
    await hooks.clear();
    return hooks;
  }

  /** Group key → its hooks, in the order in which the manager named them. A broken group is there, without hooks. */
  groups(): Map<string, ExternalHook[]> {
    return new Map([...this.#groups].map(([key, group]) => [key, [...group.hooks]]));
  }

  /** Group key or directory → what is wrong with it, in words. */
  problems(): ReadonlyMap<string, string> {
    return this.#problems;
  }

  /** Lets every manager remove what its hooks may have left behind. Failures are logged, never thrown. */
  async clear(): Promise<void> {
    const usable = [...this.#groups.values()].filter((group) => group.problem === undefined);
    await inParallel(usable, PARALLEL_MANAGERS, async (group) => {
      const result = await runCommand(commandOf(group, ['--clear'], this.#env), this.#options.commandMs, LIST_LIMITS);
      const reason = failureOf(result, this.#options.commandMs);
      if (reason !== undefined) this.#log.warn({ group: group.group, reason }, 'external hook group: --clear failed');
    });
  }

  /**
   * Starts a hook on processes. What the manager prints is in the returned run, even if it fails at once.
   *
   * @param sink receives the lines of the text trace stream that the hook names; without one the stream is not read
   * @throws TracerError HOOK_UNKNOWN, HOOK_ARGUMENT_INVALID, HOOK_FAILED (nothing to trace)
   */
  run(
    group: string,
    hook: string,
    pids: readonly number[],
    params: readonly string[],
    sink?: TraceLineSink,
  ): ExternalRun {
    const found = this.#groups.get(group);
    if (found?.hooks.some((known) => known.name === hook) !== true) {
      throw new TracerError('HOOK_UNKNOWN', `trace-hook: no hook "${hook}" in group "${group}"`);
    }
    const command = commandOf(found, ['--run', hook, '--args', hookArguments(pids, params)], this.#env);
    return new ExternalRun(
      (onLine) => new HookProcess(command, RUN_LIMITS, onLine),
      this.#options.run,
      this.#options.tracefsPath,
      sink,
      this.#log,
    );
  }

  /**
   * What `run` would refuse, without running anything.
   *
   * @throws TracerError HOOK_ARGUMENT_INVALID
   */
  static checkArguments(params: readonly string[]): void {
    refuseForbidden(params);
  }
}

/** The one argument after `--args`: `--pid 10 11 -s read write`. */
function hookArguments(pids: readonly number[], params: readonly string[]): string {
  refuseForbidden(params);
  if (pids.length === 0) throw new TracerError('HOOK_FAILED', 'no processes to trace');
  if (!pids.every((pid) => Number.isSafeInteger(pid) && pid > 0)) {
    throw new TracerError('HOOK_FAILED', 'process ids must be positive integers');
  }
  const text = ['--pid', ...pids, ...params].join(' ');
  if (Buffer.byteLength(text) > MAX_ARGUMENT_BYTES) {
    throw new TracerError('HOOK_FAILED', `${pids.length} processes are more than an external hook can be told`);
  }
  return text;
}

function commandOf(group: FoundGroup, args: readonly string[], env: Environment): HookCommand {
  return { file: `./${group.manager}`, args, cwd: group.path, env };
}

interface Answer {
  readonly hooks: readonly ExternalHook[];
  readonly problem?: string;
}

async function askManager(group: FoundGroup, env: Environment, deadlineMs: number): Promise<Answer> {
  if (group.problem !== undefined) return { hooks: [], problem: group.problem };
  const all = await runCommand(commandOf(group, ['--get-all'], env), deadlineMs, LIST_LIMITS);
  const failure = failureOf(all, deadlineMs);
  if (failure !== undefined) return { hooks: [], problem: `${group.manager} --get-all ${failure}` };
  if (all.lines.some((line) => NO_TEXT.test(line))) {
    return { hooks: [], problem: `${group.manager} --get-all printed something that is no text` };
  }
  const names = [...new Set(all.lines.flatMap((line) => line.split(/\s+/u)).filter((name) => name !== ''))];
  const problems = names.filter((name) => !HOOK_NAME.test(name)).map((name) => `${shown(name)} is no name of a hook`);
  const hooks: ExternalHook[] = [];
  for (const name of names.filter((word) => HOOK_NAME.test(word)).slice(0, MAX_HOOKS_PER_GROUP)) {
    const result = await runCommand(commandOf(group, ['--describe', name], env), deadlineMs, LIST_LIMITS);
    const reason = failureOf(result, deadlineMs);
    if (reason === undefined) hooks.push({ name, description: descriptionOf(result.lines) });
    else problems.push(`${group.manager} --describe ${name} ${reason}`);
    // A manager that hangs would hang for every further name as well.
    if (result.timedOut) break;
  }
  return { hooks, ...(problems.length === 0 ? {} : { problem: problems.slice(0, MAX_PROBLEMS).join('; ') }) };
}

function descriptionOf(lines: readonly string[]): string[] {
  return lines.map((line) => line.trim()).filter((line) => line !== '');
}

function failureOf(result: CommandResult, deadlineMs: number): string | undefined {
  if (result.problem !== undefined) return `could not be started: ${result.problem}`;
  if (result.timedOut) return `did not end within ${deadlineMs} ms`;
  if (result.code === 0) return undefined;
  const how = result.code === undefined ? `was ended by ${result.signal ?? 'a signal'}` : `ended with ${result.code}`;
  const said = result.errors.find((line) => line.trim() !== '');
  return said === undefined ? how : `${how}: ${said.trim().slice(0, 200)}`;
}

/** Results in the order of the items, at most `width` at a time. */
async function inParallel<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = new Array<R>(items.length);
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
  return results;
}
