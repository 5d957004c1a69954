import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ContainerProcesses } from './container-processes.js';
import { fakeId, FakeHost } from './testing/fake-host.js';

const WEB = fakeId('web');
const OTHER = fakeId('other');
const CGROUP = `/kubepods/besteffort/pod0f1c2d3e-4b5a-6978-8796-a5b4c3d2e1f0/${WEB}`;

let host: FakeHost;
beforeEach(() => {
  host = FakeHost.booted();
});
afterEach(() => {
  host.remove();
});

const members = (initPid?: number, id = WEB): Promise<object> =>
  new ContainerProcesses(host.procfsPath, host.sysfsPath).of(id, initPid);

describe('the processes of a container', () => {
  it('are those of its cgroup and of the cgroups below it', async () => {
    host.add({ pid: 100, parent: 50, cgroup: CGROUP, inCgroupfs: true });
    host.add({ pid: 101, parent: 60, cgroup: `${CGROUP}/sub/sub`, inCgroupfs: true });
    host.add({ pid: 102, parent: 100, cgroup: `${CGROUP}-not`, inCgroupfs: true });
    expect(await members(100)).toEqual({ pids: [100, 101], parents: [50, 60], cgroup: CGROUP });
  });

  it.each([
    ['beside version 1', 'unified', [`0::${CGROUP}`]],
    ['in a hierarchy of version 1', 'memory', ['4:memory:/', `3:memory:${CGROUP}`]],
    ['in one of several controllers', 'cpu,cpuacct', [`3:cpu,cpuacct:${CGROUP}`]],
    ['under the name of one of the controllers', 'cpuacct', [`3:cpu,cpuacct:${CGROUP}`]],
    ['in a hierarchy with a name only', 'systemd', [`1:name=systemd:${CGROUP}`]],
  ])('are found %s', async (_, hierarchy, cgroup) => {
    host.add({ pid: 100, cgroup });
    host.joinCgroup(hierarchy, CGROUP, 100);
    host.joinCgroup(hierarchy, `${CGROUP}/x`, 0);
    host.joinCgroup(hierarchy, `${CGROUP}/x`, 90);
    host.add({ pid: 90, cgroup });
    expect(await members(100)).toMatchObject({ pids: [90, 100] });
  });

  it('are only those that go on', async () => {
    host.add({ pid: 100, parent: 50, cgroup: CGROUP, inCgroupfs: true });
    host.add({ pid: 101, parent: 60, cgroup: CGROUP, inCgroupfs: true, state: 'Z' });
    host.joinCgroup('', CGROUP, 4711);
    expect(await members(100)).toMatchObject({ pids: [100], parents: [50] });
  });

  it('are taken from the process table when the cgroup files are not visible', async () => {
    host.add({ pid: 100, parent: 50, cgroup: CGROUP });
    host.add({ pid: 101, parent: 50, cgroup: `${CGROUP}/sub` });
    // A child that something moved out of the container's cgroup.
    host.add({ pid: 102, parent: 100, cgroup: '/elsewhere' });
    host.add({ pid: 103, parent: 102, cgroup: '/elsewhere' });
    host.add({ pid: 104, parent: 50, cgroup: '/elsewhere' });
    expect(await members(100)).toEqual({ pids: [100, 101, 102, 103], parents: [50], cgroup: CGROUP });
  });

  it('are taken from the process table when the cgroup files count in another PID namespace', async () => {
    host.add({ pid: 100, cgroup: CGROUP });
    host.joinCgroup('', CGROUP, 1);
    expect(await members(100)).toMatchObject({ pids: [100] });
  });

  it('are found by its id when the runtime counts in another PID namespace', async () => {
    host.add({ pid: 100, cgroup: `/docker/${OTHER}` });
    host.add({ pid: 900, parent: 50, cgroup: `/docker/${OTHER}/kubelet${CGROUP}` });
    const found = { pids: [900], parents: [50], cgroup: `/docker/${OTHER}/kubelet${CGROUP}` };
    expect([await members(100), await members(2), await members(), await members(12345)]).toEqual([
      found,
      found,
      found,
      found,
    ]);
  });

  it('are the init process and its descendants in a cgroup that says nothing', async () => {
    host.add({ pid: 100, parent: 50, cgroup: '/' });
    host.add({ pid: 101, parent: 100, cgroup: '/' });
    host.add({ pid: 102, parent: 50, cgroup: '/' });
    expect(await members(100, 'c1')).toEqual({ pids: [100, 101], parents: [50] });
  });

  it('are never those of another container, of the whole host or of the kernel', async () => {
    host.add({ pid: 100, cgroup: `/docker/${OTHER}` });
    for (const pid of [100, 1, 2, undefined, 99]) expect(await members(pid)).toEqual({ pids: [], parents: [] });
  });

  it('are not those of its monitor, nor those of a unit with a similar name', async () => {
    host.add({ pid: 100, cgroup: `/machine.slice/libpod-conmon-${WEB}.scope` });
    host.add({ pid: 101, cgroup: '/user.slice/session-c1.scope' });
    expect([await members(), await members(undefined, 'c1')]).toEqual([
      { pids: [], parents: [] },
      { pids: [], parents: [] },
    ]);
  });
});
