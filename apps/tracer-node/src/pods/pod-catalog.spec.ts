import { beforeEach, describe, expect, it } from '@jest/globals';
import { TracerError } from '@tracer/base';
import type { Pod, PodContainer, PodSource } from '@tracer/pods';
import { PodCatalog } from './pod-catalog.js';

const container = (name: string, pids: number[]): PodContainer => ({ name, pids, parents: [], labels: {} });
const pod = (key: string, more: Partial<Pod>, ...containers: PodContainer[]): Pod => ({
  key,
  name: key,
  labels: {},
  containers: new Map(containers.map((one) => [one.name, one])),
  ...more,
});

let pods: Pod[];
let scans: number;
let failure: Error | undefined;
const source: PodSource = {
  kind: 'procfs',
  endpoint: '/proc',
  scan: () => {
    scans++;
    return failure === undefined ? Promise.resolve(pods) : Promise.reject(failure);
  },
  close: () => undefined,
};
let catalog: PodCatalog;
beforeEach(() => {
  scans = 0;
  failure = undefined;
  pods = [pod('shop-1', { namespace: 'a', uid: 'u1' }, container('web', [process.pid]), container('side', [20]))];
  catalog = new PodCatalog({ source, procfsPath: '/proc' });
});

describe('PodCatalog', () => {
  it('matches what the last scan saw, and looks again when nothing matches', async () => {
    expect(await catalog.match('shop-*', 'web')).toEqual([
      { key: 'shop-1', pod: 'shop-1', namespace: 'a', uid: 'u1', container: 'web' },
    ]);
    expect(scans).toBe(1);
    await catalog.match('shop-1', '*');
    expect(scans).toBe(1);
    expect(await catalog.match('new', '*')).toEqual([]);
    pods = [...pods, pod('new', {}, container('c', []))];
    expect(await catalog.match('new', '*')).toEqual([{ key: 'new', pod: 'new', container: 'c' }]);
  });

  it('gives all processes of the containers and their threads', async () => {
    const refs = await catalog.match('*', '*');
    const { pids, tids } = catalog.tasksOf(refs);
    expect(pids).toEqual([process.pid, 20]);
    expect(tids).toContain(process.pid);
    expect(tids.length).toBeGreaterThan(1);
  });

  it('follows a pod that was replaced under its name, and keeps to the old one while it lives', async () => {
    const refs = await catalog.match('shop-1', 'side');
    const replaced = pod('shop-1', { namespace: 'a', uid: 'u2' }, container('side', [30]));
    const stranger = pod('b/shop-1', { name: 'shop-1', namespace: 'b' }, container('side', [40]));
    pods = [...pods, replaced, stranger];
    await catalog.scan();
    expect(catalog.tasksOf(refs).pids).toEqual([20]);
    pods = [replaced, stranger];
    await catalog.scan();
    expect(catalog.tasksOf(refs).pids).toEqual([30]);
    pods = [stranger];
    await catalog.scan();
    expect(catalog.tasksOf(refs)).toEqual({ pids: [], tids: [] });
  });

  it('keeps what it knew when a scan fails, and passes the failure on', async () => {
    await catalog.scan();
    failure = new TracerError('PODS_UNREADABLE', 'socket gone');
    await expect(catalog.scan()).rejects.toBe(failure);
    expect(await catalog.match('shop-1', 'web')).toHaveLength(1);
    expect(catalog.lastScan).toMatchObject({ pods: 1 });
  });
});
