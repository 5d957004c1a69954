import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { createApp, createLogger, loadConfig } from '@tracer/service-kit';
import request from 'supertest';
import { app as definition } from '../../apps/tracer-node/src/app.js';
import { TracerNodeConfig } from '../../apps/tracer-node/src/config.js';
import { FakeCri } from '../../libs/pods/src/testing/fake-cri.js';

describe('an agent that starts on a busy node', () => {
  it('waits for the container runtime whose socket it sees, instead of doing without it for good', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'busy-node-'));
    const cri = new FakeCri(join(directory, 'run/containerd/containerd.sock'));
    cri.delayMs = 1_200;
    await cri.start();
    const env = {
      TRACER_RUN_PATHS: join(directory, 'run'),
      TRACER_SYSFS_PATH: join(directory, 'sys'),
      TRACER_DATA_DIR: join(directory, 'data'),
      TRACE_DIR: join(directory, 'traces'),
    };
    const config = loadConfig(TracerNodeConfig, { env });
    const app = await createApp(definition, { config, log: createLogger('tracer-node', 'silent') });
    await app.init();
    cri.delayMs = 0;
    const { body } = await request(app.getHttpServer()).get('/v1/node').expect(200);
    await app.close();
    cri.stop();
    rmSync(directory, { recursive: true });
    expect(body.pods).toMatchObject({ source: 'cri', endpoint: `unix://${cri.socketPath}` });
  });
});
