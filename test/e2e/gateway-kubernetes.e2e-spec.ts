import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FakeKubeApi } from '../../apps/tracer-svc/src/nodes/testing/fake-kube-api.js';
import { startFakeAgent, type FakeAgent } from '../../apps/tracer-svc/src/testing/fake-agent.js';
import { gateway, http } from '../support/gateway.js';

describe('the gateway in a cluster', () => {
  const directory = mkdtempSync(join(tmpdir(), 'gateway-kube-'));
  const api = new FakeKubeApi();
  let agent: FakeAgent;
  let app: NestExpressApplication;

  const pod = (name: string, nodeName: string, status: object): void => {
    api.put('pods', {
      metadata: { namespace: 'trace', name, ...{ labels: { app: 'container-tracer-backend' } } },
      spec: { nodeName },
      status,
    });
  };
  const coverage = async (): Promise<unknown[]> => {
    const { status, headers } = await http(app).get('/v1/pods');
    return [status, headers['x-tracer-nodes'], headers['x-tracer-warnings']];
  };
  async function until(expected: unknown[]): Promise<void> {
    for (let tries = 0; tries < 200; tries++) {
      if (JSON.stringify(await coverage()) === JSON.stringify(expected)) return;
      await sleep(25);
    }
    expect(await coverage()).toEqual(expected);
  }

  beforeAll(async () => {
    agent = await startFakeAgent({ name: 'worker-1', pods: { 'shop-1': ['web'] } });
    await api.listen();
    const kubeconfig = join(directory, 'config');
    writeFileSync(kubeconfig, api.kubeconfig());
    pod('agent-1', 'worker-1', { phase: 'Running', podIP: '127.0.0.1' });
    pod('agent-2', 'worker-2', { phase: 'Pending' });
    api.put('endpoints', {
      metadata: { namespace: 'trace', name: 'container-tracer-node' },
      subsets: [{ addresses: [{ ip: '127.0.0.1' }], ports: [{ port: Number(new URL(agent.url).port) }] }],
    });
    app = await gateway({ TRACER_KUBERNETES: 'on', TRACER_KUBECONFIG: kubeconfig, TRACE_KUBE_DISCOVERY_POLL: '1' });
  }, 90_000);
  afterAll(async () => {
    await app.close();
    await api.close();
    await agent.close();
    rmSync(directory, { recursive: true });
  });

  it('asks the agents that the API names, and counts those it cannot reach', async () => {
    await until([200, '1/2', 'worker-2: the pod is Pending']);
    const { body } = await http(app).get('/v1/nodes').expect(200);
    expect(body.nodes).toMatchObject([
      { name: 'worker-1', url: agent.url, state: 'answering' },
      { name: 'worker-2', state: 'absent', lastError: 'the pod is Pending' },
    ]);
  });

  it('works on while the API is gone, says so, and sees what changed when it is back', async () => {
    api.fault = 'refuse';
    api.dropConnections();
    pod('agent-2', 'worker-2', { phase: 'Failed' });
    await until([200, '1/2', 'worker-2: the pod is Pending']);
    await sleep(300);
    const { body } = await http(app).get('/v1/nodes').expect(200);
    expect(body.sources).toMatchObject([
      { kind: 'kubernetes', nodes: 2, lastError: expect.stringContaining('pods: ') },
    ]);
    expect((body as { sources: { ageMs: number }[] }).sources[0]?.ageMs).toBeGreaterThan(200);
    expect((await http(app).get('/metrics')).text).toMatch(/^tracer_node_list_age_seconds\{source="kubernetes"/m);
    api.fault = 'none';
    await until([200, '1/1', undefined]);
  });
});
