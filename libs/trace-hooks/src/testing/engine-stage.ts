/** A capture engine on a fake kernel, made anew for every test of the spec that calls `useEngine`. */
import { afterAll, afterEach, beforeEach } from '@jest/globals';
import { silent } from '@tracer/base';
import { CaptureEngine, type EngineSpec } from '../capture/capture-engine.js';
import type { CaptureResult } from '../capture/capture-types.js';
import type { Session } from '../capture/session.js';
import { nowTicks } from '../capture/task-scan.js';
import type { DecoderContext, EventDecoder, HookPlan, TraceSink } from '../native-hook.js';
import type { RawEvent } from '../raw-event.js';
import { syscallDecoder } from '../syscalls/syscall-decoder.js';
import { FakeKernel } from './fake-kernel.js';
import { eventsIn, makeDirectory, readTrace, type TraceLine } from './trace-file.js';

/** Writes every record as it comes; `options.throwsAt` names the event (or `finish`) that it cannot cope with. */
class PlainDecoder implements EventDecoder {
  readonly unpaired = 0;

  constructor(
    private readonly out: TraceSink,
    private readonly context: DecoderContext,
    private readonly options: Readonly<Record<string, unknown>>,
  ) {}

  onEvent(event: RawEvent): void {
    const { tid, atNs } = event;
    if (event.eventName === this.options['throwsAt']) throw new Error('cannot decode this');
    const known = [this.context.tgidOf(tid), this.context.isTraced(tid), (this.context.nowNs?.() ?? 0) >= atNs];
    const args = `"comm":"${this.context.commOf(tid)}","known":"${known.join()}"`;
    this.out.instant(event.eventName, 'plain', tid, atNs, args);
  }

  finish(): void {
    if (this.options['throwsAt'] === 'finish') throw new Error('cannot finish');
  }
}

function decoderOf(plan: HookPlan, out: TraceSink, context: DecoderContext): EventDecoder {
  const isSyscalls = plan.hook === 'trace_syscalls';
  return isSyscalls ? syscallDecoder(plan, out, context) : new PlainDecoder(out, context, plan.options);
}

const CALLS = ['read', 'openat', 'exit_group'];
export const SYSCALLS: HookPlan = {
  hook: 'trace_syscalls',
  events: CALLS.flatMap((call) => [`syscalls/sys_enter_${call}`, `syscalls/sys_exit_${call}`]),
  options: {},
};

export function plain(...events: string[]): HookPlan {
  return { hook: 'plain', events, options: {} };
}

export interface Ended {
  readonly result: CaptureResult;
  readonly lines: TraceLine[];
  readonly events: TraceLine[];
}

export interface Started {
  readonly session: Session;
  readonly file: string;
  readonly ended: Promise<CaptureResult>;
  /** Stops it and reads its file. */
  readonly end: () => Promise<Ended>;
}

export class EngineStage {
  kernel!: FakeKernel;
  engine!: CaptureEngine;
  readonly directory = makeDirectory();
  #files = 0;

  set(): void {
    this.kernel = new FakeKernel();
    const { tracefsPath, procfs, openRing } = this.kernel;
    for (const tid of [5, 6, 7]) procfs.put({ tid, comm: `proc${tid}` });
    const options = { tracefsPath, procfsPath: procfs.path, instanceName: 'test', log: silent };
    this.engine = new CaptureEngine(options, decoderOf, openRing);
  }

  async clear(): Promise<void> {
    await this.engine.close();
    this.kernel.remove();
  }

  async start(tids: readonly number[], more: Partial<EngineSpec> = {}): Promise<Started> {
    const file = this.directory.file(`${this.#files++}.pfw.gz`);
    const tasks = tids.map((tid) => ({ tid, tgid: tid, comm: `proc${tid}` }));
    const listedTicks = nowTicks(this.kernel.procfs.path);
    let settle: (result: CaptureResult) => void = () => undefined;
    const ended = new Promise<CaptureResult>((resolve) => (settle = resolve));
    const spec = { id: file, plan: SYSCALLS, tasks, listedTicks, file, limits: {}, ...more };
    const session = await this.engine.start(spec, settle);
    const end = async (): Promise<Ended> => {
      this.engine.stop(session);
      const result = await ended;
      const lines = readTrace(file);
      return { result, lines, events: eventsIn(lines) };
    };
    return { session, file, ended, end };
  }

  /** A whole call of `read` by a thread, now. */
  read(tid: number, ret = 1, cpu = 0): void {
    this.kernel.emit(tid, 'syscalls/sys_enter_read', { fd: tid }, { cpu });
    this.kernel.emit(tid, 'syscalls/sys_exit_read', { ret }, { cpu });
  }
}

export function useEngine(): EngineStage {
  const stage = new EngineStage();
  beforeEach(() => {
    stage.set();
  });
  afterEach(() => stage.clear());
  afterAll(() => {
    stage.directory.remove();
  });
  return stage;
}

export async function until(condition: () => boolean): Promise<void> {
  for (const startMs = performance.now(); !condition();) {
    if (performance.now() - startMs > 30_000) throw new Error('what was waited for did not happen');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
