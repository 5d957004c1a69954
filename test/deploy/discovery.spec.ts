import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FakeKubeApi } from '../../apps/tracer-svc/src/nodes/testing/fake-kube-api.js';
import { startFakeAgent, type FakeAgent } from '../../apps/tracer-svc/src/testing/fake-agent.js';
import { gateway, http } from '../support/gateway.js';
import { kustomize, type KubeManifest } from './fixtures/kustomize.js';
import { environmentOf, one, workloadsOf } from './fixtures/workloads.js';

interface RoleRule {
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

const DISCOVERY = /^TRACER_KUBE|^TRACE_KUBE_SELECTOR/;

/** The gateway with the settings and rights of the manifests, against an API that grants nothing else. */
describe('discovery as the manifests set it up', () => {
  const objects = kustomize('deploy/k8s/overlays/default');
  const workloads = workloadsOf(objects);
  const directory = mkdtempSync(join(tmpdir(), 'deploy-kube-'));
  const api = new FakeKubeApi();
  let agent: FakeAgent;
  let app: NestExpressApplication;

  const labelled = (namespace: string, name: string, labels: object) => ({ namespace, name, ...{ labels } });

  beforeAll(async () => {
    agent = await startFakeAgent({ name: 'worker-1', pods: { 'shop-1': ['web'] } });
    await api.listen();
    const role = objects.find(({ kind }) => kind === 'Role') as KubeManifest & { readonly rules: readonly RoleRule[] };
    api.allowed = (namespace, collection) =>
      namespace === role.metadata.namespace &&
      role.rules.some(
        ({ resources, verbs }) => resources.includes(collection) && verbs.includes('list') && verbs.includes('watch'),
      );
    const { labels } = one(workloads, 'tracer-node');
    const status = { phase: 'Running', podIP: '127.0.0.1' };
    const port = Number(new URL(agent.url).port);
    api.put('pods', { metadata: labelled('tracer', 'tracer-node-1', labels), spec: { nodeName: 'worker-1' }, status });
    // The same labels elsewhere are somebody else's.
    api.put('pods', { metadata: labelled('other', 'tracer-node-2', labels), spec: { nodeName: 'worker-2' }, status });
    for (const { metadata } of objects.filter(({ kind }) => kind === 'Service'))
      api.put('endpoints', {
        metadata: { name: metadata.name, namespace: 'tracer' },
        subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: metadata.name === 'tracer-node' ? port : 1 }] }],
      });
    const kubeconfig = join(directory, 'config');
    writeFileSync(kubeconfig, api.kubeconfig());
    const env = environmentOf(one(workloads, 'tracer-svc'), { 'metadata.namespace': 'tracer' });
    const discovery = Object.fromEntries(Object.entries(env).filter(([name]) => DISCOVERY.test(name)));
    expect(Object.keys(discovery)).toHaveLength(4);
    app = await gateway({ ...discovery, TRACER_KUBECONFIG: kubeconfig });
  }, 60_000);
  afterAll(async () => {
    await app.close();
    await api.close();
    await agent.close();
    rmSync(directory, { recursive: true });
  });

  it('finds the agents of its namespace with the rights of its role', async () => {
    const found = async () => (await http(app).get('/v1/pods')).headers['x-tracer-nodes'];
    for (const endMs = Date.now() + 30_000; (await found()) !== '1/1' && Date.now() < endMs;) await sleep(25);
    const { body } = await http(app).get('/v1/nodes').expect(200);
    expect(body.nodes).toMatchObject([{ name: 'worker-1', url: agent.url, state: 'answering' }]);
    expect(body.nodes).toHaveLength(1);
    expect(body.sources).toMatchObject([{ kind: 'kubernetes', nodes: 1 }]);
  });

  it('asks for nothing else', () => {
    const paths = new Set(api.requests.map((target) => target.split('?')[0]));
    expect([...paths].sort()).toEqual(['/api/v1/namespaces/tracer/endpoints', '/api/v1/namespaces/tracer/pods']);
  });
});
