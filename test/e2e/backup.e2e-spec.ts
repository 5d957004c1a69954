import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp, createLogger, loadConfig } from '@tracer/service-kit';
import request from 'supertest';
import { app as definition } from '../../apps/span-api/src/app.js';
import { SpanApiConfig } from '../../apps/span-api/src/config.js';
import { startPostgres } from '../../apps/tracer/src/embedded-postgres.js';
import { IndexerWorld } from './fixtures/indexer-world.js';

const TRACE = '000000000000000000000000000000aa';
const READS = [
  `/api/v2/trace/${TRACE}`,
  '/api/v2/services',
  '/api/traces?tag=checkout',
  `/api/v1/traces/${TRACE}`,
] as const;

/** As docs/operations.md says it: stop, copy the directories, start on the copies. */
describe('a copy of the directories of a stopped suite', () => {
  const directory = mkdtempSync(join(tmpdir(), 'backup-'));
  const original = join(directory, 'original');
  const copy = join(directory, 'copy');
  let before: unknown[];

  async function withSpanApi<T>(data: string, work: (app: NestExpressApplication) => Promise<T>): Promise<T> {
    const server = await startPostgres(data, () => undefined);
    const config = loadConfig(SpanApiConfig, { env: { DATABASE_URL: server.url } });
    const app = await createApp(definition, { config, log: createLogger('span-api', 'silent') });
    try {
      await app.init();
      while ((await request(app.getHttpServer()).get('/ready')).status !== 200)
        await new Promise((resolve) => setTimeout(resolve, 50));
      return await work(app);
    } finally {
      await app.close();
      await server.stop();
    }
  }

  const readAll = async (app: NestExpressApplication): Promise<unknown[]> => {
    const answers: unknown[] = [];
    for (const path of READS) {
      const { status, body } = await request(app.getHttpServer()).get(path);
      answers.push([path, status, body]);
      expect([path, status]).toEqual([path, 200]);
    }
    return answers;
  };

  beforeAll(async () => {
    // The server runs as another user when the tests run as root.
    chmodSync(directory, 0o755);
    mkdirSync(original);
    before = await withSpanApi(original, async (app) => {
      const http = request(app.getHttpServer());
      const span = { traceId: TRACE, name: 'get /', timestamp: Date.now() * 1000, duration: 9 };
      const local = { localEndpoint: { serviceName: 'shop' }, tags: { a: 'ü' } };
      const spans = ['a1', 'a2'].map((id) => ({ ...span, ...local, id: id.padStart(16, '0') }));
      await http.post('/api/v2/spans').send(spans).expect(202);
      await http.post('/api/tracing/start').send({ trace_tag: 'checkout', trace_id: '1' }).expect(200);
      await http.post('/api/tracing/end').send({ trace_tag: 'checkout', trace_id: '1' }).expect(200);
      return readAll(app);
    });
    execFileSync('cp', ['-a', original, copy]);
  }, 120_000);
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('has every span and run', async () => {
    expect(before[0]).toEqual([READS[0], 200, [expect.anything(), expect.objectContaining({ tags: { a: 'ü' } })]]);
    expect(await withSpanApi(copy, readAll)).toEqual(before);
  }, 120_000);

  it('has every trace file; indexes that do not fit the copies are made anew', async () => {
    const world = new IndexerWorld();
    const lines = Array.from(
      { length: 2000 },
      (_, id) => `{"id":${id},"name":"read","cat":"posix","pid":1,"tid":${id % 3},"ts":${id * 10},"dur":2,"ph":"X"}`,
    );
    world.write('a.pfw.gz', lines);
    await world.start();
    const asked = '/api/v1/stats?file=a.pfw.gz';
    const stats = await world.answer<object>(asked);
    const restored = new IndexerWorld();
    execFileSync('cp', ['-a', `${world.directory}/.`, restored.directory]);
    await world.close();
    await restored.start();
    expect(await restored.answer<object>(asked)).toEqual(stats);
    await restored.close();
  });
});
