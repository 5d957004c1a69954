import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { silent } from '@tracer/base';
import { matchContainers, openPodSource, type Pod, type PodContainer, threadsOf } from '@tracer/pods';
import { type CriLab, startCriLab } from './fixtures/cri-lab.js';

let lab: CriLab;
beforeAll(async () => {
  lab = await startCriLab();
}, 300_000);
afterAll(async () => {
  await lab.down();
}, 60_000);

interface Places {
  readonly procfsPath: string;
  readonly sysfsPath: string;
}
const MACHINE: Places = { procfsPath: '/proc', sysfsPath: '/sys' };

async function scan(options: { forceProcfs?: boolean; hostPod?: boolean } & Partial<Places> = {}): Promise<Pod[]> {
  const fixed = { criEndpoint: lab.socketPath, runPaths: [], forceProcfs: false, hostPod: false, log: silent };
  const source = await openPodSource({ ...fixed, ...MACHINE, ...options });
  try {
    return await source.scan();
  } finally {
    source.close();
  }
}

/** What the kernel says: the processes whose cgroup carries the id of a container, in any hierarchy. */
function processesOf(containerId: string): number[] {
  const isIn = (pid: string): boolean => {
    try {
      const isZombie = /^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
      return !isZombie && readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(containerId);
    } catch {
      return false;
    }
  };
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && isIn(entry));
  return pids.map(Number).sort((a, b) => a - b);
}

/**
 * Containers start and end processes all the time. So every scan must list what was there before and after it, and
 * for each container some scan must list exactly that: a foreign process in the answer would be in all of them.
 */
async function expectAllProcesses(read: () => Promise<Pod[]>): Promise<PodContainer[]> {
  const exact = new Map<string, PodContainer>();
  for (let tries = 0; tries < 300 && exact.size < lab.containers.length; tries++) {
    const before = lab.containers.map(({ id }) => processesOf(id));
    const found = matchContainers(await read(), '*', '*').map(({ container }) => container);
    for (const [index, { id }] of lab.containers.entries()) {
      const after = processesOf(id);
      const throughout = before[index]?.filter((pid) => after.includes(pid)) ?? [];
      const container = found.find(({ runtimeId }) => runtimeId === id);
      expect(container?.pids).toEqual(expect.arrayContaining(throughout));
      if (container?.pids.length === throughout.length) exact.set(id, container);
    }
    await sleep(5);
  }
  expect([...exact.keys()].sort()).toEqual(lab.containers.map(({ id }) => id).sort());
  return [...exact.values()];
}

describe('pods of a real container runtime', () => {
  it('are listed with their namespaces, labels and images', async () => {
    const pods = await scan();
    expect(pods.map(({ key, namespace, labels }) => [key, namespace, labels['app']]).sort()).toEqual([
      ['batch-io', 'batch', 'batch-io'],
      ['shop-web', 'shop', 'shop-web'],
    ]);
    const listed = pods.flatMap(({ name: pod, namespace, containers }) =>
      [...containers.values()].map(({ name, runtimeId }) => ({ namespace, pod, name, id: runtimeId })),
    );
    expect(new Set(listed)).toEqual(new Set(lab.containers));
    for (const { container } of matchContainers(pods, '*', '*')) {
      expect(container.image).toBe('lab.local/busybox:1');
      expect(container.labels['io.kubernetes.container.name']).toBe(container.name);
    }
  });

  it.each([
    ['from the files of their cgroups', MACHINE],
    ['from the process table', { ...MACHINE, sysfsPath: '/no/such/sys' }],
  ])(
    'have all their processes, %s',
    async (_, places) => {
      for (const container of await expectAllProcesses(() => scan(places))) {
        expect(container.cgroup).toMatch(
          new RegExp(`/kubepods/besteffort/pod[0-9a-f-]{36}/${container.runtimeId ?? ''}$`),
        );
        const parents = container.parents.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
        expect(parents).toEqual(['containerd-shim']);
      }
    },
    30_000,
  );

  it('have more processes than their first one, and threads', async () => {
    const [match] = matchContainers(await scan(), 'shop/*', 'web');
    const pids = match?.container.pids ?? [];
    // The server, and what it has started before; it starts more for each connection.
    const commands = pids.slice(0, 2).map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
    expect(commands).toEqual(['httpd', 'sleep']);
    expect(threadsOf('/proc', pids.slice(0, 2))).toEqual(pids.slice(0, 2));
  });

  it('look the same without the runtime, but for their names', async () => {
    const [web] = matchContainers(await scan({ forceProcfs: true }), 'shop-web', '*').filter(
      ({ container }) => container.runtimeId === lab.containers.find(({ name }) => name === 'web')?.id,
    );
    const [known] = matchContainers(await scan(), 'shop-web', 'web');
    expect(web?.pod.uid).toBe(known?.pod.uid);
    expect(web?.container.cgroup).toBe(known?.container.cgroup);
    expect(web?.container.pids.slice(0, 2)).toEqual(known?.container.pids.slice(0, 2));
  });

  it('leave the rest of the machine to the pod host', async () => {
    const pods = await scan({ hostPod: true });
    expect(pods.map(({ key }) => key)).toEqual(expect.arrayContaining(['batch-io', 'shop-web', 'host']));
    // The runtime's own helpers (the sandboxes) are no pods besides.
    expect(pods.filter(({ name }) => name === 'shop-web' || name === 'batch-io')).toHaveLength(2);
    const host = matchContainers(pods, 'host', '*').flatMap(({ container }) => container.pids);
    expect(host).toContain(process.pid);
    for (const { id } of lab.containers) for (const pid of processesOf(id)) expect(host).not.toContain(pid);
  });

  it('are listed by the same source after the runtime was killed and started again', async () => {
    const fixed = { runPaths: [], forceProcfs: false, hostPod: false, log: silent };
    const source = await openPodSource({ criEndpoint: `unix://${lab.socketPath}`, ...fixed, ...MACHINE });
    try {
      const web = (pods: Pod[]): readonly number[] | undefined =>
        matchContainers(pods, 'shop/shop-web', 'web')[0]?.container.pids.slice(0, 2);
      const before = web(await source.scan());
      await lab.restart();
      expect(before).toHaveLength(2);
      expect(web(await source.scan())).toEqual(before);
    } finally {
      source.close();
    }
  }, 90_000);
});
