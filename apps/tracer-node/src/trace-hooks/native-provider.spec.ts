import { describe, expect, it } from '@jest/globals';
import { TracerError } from '@tracer/base';
import {
  EventCatalog,
  type CaptureCounts,
  type CaptureResult,
  type CaptureRun,
  type CaptureSpec,
  type NativeHook,
} from '@tracer/trace-hooks';
import type { RunEnd, RunSpec } from '../sessions/engine.js';
import { NativeProvider, type Kernel } from './native-provider.js';

const hook = (name: string, missing?: string): NativeHook => ({
  name,
  description: [`what ${name} does`],
  unavailableBecause: () => missing,
  plan: (args) => {
    if (args.includes('bad')) throw new TracerError('HOOK_ARGUMENT_INVALID', 'bad');
    return { hook: name, events: ['a/b'], options: {}, ...(args.includes('-t') ? { timeLimitMs: 500 } : {}) };
  },
  decoder: () => {
    throw new Error('not here');
  },
});
const COUNTS: CaptureCounts = {
  events: 5,
  records: 10,
  lost: 3,
  lostByCpu: { 1: 3 },
  unpaired: 2,
  malformed: 0,
  bytes: 100,
  tasks: 4,
  startedAtUs: 1,
};
const SUMMARY = { calls: [], counters: { x: 1 } };

class FakeCapture {
  readonly specs: CaptureSpec[] = [];
  readonly added: (readonly number[])[] = [];
  end: (result: CaptureResult) => void = () => undefined;

  start(spec: CaptureSpec, onEnd: (result: CaptureResult) => void): Promise<CaptureRun> {
    this.specs.push(spec);
    this.end = onEnd;
    const stopped: CaptureResult = { reason: 'stopped', counts: COUNTS, summary: SUMMARY };
    return Promise.resolve({
      counts: () => COUNTS,
      addTids: (tids) => this.added.push(tids),
      tail: () => () => undefined,
      summary: () => Promise.resolve(SUMMARY),
      stop: () => Promise.resolve(stopped),
    });
  }
}

const capture = new FakeCapture();
const kernel: Kernel = { catalog: new EventCatalog('/nowhere'), capture };
const provider = new NativeProvider([hook('one'), hook('two', 'this kernel has no event x/y')], kernel);
const spec = (params: string[], limits: RunSpec['limits']): RunSpec => ({
  session: {
    id: '7',
    context: '',
    hookGroup: 'native',
    hook: 'one',
    params,
    podPattern: '*',
    containers: [],
    limits,
    createdAtUs: 0,
  },
  tasks: { pids: [1], tids: [1, 2] },
  file: '/t/7.pfw.gz',
  limits,
});

describe('NativeProvider', () => {
  it('lists its hooks, those that cannot be used with the reason', () => {
    expect(provider.groups()).toEqual([
      {
        key: 'native',
        hooks: [
          { name: 'one', description: ['what one does'] },
          { name: 'two', description: ['what two does'], unavailable: 'this kernel has no event x/y' },
        ],
      },
    ]);
  });

  it('lists all of them as unavailable without tracefs', () => {
    const without = new NativeProvider([hook('one')], { problem: 'tracefs is not mounted' });
    expect(without.groups()[0]?.hooks[0]).toMatchObject({ name: 'one', unavailable: 'tracefs is not mounted' });
    expect(() => without.choose('native', 'one')).toThrow(expect.objectContaining({ code: 'HOOK_UNAVAILABLE' }));
  });

  it('checks arguments before anything runs', () => {
    const chosen = provider.choose('native', 'one');
    expect(() => {
      chosen.check(['bad']);
    }).toThrow(expect.objectContaining({ code: 'HOOK_ARGUMENT_INVALID' }));
    expect(capture.specs).toEqual([]);
  });

  it.each([
    [[], { timeMs: 0, events: 0, bytes: 0 }, {}],
    [['-t'], { timeMs: 0, events: 9, bytes: 8 }, { timeMs: 500, events: 9, bytes: 8 }],
    [['-t'], { timeMs: 100, events: 0, bytes: 0 }, { timeMs: 100 }],
    [['-t'], { timeMs: 900, events: 0, bytes: 0 }, { timeMs: 500 }],
  ])('starts a capture of %j within %j', async (params, limits, expected) => {
    await provider.choose('native', 'one').engine.start(spec(params, limits), () => undefined);
    expect(capture.specs.at(-1)).toMatchObject({ id: '7', tids: [1, 2], file: '/t/7.pfw.gz', plan: { hook: 'one' } });
    expect(capture.specs.at(-1)?.limits).toEqual(expected);
  });

  it('shows the run as the session sees it', async () => {
    const ends: RunEnd[] = [];
    const run = await provider
      .choose('native', 'one')
      .engine.start(spec([], { timeMs: 0, events: 0, bytes: 0 }), (end) => ends.push(end));
    run.addTasks({ pids: [5], tids: [5, 6] });
    expect(capture.added).toEqual([[5, 6]]);
    expect([run.output, run.errors]).toEqual([['/t/7.pfw.gz'], []]);
    const counts = { events: 5, lost: 3, lostByCpu: { 1: 3 }, unpaired: 2, bytes: 100, tasks: 4 };
    expect(run.counts()).toEqual(counts);
    expect(await run.summary()).toEqual(SUMMARY);
    expect(await run.stop()).toEqual({ state: 'finished', reason: 'stopped', counts, summary: SUMMARY });
    capture.end({ reason: 'failed: no space left on device', counts: COUNTS, summary: SUMMARY });
    capture.end({ reason: 'time limit', counts: COUNTS, summary: SUMMARY });
    expect(ends.map(({ state, reason }) => [state, reason])).toEqual([
      ['failed', 'no space left on device'],
      ['finished', 'time limit'],
    ]);
  });
});
