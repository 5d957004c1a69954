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

interface Comparison {
  readonly container: PodContainer;
  readonly expected: readonly number[];
}

/**
 * Containers start and end processes all the time, so a container is compared in a scan during which it had the same
 * processes before and after; the other containers wait for another scan.
 */
async function compare(read: () => Promise<Pod[]>): Promise<Comparison[]> {
  const compared = new Map<string, Comparison>();
  for (let tries = 0; tries < 300 && compared.size < lab.containers.length; tries++) {
    const before = lab.containers.map(({ id }) => processesOf(id));
    const found = matchContainers(await read(), '*', '*').map(({ container }) => container);
    for (const [index, { id }] of lab.containers.entries()) {
      const expected = before[index] ?? [];
      if (compared.has(id) || JSON.stringify(expected) !== JSON.stringify(processesOf(id))) continue;
      const container = found.find(({ runtimeId }) => runtimeId === id);
      if (container === undefined) throw new Error(`container ${id} is not listed`);
      compared.set(id, { container, expected });
    }
    await sleep(5);
  }
  expect(compared.size).toBe(lab.containers.length);
  return [...compared.values()];
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
      for (const { container, expected } of await compare(() => scan(places))) {
        expect(container.pids).toEqual(expected);
        expect(container.cgroup).toMatch(
          new RegExp(`/kubepods/besteffort/pod[0-9a-f-]{36}/${container.runtimeId ?? ''}$`),
        );
        expect(container.parents.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim())).toEqual([
          'containerd-shim',
        ]);
      }
    },
    30_000,
  );

  it('have more processes than their first one, and threads', async () => {
    const [match] = matchContainers(await scan(), 'shop/*', 'web');
    const pids = match?.container.pids ?? [];
    expect(pids.map((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()).sort()).toEqual(['httpd', 'sleep']);
    expect(threadsOf('/proc', pids)).toEqual(pids);
  });

  it('look the same without the runtime, but for their names', async () => {
    const [web] = matchContainers(await scan({ forceProcfs: true }), 'shop-web', '*').filter(
      ({ container }) => container.runtimeId === lab.containers.find(({ name }) => name === 'web')?.id,
    );
    const [known] = matchContainers(await scan(), 'shop-web', 'web');
    expect(web?.pod.uid).toBe(known?.pod.uid);
    expect(web?.container).toMatchObject({ pids: known?.container.pids, cgroup: known?.container.cgroup });
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
        matchContainers(pods, 'shop/shop-web', 'web')[0]?.container.pids;
      const before = web(await source.scan());
      await lab.restart();
      expect(before).toHaveLength(2);
      expect(web(await source.scan())).toEqual(before);
    } finally {
      source.close();
    }
  }, 30_000);
});
