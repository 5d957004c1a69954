import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Pod } from './pod.js';
import { procfsPodSource } from './procfs-source.js';
import { fakeId, FakeHost } from './testing/fake-host.js';

const UID = '0f1c2d3e-4b5a-6978-8796-a5b4c3d2e1f0';
const WEB = fakeId('web');
const PROBE = fakeId('probe');
const SHORT = (id: string): string => id.slice(0, 12);
const OWN = { pid: '4026532201', uts: '4026532202', mnt: '4026532203' };

let host: FakeHost;
beforeEach(() => {
  host = FakeHost.booted();
});
afterEach(() => {
  host.remove();
});

const scan = (hostPod = false): Promise<Pod[]> => procfsPodSource({ procfsPath: host.procfsPath, hostPod }).scan();

/** pod key → container → processes. */
async function processes(hostPod = false): Promise<Record<string, Record<string, readonly number[]>>> {
  const pods = await scan(hostPod);
  return Object.fromEntries(
    pods.map(({ key, containers }) => [
      key,
      Object.fromEntries([...containers].map(([name, { pids }]) => [name, pids])),
    ]),
  );
}

describe('pods of the process table', () => {
  it('are the containers that cgroups name, with all their processes, by pod uid', async () => {
    host.add({ pid: 50, command: 'containerd-shim' });
    host.add({ pid: 102, parent: 101, cgroup: `/kubepods/pod${UID}/${WEB}` });
    host.add({ pid: 101, parent: 50, cgroup: `/kubepods/pod${UID}/${WEB}`, threads: [103] });
    // Entered from outside: no descendant of the init process, and in a cgroup of its own below.
    host.add({ pid: 104, parent: 51, cgroup: `/kubepods/pod${UID}/${WEB}/exec` });
    host.add({ pid: 105, parent: 50, cgroup: `/kubepods/pod${UID}/${PROBE}` });
    expect(await scan()).toEqual([
      {
        key: SHORT(UID),
        name: SHORT(UID),
        uid: UID,
        labels: {},
        containers: new Map([
          [
            SHORT(WEB),
            {
              name: SHORT(WEB),
              runtimeId: WEB,
              labels: {},
              pids: [101, 102, 104],
              parents: [50, 51],
              cgroup: `/kubepods/pod${UID}/${WEB}`,
            },
          ],
          [
            SHORT(PROBE),
            {
              name: SHORT(PROBE),
              runtimeId: PROBE,
              labels: {},
              pids: [105],
              parents: [50],
              cgroup: `/kubepods/pod${UID}/${PROBE}`,
            },
          ],
        ]),
      },
    ]);
  });

  it('are seen with version 1 of cgroups, on which hierarchy ever', async () => {
    const root = ['3:cpu,cpuacct:/', '1:name=systemd:/'];
    host.add({ pid: 101, cgroup: [`4:memory:/docker/${WEB}`, ...root, '0::/'] });
    host.add({ pid: 102, cgroup: ['4:memory:/batch/0123456789abcdef0123456789abcdef', ...root] });
    expect(await processes()).toEqual({ [SHORT(WEB)]: { [SHORT(WEB)]: [101] } });
  });

  it('stay apart when their host names are equal', async () => {
    host.add({ pid: 101, cgroup: `/docker/${WEB}`, namespaces: OWN, environment: { HOSTNAME: 'web' } });
    host.add({ pid: 102, cgroup: `/docker/${PROBE}`, namespaces: OWN, environment: { HOSTNAME: 'web' } });
    expect(Object.keys(await processes())).toEqual([`web@${SHORT(WEB)}`, `web@${SHORT(PROBE)}`]);
  });

  it('survive processes that end, and files that are nonsense, in the middle of a scan', async () => {
    host.write('proc/200/comm', 'a directory without stat');
    host.write('proc/201/stat', '201 (no flags');
    host.write('proc/202/stat', '');
    host.add({ pid: 203, command: 'a) b (c) S 1', cgroup: `/docker/${WEB}`, namespaces: null });
    host.write('proc/uptime', '1 1');
    expect(await processes(true)).toEqual({
      [SHORT(WEB)]: { [SHORT(WEB)]: [203] },
      host: { 'init.scope': [1] },
    });
  });

  it('cannot be read from a directory that is not there', async () => {
    const source = procfsPodSource({ procfsPath: '/no/such/proc', hostPod: true });
    await expect(source.scan()).rejects.toMatchObject({
      code: 'PODS_UNREADABLE',
      message: expect.stringContaining('/no/such/proc'),
    });
  });

  it('are read anew by every scan, also by one that was asked for while another ran', async () => {
    const source = procfsPodSource({ procfsPath: host.procfsPath, hostPod: false });
    const first = source.scan();
    await Promise.resolve();
    await Promise.resolve();
    host.add({ pid: 101, cgroup: `/docker/${WEB}` });
    const [, second, third] = await Promise.all([first, source.scan(), source.scan()]);
    expect(second).toHaveLength(1);
    expect(third).toBe(second);
    host.end(101);
    expect(await source.scan()).toEqual([]);
  });
});

describe('the name of a pod', () => {
  const add = (pid: number, more: Partial<Parameters<FakeHost['add']>[0]> = {}): void => {
    host.add({ pid, cgroup: `/docker/${WEB}`, namespaces: OWN, ...more });
  };
  const name = async (): Promise<string | undefined> => (await scan())[0]?.name;

  it('is the host name in the environment of its first process', async () => {
    add(101, { environment: { PATH: '/bin', HOSTNAME: 'shop-web' }, hostNameFile: 'other' });
    expect(await name()).toBe('shop-web');
  });

  it('is the host name it sees in its files otherwise', async () => {
    add(101, { environment: { HOSTNAME: 'not a name' }, hostNameFile: 'shop-web' });
    expect(await name()).toBe('shop-web');
  });

  it('is asked of several processes, of the init process first', async () => {
    add(101, { parent: 102, startTicks: 9 });
    add(102, { parent: 50, startTicks: 9 });
    add(103, { parent: 102, environment: { HOSTNAME: 'shop-web' } });
    expect(await name()).toBe('shop-web');
  });

  it('is not the name of the host that it merely inherited', async () => {
    host.write('proc/1/environ', 'HOSTNAME=node-7\0');
    add(101, { environment: { HOSTNAME: 'node-7' } });
    expect(await name()).toBe(SHORT(WEB));
  });

  it('is not the name of the host that it shares, as with host networking', async () => {
    add(101, { namespaces: { pid: '1' }, environment: { HOSTNAME: 'node-7' }, hostNameFile: 'node-7' });
    expect(await name()).toBe(SHORT(WEB));
  });

  it('is not our own when we share the name space of the host', async () => {
    symlinkSync('1', join(host.procfsPath, 'self'));
    add(101, { environment: { HOSTNAME: hostname() } });
    expect(await name()).toBe(SHORT(WEB));
  });

  it('is not read from the host by way of a link, nor from its own file', async () => {
    host.write('proc/1/root/etc/hostname', 'node-7\n');
    host.write('secret', 'secret\n');
    add(101);
    host.write('proc/101/root/etc/passwd', '');
    symlinkSync(join(host.root, 'secret'), join(host.procfsPath, '101/root/etc/hostname'));
    add(102);
    symlinkSync(join(host.procfsPath, '1/root'), join(host.procfsPath, '102/root'));
    expect(await name()).toBe(SHORT(WEB));
  });

  it('is not waited for when the file is a pipe', async () => {
    add(101);
    host.write('proc/101/root/etc/passwd', '');
    execFileSync('mkfifo', [join(host.procfsPath, '101/root/etc/hostname')]);
    expect(await name()).toBe(SHORT(WEB));
  });

  it.each(['', '-web', 'web-', 'a/b', 'x'.repeat(300), 'w\u0000eb'])('is not %j', async (nonsense) => {
    add(101, { hostNameFile: nonsense });
    expect(await name()).toBe(SHORT(WEB));
  });

  it('is what the kubelet calls it, where its log links can be seen', async () => {
    host.write(`proc/1/root/var/log/containers/web-7d9f_shop_nginx-${WEB}.log`, '');
    host.write(`proc/1/root/var/log/containers/nonsense.log`, '');
    host.add({ pid: 101, cgroup: `/kubepods/pod${UID}/${WEB}`, namespaces: OWN, environment: { HOSTNAME: 'x' } });
    host.add({ pid: 102, cgroup: `/kubepods/pod${UID}/${PROBE}` });
    const [pod] = await scan();
    expect([pod?.key, pod?.namespace, [...(pod?.containers.keys() ?? [])]]).toEqual([
      'web-7d9f',
      'shop',
      ['nginx', SHORT(PROBE)],
    ]);
  });
});

describe('containers that no cgroup names', () => {
  it('are the processes of a PID namespace with a host name or mounts of its own', async () => {
    host.add({ pid: 100, command: 'unshare', namespaces: { uts: OWN.uts, mnt: OWN.mnt } });
    host.add({ pid: 101, parent: 100, command: 'init', namespaces: OWN, environment: { HOSTNAME: 'demo' } });
    host.add({ pid: 102, parent: 101, command: 'sh', namespaces: OWN });
    expect(await processes(true)).toEqual({
      demo: { init: [101, 102] },
      host: { 'init.scope': [1], unshare: [100] },
    });
    expect((await scan())[0]?.containers.get('init')?.parents).toEqual([100]);
  });

  it('include the sandboxes inside them and processes that entered later', async () => {
    host.add({ pid: 101, namespaces: OWN });
    host.add({ pid: 102, parent: 101, namespaces: { ...OWN, pid: '77', uts: '78' } });
    host.add({ pid: 103, parent: 50, namespaces: OWN });
    expect(await processes()).toEqual({ 'ns-4026532201': { sh: [101, 102, 103] } });
  });

  it('are not a PID namespace alone, nor a host name alone, nor mounts alone', async () => {
    host.add({ pid: 101, namespaces: { pid: '77' } });
    host.add({ pid: 102, namespaces: { uts: '77' } });
    host.add({ pid: 103, namespaces: { mnt: '77' } });
    expect(await processes()).toEqual({});
  });

  it('are told from the host by a kernel thread where process 1 hides its namespaces', async () => {
    host.end(1);
    host.add({ pid: 1, command: 'init', namespaces: null });
    host.add({ pid: 101, namespaces: OWN });
    expect(Object.keys(await processes())).toEqual(['ns-4026532201']);
  });

  it('are unknown where no namespace can be read at all', async () => {
    for (const pid of [1, 2, 3]) host.end(pid);
    host.add({ pid: 1, command: 'init', namespaces: null });
    host.add({ pid: 101, command: 'app', namespaces: OWN });
    expect(await processes(true)).toEqual({ host: { init: [1], app: [101] } });
  });
});

describe('the pod host', () => {
  it('has a container per systemd unit, else per command, and no kernel threads', async () => {
    host.add({ pid: 10, cgroup: '/system.slice/ssh.service' });
    host.add({ pid: 11, cgroup: '/system.slice/ssh.service' });
    host.add({ pid: 12, command: 'node', cgroup: '/' });
    host.add({ pid: 13, command: 'node', cgroup: '/user.slice' });
    host.add({ pid: 14, cgroup: `/docker/${WEB}` });
    expect(await processes(true)).toEqual({
      [SHORT(WEB)]: { [SHORT(WEB)]: [14] },
      host: { 'init.scope': [1], 'ssh.service': [10, 11], node: [12, 13] },
    });
  });

  it('is there only when wanted, and only when it has processes', async () => {
    expect(await processes(false)).toEqual({});
    for (const pid of [1, 2, 3]) host.end(pid);
    expect(await processes(true)).toEqual({});
  });

  it('keeps its name when a container takes the same', async () => {
    host.add({ pid: 101, cgroup: `/docker/${WEB}`, namespaces: OWN, environment: { HOSTNAME: 'host' } });
    expect(await processes(true)).toEqual({
      [`host@${SHORT(WEB)}`]: { [SHORT(WEB)]: [101] },
      host: { 'init.scope': [1] },
    });
  });

  it('is what surrounds process 1, be it a container itself', async () => {
    for (const pid of [1, 2, 3]) host.end(pid);
    const node = `/docker/${PROBE}`;
    host.add({ pid: 1, command: 'systemd', cgroup: `${node}/init.scope` });
    host.add({ pid: 20, cgroup: `${node}/system.slice/kubelet.service` });
    host.add({ pid: 30, cgroup: `${node}/kubelet/kubepods/pod${UID}/${WEB}` });
    expect(await processes(true)).toEqual({
      [SHORT(UID)]: { [SHORT(WEB)]: [30] },
      host: { 'init.scope': [1], 'kubelet.service': [20] },
    });
  });
});
