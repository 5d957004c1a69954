import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { get } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { startFakeNode } from '../../apps/tracer-svc/src/nodes/testing/fake-node.js';
import { startFakeAgent, type FakeAgent } from '../../apps/tracer-svc/src/testing/fake-agent.js';
import { selfSigned } from '../../libs/service-kit/src/testing/certificates.js';
import { gateway, http } from '../support/gateway.js';

describe('the gateway in front of the other services', () => {
  let app: NestExpressApplication;
  let agent: FakeAgent;
  let behave: RequestListener;
  const service = createServer((call, response) => {
    behave(call, response);
  });
  const indexer: RequestListener = (call, response) => {
    response.setHeader('Content-Type', 'application/json');
    if (call.url === '/ready') response.end('{"ready":true}');
    else if (call.url === '/docs-json')
      response.end('{"paths":{"/api/v1/files":{"get":{"responses":{}}},"/metrics":{}},"components":{}}');
    else response.end(JSON.stringify({ method: call.method, url: call.url }));
  };

  beforeAll(async () => {
    service.listen(0, '127.0.0.1');
    await once(service, 'listening');
    agent = await startFakeAgent({ name: 'a', pods: {} });
    const { port } = service.address() as AddressInfo;
    const gone = await startFakeAgent({ name: 'x', pods: {} });
    await gone.close();
    app = await gateway({
      TRACER_NODES: agent.url,
      TRACER_INDEXER_URL: `http://127.0.0.1:${port}/`,
      TRACER_SPAN_API_URL: gone.url,
      TRACER_UPSTREAM_SILENCE_MS: '300',
    });
  });
  beforeEach(() => {
    behave = indexer;
  });
  afterEach(() => {
    service.closeAllConnections();
  });
  afterAll(async () => {
    await app.close();
    await agent.close();
    service.close();
  });

  it('passes their routes on, whatever the method and body', async () => {
    const { body } = await http(app).get('/api/v1/files/info?file=a%20b').expect(200);
    expect(body).toEqual({ method: 'GET', url: '/api/v1/files/info?file=a%20b' });
    await http(app).post('/api/v1/query').send({ any: 'thing' }).expect(200, { method: 'POST', url: '/api/v1/query' });
  });

  it('takes bodies larger than those of its own routes', async () => {
    let bytes = 0;
    behave = (call, response) => {
      call.on('data', (chunk: Buffer) => (bytes += chunk.length));
      call.on('end', () => response.end());
    };
    await http(app)
      .post('/api/v1/query')
      .send(Buffer.alloc(3 << 20))
      .expect(200);
    expect(bytes).toBe(3 << 20);
  });

  it('names the service that is down', async () => {
    const { body, headers } = await http(app).get('/api/v2/services').expect(502);
    expect(body).toMatchObject({
      code: 'UPSTREAM_FAILED',
      message: expect.stringMatching(/^span-api does not answer/),
    });
    expect(headers['x-tracer-error']).toBe('UPSTREAM_FAILED');
  });

  it('is not ready while one is down', async () => {
    const { body } = await http(app).get('/ready').expect(503);
    expect(body.checks).toEqual([
      { name: 'trace-indexer', ok: true },
      { name: 'span-api', ok: false, detail: expect.stringMatching(/ECONNREFUSED/) },
      { name: 'nodes', ok: true },
    ]);
    await http(app).get('/health').expect(200);
  });

  it('serves one document of all, and says whose part is missing', async () => {
    const { body } = await http(app).get('/docs-json').expect(200);
    expect(Object.keys(body.paths as object)).toEqual(
      expect.arrayContaining(['/api/v1/files', '/v1/pods', '/metrics']),
    );
    expect(body.paths['/metrics'].get).toBeDefined();
    expect(body.info.description).toMatch(/The routes of span-api are missing here: .*ECONNREFUSED/);
    expect((await http(app).get('/docs/').expect(200)).text).toContain('swagger-ui');
    expect((await http(app).get('/docs/swagger-ui-init.js').expect(200)).text).toContain("url: '/docs-json'");
  });

  it('says when a service is not configured', async () => {
    const alone = await gateway({ TRACER_NODES: agent.url });
    const { body } = await http(alone).get('/api/v1/files').expect(404);
    expect(body).toMatchObject({ code: 'NOT_FOUND', message: 'trace-indexer is not configured at this gateway' });
    await http(alone).get('/ready').expect(200);
    await alone.close();
  });
});

describe('the gateway with TLS', () => {
  it('serves with the given certificate and says https to the services', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'tls-'));
    const { key, cert } = selfSigned();
    const files = { cert: join(directory, 'tls.crt'), key: join(directory, 'tls.key') };
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key);
    let protocol: unknown;
    const agent = await startFakeNode((call, response) => {
      protocol = call.headers['x-forwarded-proto'];
      response.end('{}');
    });
    const app = await gateway({
      TRACER_NODES: agent.url,
      TRACE_KUBE_TLS_CERT: files.cert,
      TRACE_KUBE_TLS_KEY: files.key,
    });
    const { port } = app.getHttpServer().address() as AddressInfo;
    const call = get({ host: '127.0.0.1', port, path: '/v1/pods', ca: cert, agent: false });
    const [answer] = (await once(call, 'response')) as [IncomingMessage];
    answer.resume();
    expect([answer.statusCode, protocol]).toEqual([200, 'https']);
    await app.close();
    await agent.close();
    rmSync(directory, { recursive: true });
  });
});

describe('a gateway that stops', () => {
  it('ends live tails instead of waiting for them', async () => {
    const agent = await startFakeNode((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
    });
    const app = await gateway({ TRACER_NODES: agent.url });
    const { port } = app.getHttpServer().address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}/v1/trace-session/7/events`);
    expect(answer.status).toBe(200);
    const closing = app.close();
    expect(await answer.text()).toBe('event: end\ndata: {"reason":"every session has ended"}\n\n');
    await closing;
    await agent.close();
  });
});
