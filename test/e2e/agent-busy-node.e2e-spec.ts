import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp, createLogger, loadConfig } from '@tracer/service-kit';
import request from 'supertest';
import { app as definition } from '../../apps/tracer-node/src/app.js';
import { TracerNodeConfig } from '../../apps/tracer-node/src/config.js';
import { FakeCri } from '../../libs/pods/src/testing/fake-cri.js';

async function startAgent(directory: string): Promise<NestExpressApplication> {
  const env = {
    TRACER_RUN_PATHS: join(directory, 'run'),
    TRACER_SYSFS_PATH: join(directory, 'sys'),
    TRACER_DATA_DIR: join(directory, 'data'),
    TRACE_DIR: join(directory, 'traces'),
  };
  const config = loadConfig(TracerNodeConfig, { env });
  const app = await createApp(definition, { config, log: createLogger('tracer-node', 'silent') });
  await app.init();
  return app;
}

async function podsOf(app: NestExpressApplication): Promise<object> {
  const { body } = await request(app.getHttpServer()).get('/v1/node').expect(200);
  return (body as { pods: object }).pods;
}

describe('an agent that starts on a busy node', () => {
  it('waits for the container runtime whose socket it sees, instead of doing without it for good', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'busy-node-'));
    const cri = new FakeCri(join(directory, 'run/containerd/containerd.sock'));
    cri.delayMs = 1_200;
    await cri.start();
    const app = await startAgent(directory);
    cri.delayMs = 0;
    const pods = await podsOf(app);
    await app.close();
    cri.stop();
    rmSync(directory, { recursive: true });
    expect(pods).toMatchObject({ source: 'cri', endpoint: `unix://${cri.socketPath}` });
  });

  it('learns pods from a container runtime that appears after it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'busy-node-'));
    const app = await startAgent(directory);
    expect(await podsOf(app)).toMatchObject({ source: 'procfs' });
    const cri = new FakeCri(join(directory, 'run/containerd/containerd.sock'));
    await cri.start();
    let pods = await podsOf(app);
    // The process table has the pod `host`, the runtime none.
    while (!('source' in pods) || pods.source !== 'cri' || !('count' in pods) || pods.count !== 0) {
      await sleep(100);
      pods = await podsOf(app);
    }
    expect(pods).toMatchObject({ endpoint: `unix://${cri.socketPath}` });
    await app.close();
    cri.stop();
    rmSync(directory, { recursive: true });
  });
});
