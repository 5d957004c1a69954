import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import type { FoundNode } from '../node-source.js';
import { FakeKubeApi, type Fault } from '../testing/fake-kube-api.js';
import type { KubeObject } from './kube-api.js';
import { KubeClient } from './kube-client.js';
import { KubernetesNodes } from './kubernetes-nodes.js';

// With the real client package over TLS; loading it alone takes seconds.
let api: FakeKubeApi;
let nodes: KubernetesNodes;
let directory: string;
let seen: readonly FoundNode[];
let changes: number;

const agent = (index: number): KubeObject => ({
  metadata: { namespace: 'trace', name: `agent-${index}`, ...{ labels: { app: 'agent' } } },
  spec: { nodeName: `worker-${index}` },
  status: { phase: 'Running', podIP: `10.0.0.${index}` },
});
const endpointsOf = (...indexes: number[]): KubeObject => ({
  metadata: { namespace: 'trace', name: 'agents' },
  subsets: [{ addresses: indexes.map((index) => ({ ip: `10.0.0.${index}` })), ports: [{ port: 8081 }] }],
});
const names = (): string[] => seen.map(({ name, url }) => (url === undefined ? `(${name})` : name));

async function until(holds: () => boolean): Promise<void> {
  const endMs = Date.now() + 30_000;
  while (!holds()) {
    if (Date.now() > endMs) throw new Error(`still ${names().join()} ${JSON.stringify(nodes.state())}`);
    await sleep(5);
  }
}

beforeEach(async () => {
  api = new FakeKubeApi();
  await api.listen();
  directory = mkdtempSync(join(tmpdir(), 'kube-'));
  const kubeconfig = join(directory, 'config');
  writeFileSync(kubeconfig, api.kubeconfig());
  nodes = new KubernetesNodes({
    api: new KubeClient({ kubeconfig, deadlineMs: 400, watchSeconds: 2 }),
    namespace: '',
    podsSelector: 'app=agent',
    endpointsSelector: 'metadata.name=agents',
    timing: { backOffMs: 20, maxBackOffMs: 100 },
    log: silent,
  });
  seen = [];
  changes = 0;
  for (const index of [1, 2, 3]) api.put('pods', agent(index));
  api.put('pods', { metadata: { namespace: 'trace', name: 'other' }, status: { phase: 'Running', podIP: '10.0.0.1' } });
  api.put('endpoints', endpointsOf(1, 2, 3));
  api.put('endpoints', { ...endpointsOf(9), metadata: { namespace: 'x', name: 'others' } });
  nodes.start((list) => {
    changes++;
    seen = list;
  });
  await until(() => names().join() === 'worker-1,worker-2,worker-3' && api.watches === 2);
}, 90_000);

afterEach(async () => {
  await nodes.close();
  await api.close();
  rmSync(directory, { recursive: true });
});

describe('KubernetesNodes', () => {
  it('lists all pages by selector, then follows changes without listing again', async () => {
    expect(seen[0]).toEqual({ name: 'worker-1', url: 'http://10.0.0.1:8081' });
    const listed = api.requests.length;
    api.put('pods', agent(4));
    await until(() => names().includes('(worker-4)'));
    api.put('endpoints', endpointsOf(1, 2, 4));
    await until(() => names().join() === 'worker-1,worker-2,(worker-3),worker-4');
    api.remove('pods', agent(3));
    await until(() => names().join() === 'worker-1,worker-2,worker-4');
    expect(api.requests).toHaveLength(listed);
    expect(nodes.state()).toMatchObject({ kind: 'kubernetes', nodes: 3, target: expect.stringContaining('app=agent') });
    expect(nodes.state().lastError).toBeUndefined();
  });

  it('says nothing when nothing changed', async () => {
    const before = changes;
    api.bookmark();
    api.put('pods', agent(1));
    await sleep(50);
    expect(changes).toBe(before);
  });

  it('goes on after dropped connections and misses nothing in between', async () => {
    api.fault = 'refuse';
    api.dropConnections();
    api.put('pods', agent(4));
    api.put('endpoints', endpointsOf(1, 2, 3, 4));
    await until(() => nodes.state().lastError !== undefined);
    expect(names()).toHaveLength(3);
    const { lastGoodAtMs = 0 } = nodes.state();
    await sleep(60);
    expect(nodes.state().lastGoodAtMs).toBe(lastGoodAtMs);
    api.fault = 'none';
    await until(() => names().length === 4 && nodes.state().lastError === undefined);
    expect(nodes.state().lastGoodAtMs).toBeGreaterThan(lastGoodAtMs);
  });

  it('goes on after the server ended the watch in time', async () => {
    const watches = (collection: string): number =>
      api.requests.filter((path) => path.includes(`/${collection}?`) && path.includes('watch=true')).length;
    const lists = (): number => api.requests.filter((path) => !path.includes('watch=true')).length;
    const before = { lists: lists(), pods: watches('pods'), endpoints: watches('endpoints') };
    await until(() => watches('pods') > before.pods && watches('endpoints') > before.endpoints);
    api.put('pods', agent(1));
    api.put('endpoints', endpointsOf(1));
    await until(() => names().join() === 'worker-1,(worker-2),(worker-3)');
    expect(lists()).toBe(before.lists);
  });

  it('lists again when its version expired, by status and in the stream', async () => {
    api.expireVersions();
    api.dropConnections();
    api.remove('pods', agent(1));
    api.put('endpoints', endpointsOf(2, 3));
    await until(() => names().join() === 'worker-2,worker-3' && api.watches === 2);
    expect(nodes.state().lastError).toBeUndefined();
  });

  it.each<[Fault, RegExp]>([
    [500, /500 made to fail/],
    [403, /403 made to fail/],
    ['hang', /did not answer in time|timeout/],
    ['garbage', /no watch event/],
    ['expire in stream', /too old resource version/],
    ['expire by status', /410 Expired/],
    ['end at once', /./],
  ])('survives a server that answers every call with %s, without hammering it', async (fault, error) => {
    api.fault = fault;
    api.dropConnections();
    if (fault !== 'end at once') await until(() => error.test(nodes.state().lastError ?? ''));
    const before = api.requests.length;
    await sleep(500);
    // Two collections, at most list and watch every 75 ms.
    expect(api.requests.length - before).toBeLessThan(30);
    expect(names()).toHaveLength(3);
    api.fault = 'none';
    api.put('pods', agent(4));
    await until(() => names().length === 4 && nodes.state().lastError === undefined);
  });

  it('reports a token that is not accepted any more and recovers with it', async () => {
    api.token = 'second-token';
    api.dropConnections();
    await until(() => nodes.state().lastError?.includes('401 Unauthorized') === true);
    expect(names()).toHaveLength(3);
    api.token = 'first-token';
    await until(() => nodes.state().lastError === undefined);
  });
});

describe('KubeClient', () => {
  it('explains a kubeconfig that is missing and tries again', async () => {
    const kubeconfig = join(directory, 'later');
    const client = new KubeClient({ kubeconfig, deadlineMs: 1000, watchSeconds: 2 });
    const query = { path: '/api/v1/pods', labelSelector: 'app=agent' } as const;
    const { signal } = new AbortController();
    await expect(client.list(query, signal)).rejects.toThrow(/ENOENT/);
    writeFileSync(kubeconfig, api.kubeconfig());
    expect((await client.list(query, signal)).items).toHaveLength(3);
  });

  it('does not trust a server with a foreign certificate', async () => {
    const other = new FakeKubeApi();
    await other.listen();
    const kubeconfig = join(directory, 'foreign');
    const config = JSON.parse(api.kubeconfig()) as { clusters: [{ cluster: { server: string } }] };
    const foreign = JSON.parse(other.kubeconfig()) as typeof config;
    config.clusters[0].cluster.server = foreign.clusters[0].cluster.server;
    writeFileSync(kubeconfig, JSON.stringify(config));
    const client = new KubeClient({ kubeconfig, deadlineMs: 1000, watchSeconds: 2 });
    await expect(client.list({ path: '/api/v1/pods' }, new AbortController().signal)).rejects.toThrow(/certificate/);
    expect(other.requests).toEqual([]);
    await other.close();
  });
});
