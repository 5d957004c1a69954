import { describe, expect, it } from '@jest/globals';
import { plain, SYSCALLS, until, useEngine } from '../testing/engine-stage.js';
import { eventsIn, readTrace } from '../testing/trace-file.js';

const CLONE_THREAD = 0x10000;
const stage = useEngine();

describe('a session', () => {
  it('starts without holes, writes what happens, and leaves nothing behind', async () => {
    const { session, end } = await stage.start([5]);
    const events = SYSCALLS.events.join(' ');
    expect(stage.kernel.log).toEqual(['exclude 1000 1001', 'events ', 'record', 'follow 5', `events ${events}`]);
    stage.read(5, 1, 0);
    stage.read(5, 2, 1);
    stage.read(6);
    await until(() => session.counts().events === 2);
    const { result, lines, events: seen } = await end();
    expect(result).toMatchObject({
      reason: 'stopped',
      counts: { events: 2, records: 4, lost: 0, unpaired: 0, malformed: 0, tasks: 1 },
    });
    expect(result.summary.calls).toMatchObject([{ name: 'read', count: 2 }]);
    expect(seen.map(({ pid, args }) => [pid, args['ret'], args['fd']])).toEqual([
      [5, 1, 5],
      [5, 2, 5],
    ]);
    expect(lines.filter(({ ph }) => ph === 'M').map(({ name, args }) => [name, args['name']])).toEqual([
      ['process_name', 'proc5'],
      ['thread_name', 'proc5'],
    ]);
    expect(stage.kernel.log.slice(5)).toEqual(['stop', 'remove']);
    expect(stage.kernel.main.isRemoved).toBe(true);
  });

  it('lies on the time axis of the world', async () => {
    const beforeUs = Date.now() * 1000;
    const { session, end } = await stage.start([5]);
    stage.read(5);
    await until(() => session.counts().events === 1);
    const { result, events } = await end();
    const afterUs = (Date.now() + 1) * 1000;
    const times = [result.counts.startedAtUs, events[0]?.ts ?? 0, result.counts.stoppedAtUs ?? 0];
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect([beforeUs - 1000 <= (times[0] ?? 0), (times[2] ?? 0) <= afterUs + 1000]).toEqual([true, true]);
  });

  it('follows children and threads from the events themselves, and ends with the last of them', async () => {
    const { session, ended, file } = await stage.start([5]);
    stage.kernel.emit(5, 'task/task_newtask', { pid: 50, comm: 'proc5', clone_flags: 0 });
    stage.kernel.emit(5, 'task/task_newtask', { pid: 51, comm: 'worker', clone_flags: CLONE_THREAD });
    stage.kernel.emit(50, 'syscalls/sys_exit_openat', { ret: 0 });
    stage.kernel.emit(50, 'task/task_rename', { pid: 50, newcomm: 'renamed' });
    stage.read(50);
    stage.read(51);
    await until(() => session.counts().events === 2);
    expect(session.counts().tasks).toBe(3);
    stage.kernel.emit(50, 'syscalls/sys_enter_exit_group', { error_code: 0 });
    for (const tid of [50, 51, 5]) stage.kernel.emit(tid, 'sched/sched_process_exit', { pid: tid });
    const result = await ended;
    expect(result).toMatchObject({ reason: 'no tasks left', counts: { tasks: 0, unpaired: 0 } });
    const lines = readTrace(file);
    expect(eventsIn(lines).map(({ name, pid, tid, args }) => [name, pid, tid, args['unfinished']])).toEqual([
      ['read', 50, 50, undefined],
      ['read', 5, 51, undefined],
      ['exit_group', 50, 50, 'task exited'],
    ]);
    const names = lines.filter(({ name }) => name === 'thread_name').map(({ tid, args }) => [tid, args['name']]);
    expect(names).toEqual([
      [50, 'renamed'],
      [51, 'worker'],
    ]);
  });

  it('finds who was born while it started', async () => {
    stage.kernel.procfs.put({ tid: 5, comm: 'proc5', children: [60] });
    stage.kernel.procfs.put({ tid: 60, ppid: 5, startTicks: 100_001 });
    stage.kernel.procfs.put({ tid: 61, tgid: 5, startTicks: 100_002 });
    const { session, end } = await stage.start([5]);
    expect(stage.kernel.log).toContain('follow 5');
    expect(stage.kernel.log.some((entry) => /^follow (60 61|61 60)$/.test(entry))).toBe(true);
    stage.read(60);
    stage.read(61);
    await until(() => session.counts().events === 2);
    expect((await end()).events.map(({ pid, tid }) => [pid, tid])).toEqual([
      [60, 60],
      [5, 61],
    ]);
  });

  it('forgets who died while it started', async () => {
    const { session, ended } = await stage.start([5, 9999]);
    expect(session.counts().tasks).toBe(1);
    stage.kernel.emit(5, 'sched/sched_process_exit', { pid: 5 });
    expect((await ended).reason).toBe('no tasks left');
  });

  it('gives a thread that execs the number of its leader, and keeps its open call', async () => {
    const { session, end } = await stage.start([5]);
    stage.kernel.emit(5, 'task/task_newtask', { pid: 51, comm: 'worker', clone_flags: CLONE_THREAD });
    stage.kernel.emit(51, 'syscalls/sys_enter_read', { fd: 9 });
    stage.kernel.emit(5, 'sched/sched_process_exit', { pid: 5 });
    stage.kernel.emit(5, 'sched/sched_process_exec', {
      filename: '/usr/bin/a-very-long-program-name',
      pid: 5,
      old_pid: 51,
    });
    stage.kernel.emit(5, 'syscalls/sys_exit_read', { ret: 0 });
    await until(() => session.counts().events === 1);
    const { lines, events, result } = await end();
    expect(events.map(({ pid, tid, args }) => [pid, tid, args['fd'], args['ret']])).toEqual([[5, 5, 9, 0]]);
    expect(lines.find(({ name }) => name === 'thread_name')?.args['name']).toBe('a-very-long-pro');
    expect(result.counts.tasks).toBe(1);
  });

  it('takes more threads while it runs', async () => {
    const { session, end } = await stage.start([5]);
    await stage.engine.addTasks(
      session,
      [
        { tid: 6, tgid: 6, comm: 'proc6' },
        { tid: 1001, tgid: 1000, comm: 'agent' },
      ],
      0,
    );
    expect(stage.kernel.log.at(-1)).toBe('follow 6');
    stage.read(6);
    await until(() => session.counts().events === 1);
    const { result } = await end();
    expect(result.counts.tasks).toBe(2);
    await stage.engine.addTasks(session, [{ tid: 7, tgid: 7, comm: '' }], 0);
    expect(stage.kernel.log.at(-1)).toBe('remove');
  });

  it('gets events that concern a second thread of it', async () => {
    const { session, end } = await stage.start([5], { plan: plain('sched/sched_switch', 'sched/sched_wakeup') });
    stage.kernel.emit(0, 'sched/sched_switch', { prev_pid: 0, next_pid: 5 });
    stage.kernel.emit(77, 'sched/sched_wakeup', { pid: 5 });
    stage.kernel.emit(77, 'sched/sched_switch', { prev_pid: 77, next_pid: 78 });
    stage.kernel.emit(5, 'sched/sched_switch', { prev_pid: 5, next_pid: 0 });
    await until(() => session.counts().events === 3);
    expect((await end()).events.map(({ name, tid, args }) => [name, tid, args['comm'], args['known']])).toEqual([
      ['sched/sched_switch', 0, '', '0,false,true'],
      ['sched/sched_wakeup', 77, '', '77,false,true'],
      ['sched/sched_switch', 5, 'proc5', '5,true,true'],
    ]);
  });

  it('gets host-wide events from a ring of their own, whoever runs', async () => {
    const plan = { ...plain('block/block_io_start'), hostEvents: ['block/block_rq_complete'] };
    const { session, end } = await stage.start([5], { plan });
    expect(stage.kernel.log).toContain('host: record');
    stage.kernel.emit(5, 'block/block_io_start', { bytes: 512 });
    stage.kernel.emit(0, 'block/block_rq_complete', {}, { ring: stage.kernel.host });
    stage.kernel.emit(6, 'block/block_io_start', { bytes: 512 });
    await until(() => session.counts().events === 2);
    await end();
    expect([stage.kernel.host.isRemoved, stage.kernel.main.isRemoved]).toEqual([true, true]);
  });
});

describe('several sessions', () => {
  it('share one ring, each with its threads and events; a thread may be in two', async () => {
    const first = await stage.start([5, 6]);
    const second = await stage.start([6, 7], { plan: plain('syscalls/sys_enter_openat', 'syscalls/sys_enter_read') });
    expect(stage.kernel.rings.length).toBe(1);
    for (const tid of [5, 6, 7]) stage.read(tid);
    stage.kernel.emit(6, 'syscalls/sys_enter_openat', {});
    stage.kernel.emit(6, 'syscalls/sys_exit_openat', { ret: 3 });
    await until(() => first.session.counts().events === 3 && second.session.counts().events === 3);
    expect((await first.end()).events.map(({ tid, name }) => `${tid} ${name}`)).toEqual([
      '5 read',
      '6 read',
      '6 openat',
    ]);
    expect((await second.end()).events.map(({ tid, name }) => `${tid} ${name.slice(19)}`)).toEqual([
      '6 read',
      '7 read',
      '6 openat',
    ]);
  });

  it('end one by one: the events left are those still wanted, threads nobody follows are shut out', async () => {
    const first = await stage.start([5, 6]);
    const second = await stage.start([6], { plan: plain('sched/sched_wakeup') });
    await first.end();
    expect(stage.kernel.log.slice(-2)).toEqual(['events sched/sched_wakeup', 'exclude 5']);
    expect(stage.kernel.main.isRemoved).toBe(false);
    // Events of the thread that still come are nobody's, and when it is wanted again it is let in again.
    const third = await stage.start([5]);
    expect(stage.kernel.log).toContain('exclude only 1000 1001');
    stage.read(5);
    await until(() => third.session.counts().events === 1);
    await third.end();
    await second.end();
    expect(stage.kernel.main.isRemoved).toBe(true);
  });

  it('fail one by one: a decoder that throws ends its session alone', async () => {
    const bad = await stage.start([5], {
      plan: { ...plain('syscalls/sys_enter_read'), options: { throwsAt: 'syscalls/sys_enter_read' } },
    });
    const worse = await stage.start([5], {
      plan: { ...plain('syscalls/sys_exit_read'), options: { throwsAt: 'finish' } },
    });
    const good = await stage.start([5]);
    stage.read(5);
    expect((await bad.ended).reason).toBe('failed: syscalls/sys_enter_read: cannot decode this');
    expect((await worse.end()).result.reason).toBe('failed: cannot finish');
    await until(() => good.session.counts().events === 1);
    expect((await good.end()).result.reason).toBe('stopped');
  });

  it('are no more than fit into a word', async () => {
    const all = await Promise.all(Array.from({ length: 32 }, () => stage.start([5])));
    await expect(stage.start([5])).rejects.toMatchObject({ code: 'TOO_MANY' });
    stage.read(5);
    await until(() => all.every(({ session }) => session.counts().events === 1));
    await Promise.all(all.map(({ end }) => end()));
    expect(stage.kernel.main.isRemoved).toBe(true);
  });

  it('can begin while the last one ends', async () => {
    const first = await stage.start([5]);
    stage.engine.stop(first.session);
    const second = await stage.start([6]);
    stage.read(6);
    await until(() => second.session.counts().events === 1);
    expect((await first.ended).reason).toBe('stopped');
    await second.end();
    expect(stage.kernel.rings.every(({ isRemoved }) => isRemoved)).toBe(true);
  });
});
