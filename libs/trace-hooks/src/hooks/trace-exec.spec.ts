import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventCatalog } from '../event-format.js';
import { eventsWithout, fakeTracefs, removeFakeTracefs } from '../testing/fake-tracefs.js';
import { HookStage, type World } from '../testing/hook-stage.js';
import { traceExec } from './trace-exec.js';

const THREAD = 0x100_0001_0000;
const PROCESS = 0x1200011;

describe('trace_exec', () => {
  let tracefs: string;
  beforeAll(() => {
    tracefs = fakeTracefs();
  });
  afterAll(() => {
    removeFakeTracefs(tracefs);
  });

  /** Shell 10 with the children 20 and 30; 20 has the thread 21. */
  const world: World = {
    threads: new Map([
      [10, 10],
      [20, 20],
      [21, 20],
      [30, 30],
    ]),
    comms: new Map([
      [10, 'sh'],
      [20, 'ls'],
      [30, 'sleep'],
    ]),
  };
  const stage = (args = ''): HookStage => new HookStage(traceExec, args, tracefs, world);
  const fork = (on: HookStage, atNs: number, parent: number, child: number, flags: number): HookStage =>
    on
      .at(atNs, parent, 'task/task_newtask', { pid: child, comm: 'sh', clone_flags: flags })
      .at(atNs + 1, parent, 'sched/sched_process_fork', { parent_comm: 'sh', parent_pid: parent, child_pid: child });
  const exit = (on: HookStage, atNs: number, tid: number, isLast: boolean): HookStage =>
    on.at(atNs, tid, 'sched/sched_process_exit', { pid: tid, group_dead: isLast ? 1 : 0 });
  const send = (on: HookStage, atNs: number, by: number, to: number, sig: number, result = 0): HookStage =>
    on.at(atNs, by, 'signal/signal_generate', { sig, pid: to, group: 1, result });
  const deliver = (on: HookStage, atNs: number, tid: number, sig: number, handler = 0): HookStage =>
    on.at(atNs, tid, 'signal/signal_deliver', { sig, sa_handler: handler });
  const process = (on: HookStage): unknown => on.lines.find(({ name }) => name === 'process')?.args;

  it('tells the life of a process in one line and its steps on the way', () => {
    const on = stage();
    fork(on, 100, 10, 20, PROCESS);
    on.at(150, 20, 'task/task_rename', { pid: 20, oldcomm: 'sh', newcomm: 'ls' });
    on.at(151, 20, 'sched/sched_process_exec', { filename: '/bin/"ls"', pid: 20, old_pid: 20 });
    on.at(900, 20, 'syscalls/sys_enter_exit_group', { error_code: 2 });
    exit(on, 910, 20, true);
    expect(on.lines).toEqual([
      { name: 'fork', cat: 'process', tid: 10, startNs: 101, endNs: 101, args: { child: 20 } },
      { name: 'rename', cat: 'process', tid: 20, startNs: 150, endNs: 150, args: { thread: 20, from: 'sh', to: 'ls' } },
      { name: 'exec', cat: 'process', tid: 20, startNs: 151, endNs: 151, args: { filename: '/bin/"ls"' } },
      { name: 'exit', cat: 'process', tid: 20, startNs: 910, endNs: 910, args: { ended_by: 'exit', exit_code: 2 } },
      {
        name: 'process',
        cat: 'process',
        tid: 20,
        startNs: 101,
        endNs: 910,
        args: {
          parent: 10,
          parent_comm: 'sh',
          comm: 'ls',
          filename: '/bin/"ls"',
          execs: 1,
          threads: 1,
          exit_seen: true,
          ended_by: 'exit',
          exit_code: 2,
        },
      },
    ]);
    expect(on.decoder.unpaired).toBe(0);
  });

  it('waits for the last thread, whichever it is, and shows threads when asked', () => {
    const on = stage('--threads');
    fork(on, 100, 10, 20, PROCESS);
    fork(on, 200, 20, 21, THREAD);
    exit(on, 300, 20, false);
    exit(on, 400, 21, true);
    expect(on.spans).toEqual([
      'fork 101-101',
      'thread start 201-201',
      'thread 201-400',
      'exit 400-400',
      'process 101-400',
    ]);
    expect(on.lines[2]).toMatchObject({ tid: 21, args: { parent: 20, exit_seen: true } });
    expect(process(on)).toMatchObject({ threads: 2, ended_by: 'unknown' });
    const without = stage();
    fork(without, 200, 20, 21, THREAD);
    exit(without, 300, 21, false);
    expect(without.lines).toEqual([]);
  });

  it('tells a thread from a process without clone flags', () => {
    const events = eventsWithout('task/task_newtask');
    const poor = fakeTracefs(events);
    const on = new HookStage(traceExec, '--threads', poor, world);
    on.at(1, 20, 'sched/sched_process_fork', { parent_comm: 'ls', parent_pid: 20, child_pid: 21 });
    on.at(2, 10, 'sched/sched_process_fork', { parent_comm: 'sh', parent_pid: 10, child_pid: 30 });
    expect(on.lines.map(({ name }) => name)).toEqual(['thread start', 'fork']);
    removeFakeTracefs(poor);
  });

  it.each<[what: string, sent: [sig: number, result: number][], delivered: number, name: string]>([
    ['what was sent, not the SIGKILL it becomes', [[15, 0]], 9, 'SIGTERM'],
    ['a SIGKILL that was sent', [[9, 0]], 9, 'SIGKILL'],
    ['a SIGKILL that nobody is known to have sent', [], 9, 'SIGKILL'],
    ['a fault', [[11, 0]], 11, 'SIGSEGV'],
    [
      'not a signal that was ignored',
      [
        [9, 0],
        [15, 1],
      ],
      9,
      'SIGKILL',
    ],
    [
      'not one that only informs',
      [
        [9, 0],
        [17, 0],
      ],
      9,
      'SIGKILL',
    ],
  ])('names %s', (_, sent, delivered, name) => {
    const on = stage();
    fork(on, 1, 10, 20, PROCESS);
    for (const [sig, result] of sent) send(on, 10, 10, 20, sig, result);
    deliver(on, 20, 20, delivered);
    exit(on, 30, 20, true);
    expect(process(on)).toMatchObject({ ended_by: 'signal', signal: name });
  });

  it('does not blame a signal for an exit, nor one that was handled', () => {
    const on = stage();
    fork(on, 1, 10, 20, PROCESS);
    send(on, 2, 10, 20, 15);
    deliver(on, 3, 20, 15, 0x55aa);
    on.at(4, 20, 'syscalls/sys_enter_exit_group', { error_code: 0 });
    deliver(on, 5, 21, 9);
    exit(on, 6, 20, true);
    expect(process(on)).toMatchObject({ ended_by: 'exit', exit_code: 0 });
    const handled = stage();
    fork(handled, 1, 10, 20, PROCESS);
    send(handled, 2, 10, 20, 15);
    deliver(handled, 3, 20, 15, 0x55aa);
    deliver(handled, 4, 20, 9);
    exit(handled, 5, 20, true);
    expect(process(handled)).toMatchObject({ ended_by: 'signal', signal: 'SIGKILL' });
  });

  it('leaves signals to processes of others alone', () => {
    const on = stage();
    send(on, 1, 10, 77, 15);
    on.finish(2);
    expect(on.lines).toEqual([]);
  });

  it('shows what still lives when the session ends', () => {
    const on = stage();
    fork(on, 100, 10, 30, PROCESS);
    on.finish(500);
    expect(on.spans).toEqual(['fork 101-101', 'process 101-500']);
    expect(process(on)).toMatchObject({ exit_seen: false, comm: 'sleep', execs: 0 });
  });

  it('shows the exit of a process that was there before', () => {
    const on = stage();
    exit(on, 5, 30, true);
    expect(on.spans).toEqual(['exit 5-5']);
  });

  it('keeps an exec by another thread than the first with the process', () => {
    const on = stage('--threads');
    fork(on, 1, 10, 20, PROCESS);
    fork(on, 3, 20, 21, THREAD);
    on.at(10, 20, 'sched/sched_process_exec', { filename: '/bin/x', pid: 20, old_pid: 21 });
    exit(on, 20, 20, true);
    on.finish(30);
    expect(on.lines.filter(({ name }) => name === 'thread')).toEqual([]);
    expect(process(on)).toMatchObject({ filename: '/bin/x' });
  });

  it('stays bounded in a storm of processes whose ends are lost', () => {
    const on = stage();
    for (let index = 0; index < 70_000; index += 1) {
      on.at(index, 10, 'sched/sched_process_fork', { parent_comm: 'sh', parent_pid: 10, child_pid: 1000 + index });
    }
    on.finish(100_000);
    expect(on.lines.filter(({ name }) => name === 'process')).toHaveLength(65_536);
    expect(on.counts.get('processes forgotten')).toBe(70_000 - 65_536);
  });

  it('needs fork, exec and exit, and asks for the rest where it is', () => {
    const events = eventsWithout('signal/signal_generate', 'task/task_rename');
    const poor = fakeTracefs(events);
    expect(traceExec.unavailableBecause(new EventCatalog(poor))).toBeUndefined();
    const plan = traceExec.plan([], new EventCatalog(poor));
    expect(plan.hostEvents).toBeUndefined();
    expect(plan.events).not.toContain('task/task_rename');
    removeFakeTracefs(poor);
    const without = eventsWithout('sched/sched_process_exec');
    const none = fakeTracefs(without);
    expect(traceExec.unavailableBecause(new EventCatalog(none))).toContain('sched/sched_process_exec');
    removeFakeTracefs(none);
  });
});
