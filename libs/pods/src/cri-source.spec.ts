import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { type Log, silent } from '@tracer/base';
import { openPodSource, type PodSourceOptions } from './open-pod-source.js';
import type { Pod, PodSource } from './pod.js';
import { FakeCri, podLabels } from './testing/fake-cri.js';
import { fakeId, FakeHost } from './testing/fake-host.js';

const WEB = fakeId('web');
const UID = '0f1c2d3e-4b5a-6978-8796-a5b4c3d2e1f0';
const CGROUP = `/kubepods/pod${UID}/${WEB}`;

let host: FakeHost;
let runtime: FakeCri;
const open: { close(): void }[] = [];
const runtimes: FakeCri[] = [];

async function startRuntime(socket: string): Promise<FakeCri> {
  const started = new FakeCri(join(host.runPath, socket));
  await started.start();
  runtimes.push(started);
  return started;
}

beforeEach(async () => {
  host = FakeHost.booted();
  runtime = await startRuntime('containerd/containerd.sock');
});
afterEach(() => {
  for (const source of open.splice(0)) source.close();
  for (const one of runtimes.splice(0)) one.stop();
  host.remove();
});

async function source(more: Partial<PodSourceOptions> = {}): Promise<PodSource> {
  const { procfsPath, sysfsPath, runPath } = host;
  const defaults = { procfsPath, sysfsPath, runPaths: [runPath], forceProcfs: false, hostPod: false, log: silent };
  const opened = await openPodSource({ ...defaults, ...more });
  open.push(opened);
  return opened;
}

const scan = async (more: Partial<PodSourceOptions> = {}): Promise<Pod[]> => (await source(more)).scan();

async function processes(more: Partial<PodSourceOptions> = {}): Promise<Record<string, readonly number[]>> {
  const pods = await scan(more);
  return Object.fromEntries(
    pods.flatMap(({ key, containers }) => [...containers].map(([name, { pids }]) => [`${key}:${name}`, pids])),
  );
}

describe('pods of the container runtime', () => {
  it('have the names of the runtime and the processes of the kernel', async () => {
    runtime.sandboxes = [{ id: 's1', labels: { ...podLabels('web-1', 'shop', UID), app: 'web' } }];
    const labels = { ...podLabels('web-1', 'shop', UID), 'io.kubernetes.container.name': 'nginx' };
    runtime.containers = [
      {
        id: WEB,
        name: 'nginx',
        labels,
        sandboxId: 's1',
        image: 'sha256:ab',
        statusImage: 'nginx:1',
        info: '{"pid":100}',
      },
      { id: fakeId('ended'), name: 'ended', labels, state: 2, info: '{"pid":101}' },
      { id: fakeId('plain'), name: 'plain', labels: { app: 'x' }, info: '{"pid":101}' },
    ];
    host.add({ pid: 100, parent: 50, cgroup: CGROUP, inCgroupfs: true });
    host.add({ pid: 101, parent: 50, cgroup: CGROUP, inCgroupfs: true });
    expect(await scan()).toEqual([
      {
        key: 'web-1',
        name: 'web-1',
        namespace: 'shop',
        uid: UID,
        labels: { ...podLabels('web-1', 'shop', UID), app: 'web' },
        containers: new Map([
          [
            'nginx',
            {
              name: 'nginx',
              runtimeId: WEB,
              image: 'nginx:1',
              labels,
              pids: [100, 101],
              parents: [50],
              cgroup: CGROUP,
            },
          ],
        ]),
      },
    ]);
    expect(runtime.calls.filter((call) => call === 'ContainerStatus')).toHaveLength(1);
  });

  it('keep equal names of two namespaces apart', async () => {
    runtime.containers = ['shop', 'test'].map((namespace) => ({
      id: fakeId(namespace),
      name: 'nginx',
      labels: podLabels('web-1', namespace),
    }));
    expect(await processes()).toEqual({ 'shop/web-1:nginx': [], 'test/web-1:nginx': [] });
  });

  it('join an instance of a container that is still ending with the one that replaces it', async () => {
    const labels = podLabels('web-1', 'shop');
    runtime.containers = [
      {
        id: fakeId('new'),
        name: 'nginx',
        labels,
        image: 'new',
        createdAt: 2_000_000_000_000_000_001n,
        info: '{"pid":90}',
      },
      {
        id: fakeId('old'),
        name: 'nginx',
        labels,
        image: 'old',
        createdAt: 2_000_000_000_000_000_000n,
        info: '{"pid":80}',
      },
    ];
    host.add({ pid: 80, parent: 50 });
    host.add({ pid: 90, parent: 80 });
    const container = (await scan())[0]?.containers.get('nginx');
    expect(container).toMatchObject({ runtimeId: fakeId('new'), image: 'new', pids: [80, 90], parents: [50] });
  });

  it.each([
    ['the status is an error', { statusError: 'task not found' }],
    ['there is no info', {}],
    ['the info is no JSON', { info: 'pid: 100' }],
    ['the info is no object', { info: 'null' }],
    ['the info has no pid', { info: '{"sandboxID":"s1"}' }],
    ['the pid is zero', { info: '{"pid":0}' }],
    ['the pid is text', { info: '{"pid":"100"}' }],
    ['the process is gone', { info: '{"pid":4000}' }],
  ])('list a container without processes when %s', async (_, answer) => {
    runtime.containers = [{ id: 'c1', name: 'nginx', labels: podLabels('web-1'), ...answer }];
    host.add({ pid: 100 });
    expect(await processes()).toEqual({ 'web-1:nginx': [] });
  });

  it('find the pid whatever its case is, and the processes by the id when there is none', async () => {
    const labels = podLabels('web-1');
    runtime.containers = [
      { id: 'c1', name: 'upper', labels, info: '{"Pid":100}' },
      { id: WEB, name: 'searched', labels, statusError: 'not now' },
    ];
    host.add({ pid: 100 });
    host.add({ pid: 200, cgroup: CGROUP });
    expect(await processes()).toEqual({ 'web-1:upper': [100], 'web-1:searched': [200] });
  });

  it('do without the labels of pods when the sandboxes cannot be listed', async () => {
    runtime.failing.set('ListPodSandbox', 'not today');
    runtime.containers = [{ id: WEB, name: 'nginx', labels: podLabels('web-1') }];
    expect((await scan())[0]).toMatchObject({ name: 'web-1', labels: {} });
  });

  it('are asked for a few at a time', async () => {
    runtime.containers = Array.from({ length: 200 }, (_, i) => ({
      id: `c${i}`,
      name: `n${i}`,
      labels: podLabels('p'),
    }));
    expect((await scan())[0]?.containers.size).toBe(200);
    expect(runtime.peak).toBeLessThanOrEqual(32);
  });

  it('include what the runtime does not know, if wanted', async () => {
    const docker = fakeId('docker');
    runtime.sandboxes = [{ id: fakeId('pause'), labels: {} }];
    runtime.containers = [
      { id: WEB, name: 'nginx', labels: podLabels('web-1') },
      { id: 'c1', name: 'plain', labels: podLabels('web-1'), info: '{"pid":103}' },
    ];
    host.add({ pid: 100, cgroup: CGROUP });
    host.add({ pid: 101, cgroup: `/docker/${docker}` });
    host.add({ pid: 102, cgroup: `/kubepods/pod${UID}/${fakeId('pause')}` });
    host.add({ pid: 103, command: 'app' });
    const runtimeOnly = { 'web-1:nginx': [100], 'web-1:plain': [103] };
    expect(await processes()).toEqual(runtimeOnly);
    const short = docker.slice(0, 12);
    expect(await processes({ hostPod: true })).toEqual({
      ...runtimeOnly,
      [`${short}:${short}`]: [101],
      'host:init.scope': [1],
    });
  });
});

describe('a runtime that fails', () => {
  it('is named with its reason, and may recover', async () => {
    runtime.containers = [{ id: WEB, name: 'nginx', labels: podLabels('web-1') }];
    const pods = await source();
    runtime.failing.set('ListContainers', 'database is locked');
    await expect(pods.scan()).rejects.toMatchObject({
      code: 'PODS_UNREADABLE',
      message: expect.stringMatching(/containerd\.sock.*database is locked/),
    });
    runtime.failing.clear();
    expect(await pods.scan()).toHaveLength(1);
  });

  it('is waited for no longer than the deadline', async () => {
    const pods = await source({ scanTimeoutMs: 150 });
    runtime.hanging.add('ListContainers');
    const startMs = performance.now();
    await expect(pods.scan()).rejects.toMatchObject({ code: 'PODS_UNREADABLE' });
    expect(performance.now() - startMs).toBeLessThan(30_000);
  });

  it('delays a scan by one deadline however many status calls hang', async () => {
    runtime.containers = Array.from({ length: 100 }, (_, i) => ({
      id: `c${i}`,
      name: `n${i}`,
      labels: podLabels('p'),
    }));
    runtime.hanging.add('ContainerStatus');
    const startMs = performance.now();
    // They hang in four rounds.
    expect((await scan({ scanTimeoutMs: 3_000 }))[0]?.containers.size).toBe(100);
    expect(performance.now() - startMs).toBeLessThan(60_000);
  });

  it('is found again as soon as it has restarted', async () => {
    runtime.containers = [{ id: WEB, name: 'nginx', labels: podLabels('web-1') }];
    const pods = await source();
    expect(await pods.scan()).toHaveLength(1);
    runtime.stop();
    for (let i = 0; i < 3; i++) await expect(pods.scan()).rejects.toMatchObject({ code: 'PODS_UNREADABLE' });
    await runtime.start();
    expect(await pods.scan()).toHaveLength(1);
  });
});

describe('the search for a runtime', () => {
  it('prefers the order of run paths and of known sockets', async () => {
    await startRuntime('crio/crio.sock');
    expect((await source()).endpoint).toBe(`unix://${host.runPath}/containerd/containerd.sock`);
    runtime.stop();
    expect((await source()).endpoint).toBe(`unix://${host.runPath}/crio/crio.sock`);
  });

  it.each([
    'containerd/containerd.sock',
    'cri-dockerd.sock',
    'dockershim.sock',
    'crio/crio.sock',
    'k3s/containerd/containerd.sock',
  ])('knows %s in any run path', async (socket) => {
    runtime.stop();
    const other = await startRuntime(`other/${socket}`);
    const found = await source({ runPaths: [host.runPath, '/no/such/run', join(host.runPath, 'other')] });
    expect([found.kind, found.endpoint]).toEqual(['cri', `unix://${other.socketPath}`]);
  });

  it('prefers the runtime that runs our own pod', async () => {
    const other = await startRuntime('crio/crio.sock');
    other.containers = [{ id: WEB, name: 'agent', labels: podLabels('agent-x') }];
    expect((await source({ podName: 'agent-x' })).endpoint).toBe(`unix://${other.socketPath}`);
    // A pod that has ended does not count.
    other.containers = [{ id: WEB, name: 'agent', labels: podLabels('agent-x'), state: 2 }];
    expect((await source({ podName: 'agent-x' })).endpoint).toBe(`unix://${runtime.socketPath}`);
  });

  it('says when no runtime runs our own pod', async () => {
    const warnings: string[] = [];
    const log: Log = { ...silent, warn: (_, message) => warnings.push(message) };
    await source({ podName: 'agent-x', log });
    expect(warnings).toEqual([expect.stringContaining('our own pod')]);
  });

  it('passes over sockets that do not answer in time, or not as a runtime, or are no sockets', async () => {
    runtime.hanging.add('Version');
    (await startRuntime('cri-dockerd.sock')).failing.set('Version', 'unknown service');
    host.write('run/dockershim.sock', 'a file');
    const last = await startRuntime('k3s/containerd/containerd.sock');
    // Long enough for the one that answers, on the busiest machine; the silent ones are waited for that long.
    expect((await source({ connectTimeoutMs: 3_000 })).endpoint).toBe(`unix://${last.socketPath}`);
  });

  it('falls back to the process table when nothing answers, or when told to', async () => {
    expect((await source({ forceProcfs: true, criEndpoint: runtime.socketPath })).kind).toBe('procfs');
    runtime.stop();
    const found = await source();
    expect([found.kind, found.endpoint]).toEqual(['procfs', host.procfsPath]);
  });

  it('takes an explicit endpoint at its word, also before the runtime is there', async () => {
    const socketPath = join(host.runPath, 'mine.sock');
    for (const criEndpoint of [socketPath, `unix://${socketPath}`, `unix:${socketPath}`]) {
      const pods = await source({ criEndpoint });
      expect([pods.kind, pods.endpoint]).toEqual(['cri', `unix://${socketPath}`]);
      await expect(pods.scan()).rejects.toMatchObject({ code: 'PODS_UNREADABLE' });
    }
    const pods = await source({ criEndpoint: socketPath });
    await startRuntime('mine.sock');
    expect(await pods.scan()).toEqual([]);
  });

  it.each(['tcp://localhost:1', 'unix://relative.sock', 'containerd.sock', 'http://x/'])(
    'refuses the endpoint %s',
    async (criEndpoint) => {
      await expect(source({ criEndpoint })).rejects.toMatchObject({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining(criEndpoint),
      });
    },
  );
});
