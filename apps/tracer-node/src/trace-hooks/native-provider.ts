import { reasonOf, TracerError } from '@tracer/base';
import type {
  CaptureCounts,
  CaptureResult,
  CaptureRun,
  CaptureSpec,
  EventCatalog,
  HookPlan,
  NativeHook,
} from '@tracer/trace-hooks';
import type { ChosenHook, EngineRun, HookEngine, HookGroup, RunEnd, RunSpec, Tasks } from '../sessions/engine.js';
import type { RunCounts, RunLimits } from '../sessions/session.js';
import type { HookProvider } from './hook-catalog.js';

/** Key of the built-in hooks among the groups. */
export const NATIVE_GROUP = 'native';

/** The one capture of the agent: a tracefs instance that all sessions share. */
export interface SharedCapture {
  start(spec: CaptureSpec, onEnd: (result: CaptureResult) => void): Promise<CaptureRun>;
}

/** What this kernel offers, or why it offers nothing. */
export type Kernel =
  | { readonly catalog: EventCatalog; readonly capture: SharedCapture; readonly problem?: never }
  | { readonly problem: string };

/** The built-in hooks. Those that this kernel cannot serve are listed with the reason. */
export class NativeProvider implements HookProvider {
  readonly #groups: readonly HookGroup[];

  constructor(
    private readonly hooks: readonly NativeHook[],
    private readonly kernel: Kernel,
  ) {
    const listings = hooks.map((hook) => {
      const unavailable = unavailableBecause(hook, kernel);
      const { name, description } = hook;
      return { name, description, ...(unavailable === undefined ? {} : { unavailable }) };
    });
    this.#groups = [{ key: NATIVE_GROUP, hooks: listings }];
  }

  groups(): readonly HookGroup[] {
    return this.#groups;
  }

  choose(group: string, name: string): ChosenHook {
    const hook = this.hooks.find((candidate) => candidate.name === name);
    const { kernel } = this;
    if (hook === undefined || kernel.problem !== undefined)
      throw new TracerError('HOOK_UNAVAILABLE', `trace-hook: ${name}: ${kernel.problem ?? 'is not built in'}`);
    const plan = (params: readonly string[]): HookPlan => hook.plan(params, kernel.catalog);
    return { group, name, engine: new NativeEngine(kernel.capture, plan), check: plan };
  }

  /** Nothing: the shared instance removes itself, and left-overs of dead agents are removed at the start. */
  clear(): Promise<void> {
    return Promise.resolve();
  }
}

function unavailableBecause(hook: NativeHook, kernel: Kernel): string | undefined {
  if (kernel.problem !== undefined) return kernel.problem;
  try {
    return hook.unavailableBecause(kernel.catalog);
  } catch (error) {
    return reasonOf(error);
  }
}

class NativeEngine implements HookEngine {
  constructor(
    private readonly capture: SharedCapture,
    private readonly plan: (params: readonly string[]) => HookPlan,
  ) {}

  async start(spec: RunSpec, onEnd: (end: RunEnd) => void): Promise<EngineRun> {
    const { session, tasks, file } = spec;
    const plan = this.plan(session.params);
    const limits = captureLimits(spec.limits, plan.timeLimitMs);
    const run = await this.capture.start({ id: session.id, plan, tids: tasks.tids, file, limits }, (result) => {
      onEnd(endOf(result));
    });
    return new NativeRun(run, file);
  }
}

class NativeRun implements EngineRun {
  /** Where the published agent shows the path of the text stream, stands that of the trace file. */
  readonly output: readonly string[];
  readonly errors: readonly string[] = [];

  constructor(
    private readonly run: CaptureRun,
    file: string,
  ) {
    this.output = [file];
  }

  counts(): RunCounts {
    return countsOf(this.run.counts());
  }

  summary(): Promise<RunEnd['summary']> {
    return this.run.summary();
  }

  addTasks({ tids }: Tasks): void {
    this.run.addTids(tids);
  }

  tail(onLines: (lines: Buffer) => void): () => void {
    return this.run.tail(onLines);
  }

  async stop(): Promise<RunEnd> {
    return endOf(await this.run.stop());
  }
}

/** The smaller of the session's time limit and the one among the hook's arguments. */
function captureLimits({ timeMs, events, bytes }: RunLimits, hookTimeMs = 0): CaptureSpec['limits'] {
  const times = [timeMs, hookTimeMs].filter((limitMs) => limitMs > 0);
  return {
    ...(times.length > 0 ? { timeMs: Math.min(...times) } : {}),
    ...(events > 0 ? { events } : {}),
    ...(bytes > 0 ? { bytes } : {}),
  };
}

function countsOf({ events, lost, lostByCpu, unpaired, bytes, tasks }: CaptureCounts): RunCounts {
  return { events, lost, lostByCpu, unpaired, bytes, tasks };
}

function endOf({ reason, counts, summary }: CaptureResult): RunEnd {
  const [, failure] = /^failed: (.*)$/s.exec(reason) ?? [];
  return {
    state: failure === undefined ? 'finished' : 'failed',
    reason: failure ?? reason,
    counts: countsOf(counts),
    summary,
  };
}
