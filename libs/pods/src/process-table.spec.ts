import { describe, expect, it } from '@jest/globals';
import { readProcessTable } from './process-table.js';
import { fakeId, FakeHost } from './testing/fake-host.js';
import { threadsOf } from './threads.js';

describe('readProcessTable', () => {
  it('reads the fields that discovery needs', async () => {
    const host = FakeHost.booted();
    try {
      host.add({ pid: 40, parent: 1, command: 'a (b) c', startTicks: 123, cgroup: `/docker/${fakeId('x')}` });
      const table = await readProcessTable(host.procfsPath);
      expect([...table.keys()]).toEqual([1, 2, 3, 40]);
      expect(table.get(40)).toMatchObject({ parentPid: 1, command: 'a (b) c', isKernelThread: false, startTicks: 123 });
      expect([table.get(2)?.isKernelThread, table.get(1)?.isKernelThread]).toEqual([true, false]);
    } finally {
      host.remove();
    }
  });

  it('leaves out processes that have ended, unless threads of them go on', async () => {
    const host = new FakeHost();
    try {
      host.add({ pid: 40, state: 'Z' });
      host.add({ pid: 41, state: 'Z', threads: [42] });
      host.add({ pid: 43, state: 'D' });
      expect([...(await readProcessTable(host.procfsPath)).keys()]).toEqual([41, 43]);
    } finally {
      host.remove();
    }
  });

  it('gives way to other events while it reads thousands of processes', async () => {
    const host = new FakeHost();
    try {
      for (let pid = 1; pid <= 1500; pid++) {
        host.write(`proc/${pid}/stat`, `${pid} (sh) S 0 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 ${pid} 0 0\n`);
        host.write(`proc/${pid}/cgroup`, '0::/\n');
      }
      let turns = 0;
      const other = setInterval(() => turns++, 1);
      const table = await readProcessTable(host.procfsPath);
      clearInterval(other);
      expect(table.size).toBe(1500);
      expect(turns).toBeGreaterThan(0);
    } finally {
      host.remove();
    }
  });
});

describe('threadsOf', () => {
  it('lists the threads of all processes that are there', () => {
    const host = new FakeHost();
    try {
      host.add({ pid: 7, threads: [9, 8] });
      host.add({ pid: 30 });
      expect(threadsOf(host.procfsPath, [30, 7, 7, 99])).toEqual([7, 8, 9, 30]);
      expect(threadsOf('/no/such/proc', [1])).toEqual([]);
    } finally {
      host.remove();
    }
  });

  it('sees our own threads', () => {
    expect(threadsOf('/proc', [process.pid])).toContain(process.pid);
  });
});
