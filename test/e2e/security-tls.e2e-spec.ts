import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApp, createLogger, loadConfig, newToken, tokenFor } from '@tracer/service-kit';
import { app as spanApi } from '../../apps/span-api/src/app.js';
import { SpanApiConfig } from '../../apps/span-api/src/config.js';
import { TestAuthority } from '../../libs/service-kit/src/testing/certificates.js';
import { gateway, http } from '../support/gateway.js';
import { AgentWorld } from './fixtures/agent-world.js';

const directory = mkdtempSync(join(tmpdir(), 'security-tls-'));
const authority = new TestAuthority();
const stranger = new TestAuthority();
const world = new AgentWorld();

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

function pair(from: TestAuthority, name: string): { cert: string; key: string } {
  const { cert, key } = from.issue({ name });
  return { cert: file(`${name}.crt`, cert), key: file(`${name}.key`, key) };
}

const portOf = (app: NestExpressApplication): number => (app.getHttpServer().address() as AddressInfo).port;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly text: string;
}

/** One HTTP/1.1 request over TLS. */
function get(port: number, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, headers, ca: authority.cert, agent: false };
    const sent = httpsRequest(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      });
    });
    sent.on('error', reject);
    sent.end();
  });
}

afterAll(() => {
  rmSync(directory, { recursive: true });
});

describe('between gateway and agent', () => {
  const server = pair(authority, 'tracer-node');
  const client = pair(authority, 'tracer-svc');
  const foreign = pair(stranger, 'foreign');
  const ca = file('ca.crt', authority.cert);
  let agent: NestExpressApplication;

  beforeAll(async () => {
    await world.start();
    agent = await world.agent({
      TRACER_TLS_CERT: server.cert,
      TRACER_TLS_KEY: server.key,
      TRACER_TLS_CLIENT_CA: ca,
      TRACER_TLS_CLIENT_NAMES: 'tracer-svc',
      TRACER_DATA_DIR: join(directory, 'data'),
      TRACE_DIR: join(directory, 'traces'),
    });
  });
  afterAll(async () => {
    await agent.close();
    await world.close();
  });

  const pods = async (env: Record<string, string>): Promise<[number, string]> => {
    const app = await gateway({
      TRACER_NODES: `nodeA=https://127.0.0.1:${portOf(agent)}`,
      TRACER_NODE_CA: ca,
      TRACER_NODE_DEADLINE_MS: '30000',
      ...env,
    });
    const { status, text } = await http(app).get('/v1/pods');
    await app.close();
    return [status, text];
  };
  const showing = ({ cert, key }: { cert: string; key: string }): Record<string, string> => ({
    TRACER_NODE_CLIENT_CERT: cert,
    TRACER_NODE_CLIENT_KEY: key,
  });

  it('certificates are enough on both sides', async () => {
    const [status, text] = await pods(showing(client));
    expect([status, Object.keys(JSON.parse(text) as object)]).toEqual([200, expect.arrayContaining(['shop-1'])]);
    expect((await pods({ ...showing(client), TRACER_NODE_SERVER_NAME: 'tracer-node' }))[0]).toBe(200);
  });

  it.each([
    ['no certificate', {}, 'does not accept the token of this gateway'],
    ['a certificate of another authority', showing(foreign), 'does not accept the token of this gateway'],
    [
      'a certificate with another name',
      showing(pair(authority, 'somebody')),
      'does not accept the token of this gateway',
    ],
    ['another name than the agent has', { ...showing(client), TRACER_NODE_SERVER_NAME: 'other' }, 'not in the cert'],
    [
      'an agent of another authority',
      { ...showing(client), TRACER_NODE_CA: file('x.crt', stranger.cert) },
      'self-signed certificate in certificate chain',
    ],
  ])('refused: %s', async (_, env, reason) => {
    const [status, text] = await pods(env);
    expect([status, text]).toEqual([500, expect.stringContaining(reason)]);
  });

  it('files that do not fit are said at the start', async () => {
    await expect(pods({ TRACER_NODE_CLIENT_CERT: client.cert })).rejects.toThrow('go together');
    await expect(pods(showing({ cert: client.cert, key: foreign.key }))).rejects.toThrow('key values mismatch');
    await expect(pods({ TRACER_NODE_CA: '/nowhere/ca' })).rejects.toThrow('ENOENT');
  });
});

describe('span-api over TLS, HTTP and gRPC on one port', () => {
  const server = pair(authority, 'localhost');
  const sender = tokenFor('otel:ingest');
  const reader = tokenFor('rita:read');
  let app: NestExpressApplication;

  beforeAll(async () => {
    const config = loadConfig(SpanApiConfig, {
      env: {
        // Nobody listens there: what is let in is told that the store is not ready.
        DATABASE_URL: 'postgres://x@127.0.0.1:1/x',
        TRACER_INGEST_RETRY_MS: '0',
        TRACER_TLS_CERT: server.cert,
        TRACER_TLS_KEY: server.key,
        TRACER_TOKENS: `${sender.line}; ${reader.line}`,
        TRACER_AUDIT_LOG: 'off',
        TRACER_MAX_CONCURRENT: '3',
      },
    });
    app = await createApp(spanApi, { config, log: createLogger('span-api', 'silent') });
    await app.listen(0, '127.0.0.1');
  });
  afterAll(() => app.close());

  /** The code and text of a gRPC call, 0 when it was answered. */
  function call(path: string, token?: string): Promise<{ code: number; details: string }> {
    const secure = credentials.createSsl(Buffer.from(authority.cert));
    const client = new Client(`localhost:${portOf(app)}`, secure);
    const metadata = new Metadata();
    if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
    const same = (bytes: Buffer): Buffer => bytes;
    return new Promise((resolve) => {
      client.makeUnaryRequest(path, same, same, Buffer.alloc(0), metadata, (error: ServiceError | null) => {
        client.close();
        resolve({ code: error?.code ?? 0, details: error?.details ?? '' });
      });
    });
  }

  it('judges gRPC calls as it judges requests', async () => {
    const tso = '/pb.Tracer/GetTSO';
    expect(await call(tso, sender.token)).toEqual({ code: 0, details: '' });
    expect(await call(tso)).toMatchObject({ code: 16, details: expect.stringContaining('role "ingest" is needed') });
    expect(await call(tso, newToken())).toMatchObject({ code: 16, details: expect.stringContaining('unknown') });
    expect(await call(tso, reader.token)).toEqual({ code: 7, details: '"rita" lacks the role "ingest"' });
    expect(await call('/nothing.Here/AtAll', sender.token)).toMatchObject({ code: 7 });
    for (let count = 0; count < 10; count++) expect((await call(tso, sender.token)).code).toBe(0);
  });

  it('serves HTTP/1.1 beside it, with the headers that TLS is for', async () => {
    const health = await get(portOf(app), '/health');
    expect([health.status, health.headers['strict-transport-security']]).toEqual([503, 'max-age=31536000']);
    expect(health.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
    });
    const info = await get(portOf(app), '/info', { Authorization: `Bearer ${reader.token}` });
    expect(info.status).toBe(200);
  });

  it.each([
    ['/api/v2/services', 'text/plain; charset=utf-8', /^a token with the role "read" is needed/],
    ['/v1/0/ats/spans', 'application/json; charset=utf-8', /^\{"errorCode":"SVCSTG.ATS.401101"/],
    ['/jaeger/api/services', 'application/json; charset=utf-8', /"errors":\[\{"code":401/],
    ['/api/traces', 'application/json; charset=utf-8', /^\{"detail":"a token/],
    ['/api/v1/services', 'application/json; charset=utf-8', /^\{"code":"TOKEN_REQUIRED"/],
    ['/events/query', 'text/plain; charset=utf-8', /^a token/],
  ])('refuses %s in the words of its API', async (path, type, body) => {
    const answer = await get(portOf(app), path, { Origin: 'http://shop' });
    expect([answer.status, answer.headers['content-type']]).toEqual([401, type]);
    expect(answer.text).toMatch(body);
    // A page can read why it was refused, where pages are let in at all.
    const open = path.startsWith('/api/v2') || path === '/api/traces';
    expect(answer.headers['access-control-allow-origin']).toBe(open ? '*' : undefined);
  });

  it('lets pages ask before they send a token', async () => {
    const answer = await new Promise<Record<string, unknown>>((resolve, reject) => {
      const headers = { Origin: 'http://shop', 'Access-Control-Request-Method': 'POST' };
      const options = { host: '127.0.0.1', port: portOf(app), path: '/v1/traces', method: 'OPTIONS', headers };
      httpsRequest({ ...options, ca: authority.cert, agent: false }, (response) => {
        response.resume();
        resolve({ status: response.statusCode, ...response.headers });
      })
        .on('error', reject)
        .end();
    });
    expect(answer).toMatchObject({
      status: 204,
      'access-control-allow-headers': expect.stringContaining('authorization'),
    });
  });
});
