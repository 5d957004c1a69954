import { afterEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { silent } from '@tracer/base';
import { matchContainers, openPodSource, type Pod, type PodContainer, threadsOf } from '@tracer/pods';
import { cgroupHierarchies, type DemoPod, type DemoPodOptions, isAlive, startDemoPod } from './fixtures/demo-pod.js';

const pods: DemoPod[] = [];
afterEach(async () => {
  await Promise.all(pods.splice(0).map((pod) => pod.stop()));
});

async function start(options: DemoPodOptions): Promise<DemoPod> {
  const pod = await startDemoPod(options);
  pods.push(pod);
  return pod;
}

async function scan(hostPod = false): Promise<Pod[]> {
  const paths = { runPaths: [], procfsPath: '/proc', sysfsPath: '/sys' };
  const source = await openPodSource({ ...paths, forceProcfs: true, hostPod, log: silent });
  return source.scan();
}

async function containersOf(name: string): Promise<PodContainer[]> {
  return matchContainers(await scan(), name, '*').map(({ container }) => container);
}

/** What the kernel itself says: all processes in the PID namespace of `pid`. */
function processesBesides(pid: number): number[] {
  const namespace = readlinkSync(`/proc/${pid}/ns/pid`);
  const isInside = (candidate: string): boolean => {
    try {
      return readlinkSync(`/proc/${candidate}/ns/pid`) === namespace && isAlive(Number(candidate));
    } catch {
      return false;
    }
  };
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && isInside(entry))
    .map(Number)
    .sort((a, b) => a - b);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 100 && !condition(); tries++) await sleep(50);
  expect(condition()).toBe(true);
}

const FAMILY = ['sh', '-c', 'sleep 1000 & sh -c "sleep 1000 & wait" & wait'];

describe('discovery on this machine', () => {
  it.each([...cgroupHierarchies(), 'none'])('sees all processes of a pod with its cgroups in %s', async (hierarchy) => {
    const name = `demo-${hierarchy.replace(/\W/g, '')}`;
    const pod = await start({ name, containers: 2, hierarchy, command: FAMILY });
    await until(() => pod.containers.every(({ pid }) => processesBesides(pid).length === 4));
    const found = await containersOf(name);
    expect(found.map(({ pids }) => pids).sort()).toEqual(pod.containers.map(({ pid }) => processesBesides(pid)).sort());
    if (hierarchy === 'none') {
      expect(found.map((container) => container.name)).toEqual(['sh', 'sh']);
      return;
    }
    const ids = pod.containers.map(({ id, cgroup }) => [id.slice(0, 12), id, cgroup]).sort();
    expect(found.map((one) => [one.name, one.runtimeId, one.cgroup]).sort()).toEqual(ids);
    expect((await scan()).find((one) => one.name === name)?.uid).toBe(pod.uid);
  });

  it('sees all threads', async () => {
    const script = `for (let i = 0; i < 3; i++) new (require('worker_threads').Worker)('setInterval(() => 0, 9)', { eval: true })`;
    const pod = await start({ name: 'demo-threads', command: [process.execPath, '-e', script] });
    const pid = pod.containers[0]?.pid ?? 0;
    const threads = (): number[] =>
      readdirSync(`/proc/${pid}/task`)
        .map(Number)
        .sort((a, b) => a - b);
    await until(() => threads().length > 7);
    await sleep(300);
    const [container] = await containersOf('demo-threads');
    expect(container?.pids).toEqual([pid]);
    expect(threadsOf('/proc', container?.pids ?? [])).toEqual(threads());
  });

  it('sees a process that enters later and is nobody’s descendant in there', async () => {
    const pod = await start({ name: 'demo-late', command: ['sleep', '1000'] });
    const late = spawn('sleep', ['1000'], { stdio: 'ignore' });
    try {
      const [before] = await containersOf('demo-late');
      const mount = cgroupHierarchies()[0] ?? '';
      writeFileSync(`${mount}${pod.containers[0]?.cgroup ?? ''}/cgroup.procs`, String(late.pid));
      const [after] = await containersOf('demo-late');
      expect([before?.pids, after?.pids]).toEqual([
        [pod.containers[0]?.pid],
        [pod.containers[0]?.pid, late.pid].sort((a = 0, b = 0) => a - b),
      ]);
      expect(after?.parents).toContain(process.pid);
    } finally {
      late.kill();
    }
  });

  it('keeps up with a pod that starts and ends processes all the time', async () => {
    const pod = await start({ name: 'demo-busy', containers: 2 });
    for (let i = 0; i < 20; i++) {
      const found = await containersOf('demo-busy');
      expect(found.map(({ pids }) => pids[0])).toEqual(pod.containers.map(({ pid }) => pid));
    }
  });

  it('shows the processes of the host, and only those, as the pod host', async () => {
    const pod = await start({ name: 'demo-other', command: FAMILY });
    const all = await scan(true);
    const host = matchContainers(all, 'host', '*').flatMap(({ container }) => container.pids);
    expect(host).toContain(process.pid);
    expect(host).toContain(1);
    expect(host).not.toContain(2);
    for (const pid of processesBesides(pod.containers[0]?.pid ?? 0)) expect(host).not.toContain(pid);
    const everywhere = all.flatMap(({ containers }) => [...containers.values()].flatMap(({ pids }) => pids));
    expect(new Set(everywhere).size).toBe(everywhere.length);
    expect((await scan(false)).map(({ name }) => name)).not.toContain('host');
  });
});

describe('a demo pod', () => {
  const cgroupsOf = (pod: DemoPod): string[] =>
    cgroupHierarchies()
      .flatMap((mount) => pod.containers.map(({ cgroup = '' }) => mount + cgroup))
      .filter((path) => existsSync(path));

  it('leaves nothing behind', async () => {
    const pod = await start({ name: 'demo-gone', containers: 2 });
    expect(cgroupsOf(pod)).toHaveLength(2);
    await pod.stop();
    expect([cgroupsOf(pod), pod.containers.filter(({ pid }) => isAlive(pid))]).toEqual([[], []]);
    expect(await containersOf('demo-gone')).toEqual([]);
  });

  it('that is killed takes its processes along, and the next one takes away its cgroups', async () => {
    const killed = await start({ name: 'demo-killed', containers: 2 });
    await killed.kill();
    await until(() => !killed.containers.some(({ pid }) => isAlive(pid)));
    expect(cgroupsOf(killed)).toHaveLength(2);
    await start({ name: 'demo-next' });
    expect(cgroupsOf(killed)).toEqual([]);
  });

  it('says what is wrong when it cannot start', async () => {
    await expect(startDemoPod({ name: 'no name' })).rejects.toThrow('cannot be a host name');
    await expect(startDemoPod({ name: 'x', hierarchy: '/no/such/mount' })).rejects.toThrow('no cgroup hierarchy');
  });
});
