import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { TracerError, type Log } from '@tracer/base';
import type { HookPlan } from '../native-hook.js';
import { syscallDecoder } from '../syscalls/syscall-decoder.js';
import { until } from '../testing/engine-stage.js';
import { FakeKernel } from '../testing/fake-kernel.js';
import { eventsIn, makeDirectory, readTrace } from '../testing/trace-file.js';
import { CaptureChannel } from './capture-channel.js';
import { CaptureEngine } from './capture-engine.js';
import type { FromWorker, ToWorker } from './capture-messages.js';
import { CaptureShell } from './capture-shell.js';
import type { CaptureResult, CaptureRun } from './capture-types.js';

const directory = makeDirectory();
afterAll(() => {
  directory.remove();
});
const plan: HookPlan = {
  hook: 'trace_syscalls',
  events: ['syscalls/sys_enter_read', 'syscalls/sys_exit_read'],
  options: {},
};

let kernel: FakeKernel;
let channel: CaptureChannel;
let shell: CaptureShell;
let said: [string, string][];
let isDeaf: boolean;
let isEnded: boolean;
let files = 0;

/** Both sides in one thread; messages are cloned and arrive later, as between threads. */
beforeEach(() => {
  kernel = new FakeKernel();
  for (const tid of [5, 6]) kernel.procfs.put({ tid, comm: `proc${tid}` });
  said = [];
  isDeaf = isEnded = false;
  const say = (level: string) => (_: object, message: string) => void said.push([level, message]);
  const log: Log = { info: say('info'), warn: say('warn'), error: say('error') };
  const options = { tracefsPath: kernel.tracefsPath, procfsPath: kernel.procfs.path, instanceName: 'test' };
  const port = {
    post: (message: ToWorker) => {
      const copy = structuredClone(message);
      if (!isDeaf)
        setImmediate(() => {
          shell.receive(copy);
        });
    },
    end: () => {
      isEnded = true;
      return Promise.resolve();
    },
  };
  channel = new CaptureChannel(port, kernel.procfs.path, log);
  const post = (message: FromWorker): void => {
    const copy = structuredClone(message);
    setImmediate(() => {
      channel.receive(copy);
    });
  };
  shell = new CaptureShell(
    options,
    syscallDecoder,
    post,
    (all) => new CaptureEngine(all, syscallDecoder, kernel.openRing),
  );
});
afterEach(async () => {
  isDeaf = false;
  // A channel that failed has left its far end running.
  shell.receive({ kind: 'close', call: 0 });
  await until(() => kernel.rings.every((ring) => ring.isRemoved));
  if (!channel.isClosed) await channel.close();
  kernel.remove();
});

async function start(tid = 5): Promise<{ run: CaptureRun; file: string; results: CaptureResult[] }> {
  const file = directory.file(`${files++}.pfw.gz`);
  const results: CaptureResult[] = [];
  const tasks = [{ tid, tgid: tid, comm: `proc${tid}` }];
  const spec = { id: 'one', plan, tasks, listedTicks: 1e9, file, limits: {} };
  const run = await channel.start(spec, (result) => void results.push(result));
  return { run, file, results };
}

function read(tid: number): void {
  kernel.emit(tid, 'syscalls/sys_enter_read', { fd: 3 });
  kernel.emit(tid, 'syscalls/sys_exit_read', { ret: 1 });
}

describe('CaptureChannel and CaptureShell', () => {
  it('carry a run from its start to its end', async () => {
    const { run, file, results } = await start();
    expect(run.counts()).toMatchObject({ events: 0, tasks: 1 });
    read(5);
    await until(() => run.counts().events === 1);
    expect((await run.summary()).calls).toMatchObject([{ name: 'read', count: 1 }]);
    const [first, second] = await Promise.all([run.stop(), run.stop()]);
    expect(first).toBe(second);
    expect(results).toEqual([first]);
    expect(await run.stop()).toBe(first);
    expect([(await run.summary()).calls.length, run.counts().events, first.reason]).toEqual([1, 1, 'stopped']);
    expect(eventsIn(readTrace(file)).length).toBe(1);
  });

  it('add threads while it runs, and none after', async () => {
    const { run } = await start();
    run.addTids([6, 9999]);
    await until(() => kernel.log.includes('follow 6'));
    read(6);
    await until(() => run.counts().events === 1);
    await run.stop();
    run.addTids([5]);
    expect(run.counts().tasks).toBe(2);
  });

  it('show the lines to those who watch, while they watch', async () => {
    const { run } = await start();
    const [first, second]: [string[], string[]] = [[], []];
    const unwatch = run.tail((lines) => void first.push(lines.toString()));
    run.tail((lines) => void second.push(lines.toString()));
    read(5);
    await until(() => second.join('').includes('"read"'));
    unwatch();
    unwatch();
    read(5);
    await until(() => second.join('').split('"read"').length === 3);
    const names = (text: string): string[] =>
      text
        .split('\n')
        .filter(Boolean)
        .map((line) => (JSON.parse(line) as { name: string }).name);
    expect(names(first.join(''))).toEqual(['process_name', 'thread_name', 'read']);
    expect(names(second.join(''))).toEqual(['process_name', 'thread_name', 'read', 'read']);
    const { run: other } = await start(6);
    await run.stop();
    const late: string[] = [];
    other.tail((lines) => void late.push(lines.toString()));
    await other.stop();
    expect(late).toEqual([]);
  });

  it('pass on why a start is refused', async () => {
    const spec = { id: 'x', plan, tasks: [], listedTicks: 0, file: directory.file('x'), limits: {} };
    await expect(channel.start(spec, () => undefined)).rejects.toBeInstanceOf(TracerError);
    await expect(channel.start(spec, () => undefined)).rejects.toMatchObject({ code: 'SESSION_CONFLICT' });
  });

  it('answer a question about a run that ends on the way with its end', async () => {
    const { run } = await start();
    read(5);
    await until(() => run.counts().events === 1);
    const stopped = run.stop();
    const [summary] = await Promise.all([until(() => kernel.main.isRemoved).then(() => run.summary()), stopped]);
    expect(summary.calls.length).toBe(1);
  });

  it('say what could not be done', async () => {
    const { run } = await start();
    kernel.main.failures.set('addTids', new Error('EINVAL'));
    run.addTids([6]);
    await until(() => said.length > 0);
    expect(said).toEqual([['error', 'threads could not be added']]);
  });

  it('end every run when the far end dies, and refuse everything after', async () => {
    const { run, results } = await start();
    const { results: others } = await start(6);
    expect(channel.files().length).toBe(2);
    isDeaf = true;
    const summary = run.summary();
    const starting = start();
    channel.fail(new TracerError('HOOK_FAILED', 'the worker died: SIGSEGV'));
    await expect(summary).rejects.toThrow('SIGSEGV');
    await expect(starting).rejects.toThrow('SIGSEGV');
    expect([results, others].map((list) => list.map(({ reason }) => reason))).toEqual(
      Array(2).fill(['failed: the worker died: SIGSEGV']),
    );
    expect(await run.stop()).toMatchObject({ counts: { tasks: 0 }, summary: { calls: [] } });
    await expect(start()).rejects.toMatchObject({ code: 'HOOK_FAILED' });
  });

  it('close what runs', async () => {
    const { results } = await start();
    await channel.close();
    expect([results.map(({ reason }) => reason), isEnded, kernel.main.isRemoved]).toEqual([['stopped'], true, true]);
  });
});
