import type { Log } from '@tracer/base';
import { ExternalHooks, StreamRecorder, type HookExit, type HookRun, type ProcessRef } from '@tracer/trace-hooks';
import type { ChosenHook, EngineRun, HookEngine, HookGroup, RunEnd, RunSpec } from '../sessions/engine.js';
import type { RunCounts } from '../sessions/session.js';
import type { HookProvider } from './hook-catalog.js';

export interface ExternalProviderOptions {
  readonly hooks: ExternalHooks;
  readonly procfsPath: string;
  readonly log: Log;
}

const LIMIT_CHECK_MS = 100;

/** Hooks of foreign programs (`manager.*` in the hooks directory), by directory. */
export class ExternalProvider implements HookProvider {
  readonly #groups: readonly HookGroup[];

  constructor(private readonly options: ExternalProviderOptions) {
    const problems = options.hooks.problems();
    this.#groups = [...options.hooks.groups()].map(([key, hooks]) => {
      const problem = problems.get(key);
      return { key, hooks, ...(problem === undefined ? {} : { problem }) };
    });
  }

  groups(): readonly HookGroup[] {
    return this.#groups;
  }

  choose(group: string, name: string): ChosenHook {
    return {
      group,
      name,
      engine: new ExternalEngine(this.options),
      check: (params) => {
        ExternalHooks.checkArguments(params);
      },
    };
  }

  clear(): Promise<void> {
    return this.options.hooks.clear();
  }
}

class ExternalEngine implements HookEngine {
  constructor(private readonly options: ExternalProviderOptions) {}

  async start(spec: RunSpec, onEnd: (end: RunEnd) => void): Promise<EngineRun> {
    const { hooks, procfsPath, log } = this.options;
    const recorder = new StreamRecorder({ file: spec.file, procfsPath, limits: spec.limits });
    try {
      const { hookGroup, hook, params } = spec.session;
      const run = hooks.run(hookGroup, hook, spec.tasks.pids, params, (lines) => recorder.take(lines));
      const started = new RecordedRun(run, recorder, spec, onEnd);
      await run.firstLine;
      return started;
    } catch (error) {
      const problem = await recorder.close();
      if (problem !== undefined) log.warn({ file: spec.file, reason: problem }, 'trace file is not complete');
      throw error;
    }
  }
}

/** A run of an external hook, with the trace file that its stream becomes. */
class RecordedRun implements EngineRun {
  readonly #followers = new Set<(lines: Buffer) => void>();
  readonly #startedMs = performance.now();
  readonly #limitCheck: NodeJS.Timeout;
  readonly #end: Promise<RunEnd>;
  /** Why we ended the hook; undefined while we have not. */
  #stopReason: string | undefined;

  constructor(
    private readonly run: HookRun,
    private readonly recorder: StreamRecorder,
    private readonly spec: RunSpec,
    onEnd: (end: RunEnd) => void,
  ) {
    this.#limitCheck = setInterval(() => {
      this.#keepLimits();
    }, LIMIT_CHECK_MS);
    this.#end = run.ended.then((exit) => this.#finish(exit));
    void this.#end.then(onEnd);
  }

  get output(): readonly string[] {
    return withDropped(this.run.output, this.run.outputDropped);
  }

  get errors(): readonly string[] {
    return withDropped(this.run.errors, this.run.errorsDropped);
  }

  get process(): ProcessRef | undefined {
    return this.run.process;
  }

  counts(): RunCounts {
    const tasks = this.spec.tasks.tids.length;
    return { ...this.recorder.counts(), lost: this.run.stream.lost, tasks };
  }

  summary(): Promise<RunEnd['summary']> {
    return Promise.resolve(this.recorder.summary());
  }

  /** Nothing: the protocol has no way to tell a running hook; the kernel follows children where the hook asked it to. */
  addTasks(): void {
    // See above.
  }

  tail(onLines: (lines: Buffer) => void): () => void {
    this.#followers.add(onLines);
    this.recorder.onLines = (lines) => {
      for (const follower of this.#followers) follower(lines);
    };
    return () => {
      this.#followers.delete(onLines);
      if (this.#followers.size === 0) this.recorder.onLines = undefined;
    };
  }

  async stop(): Promise<RunEnd> {
    await this.#stopFor('stopped');
    return this.#end;
  }

  async #stopFor(reason: string): Promise<void> {
    this.#stopReason ??= reason;
    await this.run.stop();
  }

  #keepLimits(): void {
    const { timeMs } = this.spec.limits;
    const late = timeMs > 0 && performance.now() - this.#startedMs >= timeMs;
    const reason = late ? 'time limit' : this.recorder.exhausted;
    if (reason !== undefined && this.#stopReason === undefined) void this.#stopFor(reason);
  }

  async #finish(exit: HookExit): Promise<RunEnd> {
    clearInterval(this.#limitCheck);
    const problem = await this.recorder.close();
    const figures = { counts: this.counts(), summary: this.recorder.summary() };
    if (problem !== undefined) return { state: 'failed', reason: problem, ...figures };
    const outcome = this.#stopReason === undefined ? endedByItself(exit) : endedByUs(exit, this.#stopReason);
    return { ...outcome, ...figures };
  }
}

type Outcome = Pick<RunEnd, 'state' | 'reason' | 'held' | 'exit'>;

/** The session goes on as running until somebody stops it, as clients of the published agent expect. */
function endedByItself({ code, signal, problem }: HookExit): Outcome {
  if (code === 0) return { state: 'finished', reason: 'the hook ended', held: {} };
  const exit = problem ?? (code === undefined ? `signal ${signal ?? 'unknown'}` : `exit status ${code}`);
  return { state: 'failed', reason: exit, held: { exit } };
}

function endedByUs({ code, signal, problem }: HookExit, why: string): Outcome {
  const failure = problem ?? /^failed: (.*)$/s.exec(why)?.[1];
  if (failure !== undefined) return { state: 'failed', reason: failure };
  if (signal !== undefined && signal !== 'SIGINT')
    return { state: 'finished', reason: `${why}; the hook had to be ended with ${signal}` };
  if (code === undefined || code === 0) return { state: 'finished', reason: why };
  const exit = `exit status ${code}`;
  return { state: 'failed', reason: `${why}, ${exit}`, ...(why === 'stopped' ? { exit } : {}) };
}

function withDropped(lines: readonly string[], dropped: number): readonly string[] {
  return dropped === 0 ? lines : [...lines, `… and ${dropped} more lines`];
}

/** Asks the managers below a directory for their hooks. Never rejects; what is wrong is in the group's `problem`. */
export async function discoverExternal(
  directory: string,
  options: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly tracefsPath: string;
    readonly procfsPath: string;
    readonly log: Log;
  },
): Promise<ExternalProvider> {
  const { env, tracefsPath, procfsPath, log } = options;
  const hooks = await ExternalHooks.discover(directory, env, log, { tracefsPath });
  return new ExternalProvider({ hooks, procfsPath, log });
}
