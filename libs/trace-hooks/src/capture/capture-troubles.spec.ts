import { describe, expect, it } from '@jest/globals';
import { plain, SYSCALLS, until, useEngine } from '../testing/engine-stage.js';
import { eventsIn, readTrace } from '../testing/trace-file.js';

const stage = useEngine();

describe('limits', () => {
  it('end a session after a time', async () => {
    const { ended, session } = await stage.start([5], {
      limits: { timeMs: 5000 },
      plan: { ...SYSCALLS, timeLimitMs: 60 },
    });
    const { reason, counts } = await ended;
    expect(reason).toBe('time limit');
    expect((counts.stoppedAtUs ?? 0) - counts.startedAtUs).toBe(60_000);
    expect(session.reason).toBe('time limit');
  });

  it('end it after exactly so many events', async () => {
    const { ended, file } = await stage.start([5], { limits: { events: 3 } });
    for (let call = 0; call < 5; call++) stage.read(5, call);
    const { reason, counts } = await ended;
    expect([reason, counts.events]).toEqual(['event limit', 3]);
    expect(eventsIn(readTrace(file)).map(({ args }) => args['ret'])).toEqual([0, 1, 2]);
  });

  it('end it at about so many bytes', async () => {
    const { ended } = await stage.start([5], { limits: { bytes: 500 } });
    for (let call = 0; call < 300; call++) stage.read(5, call);
    expect((await ended).reason).toBe('byte limit');
  });
});

describe('loss', () => {
  it('is counted by CPU as the kernel counts it, and stands in the file where it happened', async () => {
    const { session, end } = await stage.start([5]);
    stage.kernel.emit(5, 'syscalls/sys_enter_read', { fd: 1 });
    stage.kernel.emit(5, 'syscalls/sys_enter_openat', {}, { lost: 17 });
    stage.kernel.emit(5, 'syscalls/sys_exit_openat', { ret: 3 }, { lost: 5, uncounted: true, cpu: 1 });
    await until(() => session.counts().events === 2);
    stage.kernel.main.lost[1] = 9; // These are lost so late that no page tells of them.
    const { result, lines } = await end();
    expect(result.counts).toMatchObject({ lost: 26, lostByCpu: { 0: 17, 1: 9 }, unpaired: 1 });
    const gaps = lines.filter(({ name }) => name === 'events lost').map(({ args }) => args);
    expect(gaps.filter(({ cpu }) => cpu === 0)).toEqual([{ cpu: 0, count: 17 }]);
    expect(gaps.filter(({ cpu }) => cpu === 1)).toEqual([
      { cpu: 1, count: 0, uncounted: true },
      { cpu: 1, count: 9 },
    ]);
  });

  it('does not concern a session that began later', async () => {
    const first = await stage.start([5]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    stage.kernel.main.lost[0] = 100;
    const second = await stage.start([6]);
    stage.kernel.emit(5, 'syscalls/sys_enter_read', { fd: 1 }, { lost: 3, agoNs: 1_000_000 });
    await until(() => first.session.counts().records === 1);
    expect([(await first.end()).result.counts.lost, (await second.end()).result.counts.lost]).toEqual([103, 3]);
  });

  it('of a birth is made good from /proc', async () => {
    const { session, end } = await stage.start([5]);
    stage.kernel.procfs.put({ tid: 70, ppid: 5, comm: 'orphan' });
    stage.kernel.procfs.put({ tid: 71, ppid: 1, comm: 'foreign' });
    stage.read(70);
    stage.kernel.emit(5, 'syscalls/sys_enter_read', {}, { lost: 1 });
    await until(() => session.counts().records === 1);
    for (const tid of [70, 71, 71]) stage.read(tid);
    await until(() => session.counts().events === 1);
    const { lines, result } = await end();
    expect(lines.find(({ name, tid }) => name === 'thread_name' && tid === 70)?.args['name']).toBe('orphan');
    expect(result.counts.tasks).toBe(2);
  });

  it('of an end is made good by looking', async () => {
    const { ended } = await stage.start([5]);
    stage.kernel.emit(5, 'syscalls/sys_enter_read', {}, { lost: 1 });
    stage.kernel.procfs.end(5);
    expect((await ended).reason).toBe('no tasks left');
  });

  it('of task_newtask is made good by the fork event', async () => {
    const { session, end } = await stage.start([5]);
    stage.kernel.procfs.put({ tid: 80, ppid: 5, comm: 'child' });
    stage.kernel.emit(5, 'sched/sched_process_fork', { child_pid: 80 });
    stage.read(80);
    await until(() => session.counts().events === 1);
    expect((await end()).result.counts.tasks).toBe(2);
  });
});

describe('what goes wrong', () => {
  it('is told before anything begins', async () => {
    await expect(stage.start([5], { plan: plain('no/such') })).rejects.toMatchObject({ code: 'HOOK_UNAVAILABLE' });
    await expect(stage.start([1000])).rejects.toMatchObject({ code: 'SESSION_CONFLICT' });
    await expect(stage.start([])).rejects.toMatchObject({ code: 'SESSION_CONFLICT' });
    expect(stage.kernel.rings).toEqual([]);
  });

  it('leaves no ring when the file cannot be written', async () => {
    await expect(stage.start([5], { file: '/nonexistent/x.pfw.gz' })).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(stage.kernel.main.isRemoved).toBe(true);
    const { end } = await stage.start([5]);
    expect((await end()).result.reason).toBe('stopped');
  });

  it('leaves other sessions alone when a start fails in the middle', async () => {
    const { session, end } = await stage.start([5]);
    stage.kernel.main.failures.set('addTids', new Error('EINVAL'));
    await expect(stage.start([6])).rejects.toMatchObject({ code: 'HOOK_FAILED', message: 'EINVAL' });
    stage.read(5);
    stage.read(6);
    await until(() => session.counts().events === 1);
    expect((await end()).result.counts.records).toBe(2);
  });

  it('ends all sessions with the reason when a ring cannot be read, and the next start makes a new one', async () => {
    const [first, second] = [await stage.start([5]), await stage.start([6])];
    const [queue] = stage.kernel.main.queues;
    if (queue === undefined) throw new Error('no queue');
    queue.failure = new Error('EIO: i/o error');
    expect((await first.ended).reason).toBe('failed: EIO: i/o error');
    expect((await second.ended).reason).toBe('failed: EIO: i/o error');
    const third = await stage.start([5]);
    stage.read(5);
    await until(() => third.session.counts().events === 1);
    expect(stage.kernel.rings.length).toBe(2);
    await third.end();
  });

  it('counts records of events it does not know', async () => {
    const { session, end } = await stage.start([5]);
    stage.kernel.main.enabled.add('net/net_dev_queue');
    stage.kernel.emit(5, 'net/net_dev_queue', { len: 3 });
    stage.read(5);
    await until(() => session.counts().events === 1);
    expect((await end()).result.counts.malformed).toBe(1);
  });
});

describe('close', () => {
  it('ends all sessions and removes everything', async () => {
    const [first, second] = [await stage.start([5]), await stage.start([6])];
    await stage.engine.close();
    expect([(await first.ended).reason, (await second.ended).reason]).toEqual(['stopped', 'stopped']);
    expect(stage.kernel.main.isRemoved).toBe(true);
  });
});
