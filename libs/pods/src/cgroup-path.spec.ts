import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { containerOf, readCgroupPlace, systemdUnitOf } from './cgroup-path.js';
import { fakeId } from './testing/fake-host.js';

const ID = fakeId('container');
const OUTER = fakeId('node');
const UID = '0f1c2d3e-4b5a-6978-8796-a5b4c3d2e1f0';
const UID_ = UID.replaceAll('-', '_');

describe('the container of a cgroup path', () => {
  it.each([
    ['Docker, cgroupfs', `/docker/${ID}`, undefined],
    ['Docker, systemd', `/system.slice/docker-${ID}.scope`, undefined],
    ['Docker, rootless', `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope`, undefined],
    ['nerdctl', `/system.slice/nerdctl-${ID}.scope`, undefined],
    ['containerd, own namespace', `/default/${ID}`, undefined],
    ['Podman, systemd', `/machine.slice/libpod-${ID}.scope`, undefined],
    ['Podman, cgroupfs', `/libpod_parent/libpod-${ID}`, undefined],
    ['Podman in a pod', `/machine.slice/machine-libpod_pod_${OUTER}.slice/libpod-${ID}.scope`, OUTER],
    ['kubelet, cgroupfs', `/kubepods/burstable/pod${UID}/${ID}`, UID],
    ['kubelet, guaranteed', `/kubepods/pod${UID}/${ID}`, UID],
    ['kubelet, static pod', `/kubepods/besteffort/pod${'ab12'.repeat(8)}/${ID}`, 'ab12'.repeat(8)],
    ['kubelet, CRI-O, cgroupfs', `/kubepods/besteffort/pod${UID}/crio-${ID}`, UID],
    [
      'kubelet, systemd',
      `/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod${UID_}.slice/cri-containerd-${ID}.scope`,
      UID,
    ],
    ['kubelet, CRI-O, systemd', `/kubepods.slice/kubepods-pod${UID_}.slice/crio-${ID}.scope`, UID],
    ['kubelet, Docker, systemd', `/kubepods.slice/kubepods-pod${UID_}.slice/docker-${ID}.scope`, UID],
    [
      'drivers differ',
      `/system.slice/containerd.service/kubepods-burstable-pod${UID_}.slice:cri-containerd:${ID}`,
      UID,
    ],
    ['seen from another cgroup namespace', `/../../pod${UID}/${ID}`, UID],
    ['ECS', `/ecs/1234567890abcdef1234567890abcdef/${ID}`, undefined],
    ['kind', `/docker/${OUTER}/kubelet/kubepods/besteffort/pod${UID}/${ID}`, UID],
    [
      'kind, systemd',
      `/system.slice/docker-${OUTER}.scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod${UID_}.slice/cri-containerd-${ID}.scope`,
      UID,
    ],
    ['k3s', `/kubepods/pod${UID}/${ID}`, UID],
    ['Docker inside a pod', `/kubepods/pod${UID}/${OUTER}/docker/${ID}`, undefined],
  ])('%s', (_, path, podUid) => {
    const expected = { containerId: ID, path, ...(podUid !== undefined && { podUid }) };
    expect(containerOf(path)).toEqual(expected);
    // Whatever a container makes below its cgroup is still the container.
    expect(containerOf(`${path}/container/init.scope`)).toEqual(expected);
  });

  it.each([
    ['the root', '/'],
    ['a service', '/system.slice/ssh.service'],
    ['a login session', '/user.slice/user-1000.slice/session-c1.scope'],
    ['a pod without a container', `/kubepods/besteffort/pod${UID}`],
    ['a slice of a Podman pod', `/machine.slice/machine-libpod_pod_${OUTER}.slice`],
    ['the monitor of Podman', `/machine.slice/libpod-conmon-${ID}.scope`],
    ['the monitor of CRI-O', `/kubepods.slice/kubepods-pod${UID_}.slice/crio-conmon-${ID}.scope`],
    ['an id of another length', `/batch/${'ab12'.repeat(8)}`],
    ['a name around an id', `/batch/x${ID}y`],
  ])('is not %s', (_, path) => {
    expect(containerOf(path)).toBeUndefined();
  });

  it('is found in any text without an error', () => {
    const component = fc.constantFrom('docker', ID, `pod${UID}`, `docker-${ID}.scope`, '..', '', 'a:b:c', ':');
    fc.assert(
      fc.property(fc.array(component, { maxLength: 8 }), fc.string(), (components, noise) => {
        const path = `/${components.join('/')}`;
        const found = containerOf(path);
        expect(found === undefined || path.startsWith(found.path)).toBe(true);
        expect(() => readCgroupPlace(`${noise}\n0::${path}`)).not.toThrow();
      }),
    );
  });
});

describe('a cgroup file', () => {
  it('of version 1 is read over all its lines, the one that names the pod first', () => {
    const place = readCgroupPlace(
      `12:pids:/system.slice/containerd.service\n4:memory:/${ID}\n3:cpu,cpuacct:/kubepods/pod${UID}/${ID}\n1:name=systemd:/\n`,
    );
    expect(place.container).toEqual({ containerId: ID, podUid: UID, path: `/kubepods/pod${UID}/${ID}` });
    expect(place.lines[2]).toEqual({ controllers: 'cpu,cpuacct', path: `/kubepods/pod${UID}/${ID}` });
  });

  it('may hold colons in its path, and a mark that the cgroup is gone', () => {
    expect(readCgroupPlace('0::/a:b:c (deleted)\n').lines).toEqual([{ controllers: '', path: '/a:b:c' }]);
  });

  it('of any other form says nothing', () => {
    expect(readCgroupPlace('')).toEqual({ lines: [] });
    expect(readCgroupPlace('nonsense\n7:x\n')).toEqual({ lines: [] });
  });
});

describe('the systemd unit of a process', () => {
  const unit = (...paths: string[]): string | undefined =>
    systemdUnitOf(paths.map((path) => ({ controllers: '', path })));

  it.each([
    ['/system.slice/ssh.service', 'ssh.service'],
    ['/init.scope', 'init.scope'],
    ['/system.slice/docker.service/extra', 'docker.service'],
    ['/user.slice/user-1000.slice/session-3.scope', 'session-3.scope'],
    ['/user.slice/user-1000.slice/user@1000.service/init.scope', 'init.scope@1000'],
    ['/user.slice/user-1000.slice/user@1000.service/app.slice/app-firefox-7.scope', 'app-firefox-7.scope@1000'],
    ['/user.slice/user-1000.slice/user@1000.service', 'user@1000.service'],
    ['/user.slice', undefined],
    ['/', undefined],
  ])('%s: %s', (path, expected) => {
    expect(unit(path)).toBe(expected);
  });

  it('is looked for in all hierarchies', () => {
    expect(unit('/', '/system.slice/cron.service')).toBe('cron.service');
  });
});
