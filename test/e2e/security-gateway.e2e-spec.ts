import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { newToken, tokenFor } from '@tracer/service-kit';
import type { Response, Test } from 'supertest';
import { gateway, http, send, type Method } from '../support/gateway.js';
import { AgentWorld, only, until } from './fixtures/agent-world.js';

const directory = mkdtempSync(join(tmpdir(), 'security-'));
const file = (name: string): string => join(directory, name);
const reader = tokenFor('rita:read');
const tracer = tokenFor('tom:trace');
const admin = tokenFor('ada:admin');
const brief = tokenFor('bob:read');
const shared = newToken();
const SESSION = { pod: 'shop-1', container: 'web', 'trace-hook': 'say_ok', 'trace-arguments': '-n 1' };

const world = new AgentWorld();
/** What came to the service that stands for trace-indexer and span-api. */
const seen: IncomingHttpHeaders[] = [];
let upstream: Server;
let upstreamStatus = 200;
let agent: NestExpressApplication;
let app: NestExpressApplication;

function urlOf(server: { address(): unknown }): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeAll(async () => {
  await world.start();
  upstream = createServer((request, response) => {
    seen.push(request.headers);
    response.statusCode = upstreamStatus;
    response.setHeader('X-Tracer-Error', 'TOKEN_INVALID').end('{}');
  });
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  writeFileSync(file('tokens'), [reader, tracer, admin, brief].map(({ line }) => line).join('\n'));
  writeFileSync(file('node-token'), shared);
  agent = await world.agent({
    TRACER_NODE_TOKEN: shared,
    TRACER_AUDIT_LOG: file('agent-audit'),
    TRACER_DATA_DIR: file('data'),
    TRACE_DIR: file('traces'),
  });
  app = await gateway({
    TRACER_NODES: `nodeA=${urlOf(agent.getHttpServer())}`,
    TRACER_INDEXER_URL: urlOf(upstream),
    TRACER_SPAN_API_URL: urlOf(upstream),
    TRACER_TOKENS_FILE: file('tokens'),
    TRACER_NODE_TOKEN_FILE: file('node-token'),
    TRACER_AUDIT_LOG: file('audit'),
    TRACER_NODE_DEADLINE_MS: '30000',
  });
});
afterAll(async () => {
  await app.close();
  await agent.close();
  upstream.close();
  upstream.closeAllConnections();
  await world.close();
  rmSync(directory, { recursive: true });
});

const as = (token: string, method: Method, path: string): Test =>
  send(app, method, path).set('Authorization', `Bearer ${token}`);
const outcome = ({ status, headers }: Response): unknown[] => [status, headers['x-tracer-error']];

interface AuditLine {
  readonly [fact: string]: unknown;
  readonly action: string;
}

async function auditLines(name: string, count: number): Promise<AuditLine[]> {
  const read = (): string[] => readFileSync(file(name), 'utf8').trimEnd().split('\n').filter(Boolean);
  await until(() => read().length >= count);
  return read().map((line) => JSON.parse(line) as AuditLine);
}

describe('a gateway with tokens', () => {
  it.each(['/health', '/ready', '/docs-json', '/docs'])('answers %s to everybody', async (path) => {
    await http(app).get(path).redirects(1).expect(200);
  });

  it('says that a token is needed, in the words of each published API', async () => {
    const bodies: Record<string, unknown> = {};
    for (const path of [
      '/v1/pods',
      '/v1/nodes',
      '/api/v1/files',
      '/api/traces',
      '/api/v2/services',
      '/jaeger/api/services',
    ]) {
      const answer = await http(app).get(path);
      expect([path, ...outcome(answer)]).toEqual([path, 401, 'TOKEN_REQUIRED']);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="tracer"');
      expect(answer.headers['cache-control']).toBe('no-store');
      bodies[path] = answer.body as unknown;
    }
    const message = 'a token with the role "read" is needed: Authorization: Bearer <token>';
    expect(bodies['/v1/pods']).toBe(message);
    expect(bodies['/v1/nodes']).toMatchObject({ code: 'TOKEN_REQUIRED', message });
    expect(bodies['/api/v1/files']).toMatchObject({ error: message, code: 'TOKEN_REQUIRED' });
    expect(bodies['/api/traces']).toMatchObject({ detail: message });
    expect(bodies['/jaeger/api/services']).toMatchObject({ data: null, errors: [{ code: 401, msg: message }] });
  });

  it('refuses tokens that it does not know, and tokens anywhere but in the header', async () => {
    const answer = await as(newToken(), 'get', '/v1/nodes');
    expect(outcome(answer)).toEqual([401, 'TOKEN_INVALID']);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="tracer", error="invalid_token"');
    expect(outcome(await as(shared, 'get', '/v1/nodes'))).toEqual([401, 'TOKEN_INVALID']);
    expect(outcome(await http(app).get(`/v1/nodes?token=${reader.token}&access_token=${reader.token}`))).toEqual([
      401,
      'TOKEN_REQUIRED',
    ]);
  });

  it('lets readers read and nothing else', async () => {
    await as(reader.token, 'get', '/v1/pods').expect(200);
    const refused = await as(reader.token, 'post', '/v1/trace-session').send(SESSION);
    expect([...outcome(refused), refused.body]).toEqual([403, 'ROLE_MISSING', '"rita" lacks the role "trace"']);
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer realm="tracer", error="insufficient_scope", scope="trace"',
    );
    expect(outcome(await as(tracer.token, 'post', '/events/truncate'))).toEqual([403, 'ROLE_MISSING']);
    expect(outcome(await as(tracer.token, 'post', '/v1/traces'))).toEqual([403, 'ROLE_MISSING']);
  });

  it('asks the services behind it in the name of the user, with a token of its own', async () => {
    seen.length = 0;
    await as(reader.token, 'get', '/api/v1/files')
      .set('X-Tracer-User', 'root')
      .set('X-Tracer-Roles', 'admin')
      .expect(200);
    expect(seen).toEqual([
      expect.objectContaining({ authorization: `Bearer ${shared}`, 'x-tracer-user': 'rita', 'x-tracer-roles': 'read' }),
    ]);
  });

  it('judges the site of a page itself, so that pages of the gateway can use what is behind it', async () => {
    seen.length = 0;
    const own = urlOf(app.getHttpServer());
    const ask = (origin: string): Promise<globalThis.Response> =>
      fetch(`${own}/api/v1/query`, {
        method: 'POST',
        body: '{}',
        headers: { Authorization: `Bearer ${reader.token}`, Origin: origin },
      });
    expect((await ask(own)).status).toBe(200);
    expect((await ask('http://elsewhere')).status).toBe(403);
    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toHaveProperty('origin');
  });

  it('does not blame the user when a service does not accept the gateway', async () => {
    upstreamStatus = 401;
    const answer = await as(reader.token, 'get', '/api/v1/files');
    upstreamStatus = 200;
    expect(outcome(answer)).toEqual([502, 'UPSTREAM_FAILED']);
    expect(answer.body).toMatchObject({ error: expect.stringContaining('TRACER_NODE_TOKEN') });
  });

  it('writes down who did what, on the gateway and on the agent', async () => {
    const made = await as(tracer.token, 'post', '/v1/trace-session').set('X-Forwarded-For', '6.6.6.6').send(SESSION);
    const { Id, Group } = only(made.body) as { Id: string; Group?: string };
    await as(tracer.token, 'put', `/v1/trace-session/${Id}`).send({ Run: true }).expect(200);
    await as(tracer.token, 'delete', `/v1/trace-session/${Id}?purge=1`).expect(200);
    const [refusedPost, refusedTruncate, ...done] = await auditLines('audit', 5);
    expect([refusedPost, refusedTruncate]).toMatchObject([
      { action: 'session.create', user: 'rita', status: 403, error: 'ROLE_MISSING' },
      { action: 'dm.truncate', user: 'tom', status: 403 },
    ]);
    expect(done).toMatchObject([
      {
        service: 'tracer-svc',
        action: 'session.create',
        user: 'tom',
        by: 'token',
        from: '127.0.0.1',
        forwardedFor: '6.6.6.6',
        status: 200,
        body: SESSION,
        sessions: [Id],
        nodes: { nodeA: 'done' },
      },
      { action: 'session.change', user: 'tom', path: `/v1/trace-session/${Id}`, body: { Run: true } },
      { action: 'session.delete', user: 'tom', path: `/v1/trace-session/${Id}?purge=1`, status: 200 },
    ]);
    const onAgent = await auditLines('agent-audit', 3);
    const session = { id: Id, hook: `${world.group}/say_ok`, args: ['-n', '1'], containers: ['shop/shop-1/web'] };
    expect(onAgent).toMatchObject([
      {
        service: 'tracer-node',
        action: 'session.create',
        user: 'tom',
        by: 'gateway',
        from: '127.0.0.1',
        sessions: [session],
      },
      { action: 'session.change', user: 'tom', sessions: [session] },
      { action: 'session.delete', user: 'tom', purge: true, sessions: [session] },
    ]);
    expect(Group).toBeDefined();
    for (const name of ['audit', 'agent-audit'])
      expect(readFileSync(file(name), 'utf8')).not.toMatch(new RegExp([tracer.token, shared].join('|')));
  });

  it('ends a stream, and says why, when its token is revoked', async () => {
    const made = await as(tracer.token, 'post', '/v1/trace-session').send(SESSION);
    const { Id } = only(made.body);
    const streams = await Promise.all(
      ['text/event-stream', 'application/x-ndjson'].map((Accept) =>
        fetch(`${urlOf(app.getHttpServer())}/v1/trace-session/${Id}/events`, {
          headers: { Authorization: `Bearer ${brief.token}`, Accept },
        }),
      ),
    );
    expect(streams.map(({ status }) => status)).toEqual([200, 200]);
    writeFileSync(file('tokens'), [reader, tracer, admin].map(({ line }) => line).join('\n'));
    const [sse, ndjson] = await Promise.all(streams.map((answer) => answer.text()));
    expect(sse).toMatch(/event: end\ndata: \{"reason":"the token is not valid any more"\}\n\n$/);
    expect(JSON.parse(ndjson ?? '')).toMatchObject({
      name: 'stream ended',
      args: { reason: 'the token is not valid any more' },
    });
    expect(outcome(await as(brief.token, 'get', '/v1/nodes'))).toEqual([401, 'TOKEN_INVALID']);
    const { text } = await as(reader.token, 'get', '/metrics').expect(200);
    expect(text).toMatch(/tracer_streams_cut\S* 2\n/);
    expect(text).toMatch(/tracer_refused_requests_total\{[^}]*reason="token_invalid"[^}]*\} \d/);
    expect(text).toMatch(/tracer_trust_reloads_total\{[^}]*what="tokens"[^}]*outcome="used"[^}]*\} 1/);
  });
});

describe('an agent with the shared token', () => {
  it('answers nobody else', async () => {
    const direct = (token?: string): Promise<globalThis.Response> =>
      fetch(`${urlOf(agent.getHttpServer())}/v1/pods`, token ? { headers: { Authorization: `Bearer ${token}` } } : {});
    const bare = await direct();
    expect([bare.status, await bare.json()]).toEqual([401, expect.stringContaining('a token with the role "read"')]);
    expect((await direct(admin.token)).status).toBe(401);
    expect((await direct(shared)).status).toBe(200);
  });

  it('is named by a gateway with another token, and its refusal is not the user’s', async () => {
    const stranger = await gateway({
      TRACER_NODES: `nodeA=${urlOf(agent.getHttpServer())}`,
      TRACER_NODE_TOKEN: newToken(),
    });
    const answer = await http(stranger).get('/v1/pods');
    await stranger.close();
    expect(outcome(answer)).toEqual([500, 'NODES_UNREACHABLE']);
    expect(answer.text).toContain('does not accept the token of this gateway (TRACER_NODE_TOKEN)');
  });
});

describe('limits', () => {
  it('hold each token to its rate', async () => {
    const limited = await gateway({
      TRACER_NODES: `nodeA=${urlOf(agent.getHttpServer())}`,
      TRACER_TOKENS: [reader, tracer, admin].map(({ line }) => line).join(';'),
      TRACER_NODE_TOKEN: shared,
      TRACER_RATE_LIMIT: '1',
      TRACER_RATE_BURST: '1',
    });
    const ask = (token: string): Promise<Response> =>
      http(limited)
        .get('/v1/trace-hooks')
        .set('Authorization', `Bearer ${token}`)
        .then((answer) => answer);
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(reader.token)));
    const refused = answers.filter(({ status }) => status === 429);
    const { status } = await ask(admin.token);
    const bare = await http(limited).get('/v1/nodes');
    const { text } = await http(limited).get('/metrics').set('Authorization', `Bearer ${tracer.token}`);
    await limited.close();
    // As many as a slow machine may take for them, in seconds, are let through.
    expect(refused.length).toBeGreaterThan(0);
    expect(refused[0]?.headers).toMatchObject({ 'retry-after': '1', 'x-tracer-error': 'TOO_MANY' });
    expect([status, bare.status]).toEqual([200, 401]);
    expect(text).toMatch(new RegExp(`tracer_refused_requests_total\\{[^}]*reason="rate"[^}]*\\} ${refused.length}\n`));
  });
});
