import { TracerError } from '@tracer/base';
import type { ChosenHook, EngineRun, HookEngine, RunEnd, RunSpec, Tasks } from '../engine.js';
import { NO_CALLS, type RunCounts } from '../session.js';

/** A run that does what the test says. */
export class FakeRun implements EngineRun {
  readonly output: string[] = ['/trace'];
  readonly errors: string[] = [];
  readonly process = { pid: 77, startTime: '1' };
  readonly added: Tasks[] = [];
  readonly receivers = new Set<(lines: Buffer) => void>();
  events = 0;
  stops = 0;
  stopDelayMs = 0;
  /** What `stop` answers. */
  exit: string | undefined;
  #end: RunEnd | undefined;

  constructor(
    readonly spec: RunSpec,
    private readonly onEnd: (end: RunEnd) => void,
  ) {}

  counts(): RunCounts {
    const tasks = this.spec.tasks.tids.length;
    return { events: this.events, lost: 1, bytes: this.events * 10, tasks };
  }

  summary(): Promise<RunEnd['summary']> {
    return Promise.resolve({ ...NO_CALLS, counters: { events: this.events } });
  }

  addTasks(tasks: Tasks): void {
    this.added.push(tasks);
  }

  tail(onLines: (lines: Buffer) => void): () => void {
    this.receivers.add(onLines);
    return () => this.receivers.delete(onLines);
  }

  emit(line: string): void {
    this.events++;
    for (const receive of this.receivers) receive(Buffer.from(`${line}\n`));
  }

  /** The run ends without being asked to. */
  endByItself(end: Partial<RunEnd> & Pick<RunEnd, 'reason'>): void {
    this.#finish({ state: 'finished', counts: this.counts(), summary: NO_CALLS, ...end });
  }

  async stop(): Promise<RunEnd> {
    this.stops++;
    if (this.stopDelayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.stopDelayMs));
    const exit = this.exit === undefined ? {} : { exit: this.exit };
    return this.#finish({ state: 'finished', reason: 'stopped', counts: this.counts(), summary: NO_CALLS, ...exit });
  }

  #finish(end: RunEnd): RunEnd {
    if (this.#end === undefined) {
      this.#end = end;
      this.onEnd(end);
    }
    return this.#end;
  }
}

/** Hooks that record nothing. `ok` starts, `refuses` does not, arguments that begin with `bad` are refused. */
export class FakeEngine implements HookEngine {
  readonly runs: FakeRun[] = [];
  failure: TracerError | undefined;

  start(spec: RunSpec, onEnd: (end: RunEnd) => void): Promise<EngineRun> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const run = new FakeRun(spec, onEnd);
    this.runs.push(run);
    return Promise.resolve(run);
  }

  get last(): FakeRun {
    const run = this.runs.at(-1);
    if (run === undefined) throw new Error('nothing was started');
    return run;
  }

  chosen(name = 'ok'): ChosenHook {
    return {
      group: 'fake',
      name,
      engine: this,
      check: (params) => {
        const bad = params.find((param) => param.startsWith('bad'));
        if (bad !== undefined) throw new TracerError('HOOK_ARGUMENT_INVALID', `trace-arguments: ${bad}`);
      },
    };
  }
}
