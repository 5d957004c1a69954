import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventsWithout, fakeTracefs, removeFakeTracefs } from '../testing/fake-tracefs.js';
import { EventCatalog } from '../event-format.js';
import { HARD_IRQ, HookStage, type World } from '../testing/hook-stage.js';
import { decodeState, traceSched } from './trace-sched.js';

const [A, B, STRANGER, IDLE] = [10, 11, 99, 0];
const world: World = {
  threads: new Map([
    [A, A],
    [B, A],
  ]),
  comms: new Map([
    [A, 'app'],
    [B, 'work "er"'],
  ]),
};

describe('trace_sched', () => {
  let tracefs: string;
  beforeAll(() => {
    tracefs = fakeTracefs();
  });
  afterAll(() => {
    removeFakeTracefs(tracefs);
  });

  const stage = (args = ''): HookStage => new HookStage(traceSched, args, tracefs, world);
  const turn = (on: HookStage, atNs: number, previous: number, state: number, next: number): HookStage =>
    on.at(atNs, previous, 'sched/sched_switch', { prev_pid: previous, prev_state: state, next_pid: next });
  const wake = (on: HookStage, atNs: number, by: number, tid: number, flags = 0): HookStage =>
    on.at(atNs, by, 'sched/sched_waking', { pid: tid }, flags);

  it('cuts the life of a thread into slices without a gap', () => {
    const on = stage();
    on.at(100, B, 'sched/sched_wakeup_new', { pid: A });
    turn(on, 130, IDLE, 0, A);
    turn(on, 180, A, 1, IDLE);
    wake(on, 400, B, A);
    turn(on, 410, STRANGER, 1, A);
    turn(on, 450, A, 0x100, STRANGER);
    turn(on, 500, STRANGER, 0, A);
    turn(on, 600, A, 0x20, IDLE);
    on.finish(1000);
    expect(on.spans).toEqual([
      'run queue 100-130',
      'on cpu 130-180',
      'blocked 180-400',
      'run queue 400-410',
      'on cpu 410-450',
      'run queue 450-500',
      'on cpu 500-600',
    ]);
    expect(on.lines.map(({ tid, cat }) => [tid, cat])).toEqual(Array.from({ length: 7 }, () => [A, 'sched']));
    expect(on.lines.map(({ args }) => args)).toEqual([
      { cause: 'started', cpu: 0 },
      { cpu: 0, left: 'blocked' },
      { state: 'S', meaning: 'sleeping', woken_by: 'thread', waker: B, waker_comm: 'work "er"' },
      { cause: 'woken', cpu: 0 },
      { cpu: 0, left: 'preempted' },
      { cause: 'preempted', cpu: 0 },
      { cpu: 0, left: 'ended' },
    ]);
    expect(on.decoder.unpaired).toBe(0);
  });

  it('follows both sides of a switch between two threads of the session', () => {
    const on = stage();
    wake(on, 5, STRANGER, B);
    turn(on, 10, STRANGER, 0, A);
    turn(on, 20, A, 2, B);
    on.finish(30);
    expect(on.lines.map(({ name, tid, startNs, endNs }) => [name, tid, startNs, endNs])).toEqual([
      ['on cpu', A, 10, 20],
      ['run queue', B, 5, 20],
      ['on cpu', B, 20, 30],
      ['blocked', A, 20, 30],
    ]);
    expect(on.lines[3]?.args).toEqual({ state: 'D', meaning: 'uninterruptible', open: true });
  });

  it('names an interrupt as what it is and not the thread it interrupted', () => {
    const on = stage();
    turn(on, 10, A, 1, IDLE);
    wake(on, 20, IDLE, A);
    turn(on, 30, IDLE, 0, A);
    turn(on, 40, A, 1, B);
    wake(on, 50, B, A, HARD_IRQ);
    expect(on.lines.filter(({ name }) => name === 'blocked').map(({ args }) => args['woken_by'])).toEqual([
      'interrupt',
      'interrupt',
    ]);
  });

  it('leaves threads of others and the idle loop alone', () => {
    const on = stage();
    wake(on, 1, A, STRANGER);
    turn(on, 2, STRANGER, 1, IDLE);
    turn(on, 3, IDLE, 0, STRANGER);
    on.finish(4);
    expect([on.lines, on.decoder.unpaired]).toEqual([[], 0]);
  });

  it('counts what it did not see and goes on', () => {
    const on = stage();
    // Switched out without having been switched in, switched in twice, woken while it runs.
    turn(on, 10, A, 1, IDLE);
    turn(on, 20, IDLE, 0, A);
    turn(on, 30, IDLE, 0, A);
    wake(on, 35, B, A);
    turn(on, 40, A, 1, IDLE);
    // And switched out while it should have waited for a CPU.
    wake(on, 50, B, A);
    turn(on, 57, A, 1, IDLE);
    expect(on.spans).toEqual(['blocked 10-20', 'on cpu 30-40', 'blocked 40-50']);
    expect(on.lines[0]?.args).toMatchObject({ unpaired: true });
    expect(on.decoder.unpaired).toBe(4);
    expect(on.counts.get('nanoseconds unknown')).toBe(17);
  });

  it('ends the life of a thread with its exit', () => {
    const on = stage();
    turn(on, 10, STRANGER, 0, A);
    on.at(50, A, 'sched/sched_process_exit', { pid: A });
    on.finish(1000);
    expect(on.spans).toEqual(['on cpu 10-50']);
    expect(on.lines[0]?.args).toEqual({ cpu: 0, left: 'ended' });
  });

  it('takes a new thread of an old number for a new one', () => {
    const on = stage();
    turn(on, 10, STRANGER, 0, A);
    turn(on, 20, A, 1, IDLE);
    on.at(500, B, 'sched/sched_wakeup_new', { pid: A });
    turn(on, 510, IDLE, 0, A);
    expect(on.spans).toEqual(['on cpu 10-20', 'run queue 500-510']);
  });

  it('writes the kinds and lengths that were asked for', () => {
    const on = stage('-k runqueue blocked -m 1 -t 5');
    expect(on.plan.timeLimitMs).toBe(5);
    turn(on, 0, STRANGER, 0, A);
    turn(on, 5000, A, 1, IDLE);
    wake(on, 6000, B, A);
    turn(on, 6999, IDLE, 0, A);
    on.finish(10_000);
    expect(on.spans).toEqual(['blocked 5000-6000']);
    expect(on.counts.get('slices shorter than asked for')).toBe(1);
  });

  it('bounds what it remembers', () => {
    const everybody: World = {
      threads: { get: (tid: number) => tid, has: () => true } as unknown as Map<number, number>,
    };
    const on = new HookStage(traceSched, '', tracefs, everybody);
    for (let tid = 1; tid <= 70_000; tid += 1) wake(on, tid, IDLE, tid);
    on.finish(100_000);
    expect(on.lines).toHaveLength(65_536);
    expect(on.counts.get('threads forgotten')).toBe(70_000 - 65_536);
  });

  it('accounts for every nanosecond between the first and the last event, whatever their order', () => {
    const step = fc.record({
      dt: fc.integer({ min: 0, max: 50 }),
      kind: fc.constantFrom('in', 'out', 'wake', 'new'),
      state: fc.constantFrom(0, 1, 2, 0x100),
    });
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (steps) => {
        const on = stage();
        let atNs = 0;
        let firstNs: number | undefined;
        for (const { dt, kind, state } of steps) {
          atNs += dt;
          firstNs ??= atNs;
          if (kind === 'in') turn(on, atNs, IDLE, 0, A);
          else if (kind === 'out') turn(on, atNs, A, state, IDLE);
          else on.at(atNs, B, kind === 'new' ? 'sched/sched_wakeup_new' : 'sched/sched_waking', { pid: A });
        }
        on.finish(atNs);
        for (const [index, line] of on.lines.entries()) {
          expect(on.lines[index + 1]?.startNs ?? Infinity).toBeGreaterThanOrEqual(line.endNs);
        }
        const known = on.lines.reduce((sum, line) => sum + line.endNs - line.startNs, 0);
        expect(known + (on.counts.get('nanoseconds unknown') ?? 0)).toBe(atNs - (firstNs ?? 0));
      }),
    );
  });

  it('says which event a kernel lacks, and does with sched_wakeup where waking is missing', () => {
    const withoutSwitch = eventsWithout('sched/sched_switch');
    const withoutWaking = eventsWithout('sched/sched_waking');
    const [one, two] = [fakeTracefs(withoutSwitch), fakeTracefs(withoutWaking)];
    expect(traceSched.unavailableBecause(new EventCatalog(one))).toBe(
      'the kernel event sched/sched_switch is not available',
    );
    expect(traceSched.unavailableBecause(new EventCatalog(two))).toBeUndefined();
    expect(traceSched.plan([], new EventCatalog(two)).events).toContain('sched/sched_wakeup');
    removeFakeTracefs(one);
    removeFakeTracefs(two);
  });
});

describe('decodeState', () => {
  it.each([
    [0, 'R'],
    [0x100, 'R'],
    [1, 'S'],
    [2, 'D'],
    [0x101, 'S'],
    [0x82, 'D|I'],
    [0x20, 'Z'],
  ])('%i is %s', (state, letter) => {
    expect(decodeState(state).letter).toBe(letter);
  });
});
