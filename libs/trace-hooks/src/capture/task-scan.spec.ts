import { afterAll, describe, expect, it } from '@jest/globals';
import { startTicksOf } from '../tracefs/leftovers.js';
import { FakeProcfs } from '../testing/fake-procfs.js';
import { bornSince, nowTicks, ownTids, parentOf, readTask, readTasks } from './task-scan.js';

const procfs = new FakeProcfs([500, 501]);
afterAll(() => {
  procfs.remove();
});
procfs.put({ tid: 10, comm: 'sh', children: [20, 30], startTicks: 50 });
procfs.put({ tid: 11, tgid: 10, comm: 'sh-worker', startTicks: 60, children: [40] });
procfs.put({ tid: 12, tgid: 10, comm: 'late', startTicks: 200 });
procfs.put({ tid: 20, ppid: 10, comm: 'old child', startTicks: 70, children: [21] });
procfs.put({ tid: 21, ppid: 20, comm: 'grandchild', startTicks: 300 });
procfs.put({ tid: 30, ppid: 10, comm: 'a) b (c', startTicks: 100, children: [31] });
procfs.put({ tid: 31, ppid: 30, comm: 'young grandchild', startTicks: 150 });
procfs.put({ tid: 40, ppid: 10, comm: 'zombie', startTicks: 400, state: 'Z' });

describe('task scan', () => {
  it('reads a thread, of whatever process', () => {
    expect([readTask(procfs.path, 11), readTask(procfs.path, 30), parentOf(procfs.path, 31)]).toEqual([
      { tid: 11, tgid: 10, comm: 'sh-worker' },
      { tid: 30, tgid: 30, comm: 'a) b (c' },
      30,
    ]);
  });

  it('knows neither who is gone nor who is a zombie', () => {
    expect([
      readTask(procfs.path, 99),
      readTask(procfs.path, 40),
      startTicksOf(procfs.path, 40),
      parentOf(procfs.path, 99),
    ]).toEqual([undefined, undefined, undefined, 0]);
  });

  it('undoes what the kernel does to odd names', () => {
    procfs.put({ tid: 77, comm: String.raw`a\nb\\c` });
    expect(readTask(procfs.path, 77)?.comm).toBe('a\nb\\c');
  });

  it('reads many and leaves out the dead', async () => {
    const tids = [10, 99, ...Array(450).fill(20)] as number[];
    expect((await readTasks(procfs.path, tids)).length).toBe(451);
  });

  it('finds the start of a process behind any name', () => {
    expect(startTicksOf(procfs.path, 30)).toBe(100);
  });

  it('finds threads and children begun since a moment, and theirs, and nobody older', () => {
    const known = [
      { tid: 10, tgid: 10, comm: 'sh' },
      { tid: 11, tgid: 10, comm: 'sh-worker' },
    ];
    expect(
      bornSince(procfs.path, known, 100)
        .map(({ tid }) => tid)
        .sort(),
    ).toEqual([12, 30, 31]);
    expect(bornSince(procfs.path, known, 1000)).toEqual([]);
    expect(bornSince(procfs.path, [{ tid: 999, tgid: 999, comm: '' }], 0)).toEqual([]);
  });

  it('tells the time in ticks and its own threads', () => {
    procfs.uptime(123.45);
    expect([nowTicks(procfs.path), ownTids(procfs.path).sort()]).toEqual([12345, [500, 501]]);
  });

  it('works on the real /proc', () => {
    expect(readTask('/proc', process.pid)).toMatchObject({ tid: process.pid, tgid: process.pid });
    expect(ownTids('/proc')).toContain(process.pid);
    expect(startTicksOf('/proc', process.pid)).toBeLessThanOrEqual(nowTicks('/proc'));
  });
});
