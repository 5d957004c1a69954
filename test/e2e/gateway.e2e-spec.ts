import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { OpenAPIObject } from '@nestjs/swagger';
import { openApiDocument } from '@tracer/service-kit';
import { Ajv, type ValidateFunction } from 'ajv';
import { app as definition } from '../../apps/tracer-svc/src/app.js';
import { startFakeAgent, type FakeAgent } from '../../apps/tracer-svc/src/testing/fake-agent.js';
import { gateway, http, send, type Method } from '../support/gateway.js';

/** The validator of the answer that the document promises for a route. */
function promised(document: OpenAPIObject, method: Method, path: string, status = 200): ValidateFunction {
  const response = document.paths[path]?.[method]?.responses[status] as
    { content?: Record<string, { schema?: object }> } | undefined;
  const schema = response?.content?.['application/json']?.schema;
  if (schema === undefined) throw new Error(`${method} ${path} promises no ${status}`);
  return new Ajv({ strict: false, validateFormats: false }).compile({ ...schema, components: document.components });
}

const NO_SESSION = { Group: '' };

describe('the gateway over two nodes', () => {
  let app: NestExpressApplication;
  let a: FakeAgent;
  let b: FakeAgent;
  let document: OpenAPIObject;

  beforeAll(async () => {
    a = await startFakeAgent({ name: 'node-a', pods: { 'shop-1': ['web', 'sidecar'], host: ['sshd'] } });
    b = await startFakeAgent({ name: 'node-b', pods: { 'store-0': ['db'], host: ['sshd'] }, wire: 'published' });
    app = await gateway({ TRACER_NODES: `b=${b.url},a=${a.url}`, TRACER_NODE_CHANGE_DEADLINE_MS: '500' });
    document = openApiDocument(app, definition);
  });
  afterAll(async () => {
    await app.close();
    await a.close();
    await b.close();
  });
  beforeEach(() => {
    for (const agent of [a, b]) {
      agent.sessions.clear();
      agent.requests.length = 0;
      agent.frozen = false;
    }
  });

  const create = async (pod = '*'): Promise<Record<string, { Node: string; Group: string }>> =>
    (await http(app).post('/v1/trace-session').send({ pod, container: '*', 'trace-hook': 'trace_ok' }).expect(200))
      .body as never;

  function expectPromised(method: Method, path: string, body: unknown, status = 200): void {
    const validate = promised(document, method, path, status);
    expect([validate(body), validate.errors]).toEqual([true, null]);
  }

  it('merges pods as one JSON document and keeps equal names of two nodes', async () => {
    const { body, headers } = await http(app)
      .get('/v1/pods')
      .expect(200)
      .expect('Content-Type', /^application\/json/);
    expect(Object.keys(body as object)).toEqual(['host', 'shop-1', 'store-0']);
    expect(body.host.Containers).toEqual({
      sshd: { Id: 'sshd', Pod: 'host', Parent: null, Tasks: [4711], node: 'a' },
      'sshd@b': { Id: 'sshd', Pod: 'host', Parent: null, Tasks: [4711], node: 'b' },
    });
    expect(headers['x-tracer-nodes']).toBe('2/2');
    expect(headers['x-tracer-warnings']).toBeUndefined();
    expectPromised('get', '/v1/pods', body);
  });

  it('unites hooks', async () => {
    const { body } = await http(app).get('/v1/trace-hooks').expect(200);
    expect(body).toEqual({
      native: { Tracers: { trace_ok: { Name: 'trace_ok', Description: ['a hook'], nodes: ['a', 'b'] } } },
    });
    expectPromised('get', '/v1/trace-hooks', body);
  });

  it('passes target and body on as they came, and the request id', async () => {
    await http(app).get('/v1/pods?x=%20y&z').set('X-Request-Id', 'mine').expect('X-Request-Id', 'mine');
    expect([...a.requests, ...b.requests]).toEqual(['GET /v1/pods?x=%20y&z', 'GET /v1/pods?x=%20y&z']);
  });

  it('creates a session per matching node, and all of one request share a group', async () => {
    const sessions = Object.values(await create());
    expect(sessions.map(({ Node }) => Node).sort()).toEqual(['node-a', 'node-b']);
    expect(new Set(sessions.map(({ Group }) => Group)).size).toBe(1);
    expect(sessions[0]?.Group).toMatch(/^[1-9]\d{0,19}$/);
    expectPromised('post', '/v1/trace-session', Object.fromEntries(a.sessions));
    const [other] = Object.values(await create());
    expect(other?.Group).not.toBe(sessions[0]?.Group);
  });

  it('does not let a client choose the group', async () => {
    const { body } = await http(app)
      .post('/v1/trace-session')
      .set('X-Tracer-Group', '7')
      .send({ pod: 'shop-1' })
      .expect(200);
    expect(Object.values(body as Record<string, { Group: string }>)[0]?.Group).not.toBe('7');
  });

  it('starts, reads, stops and deletes by group', async () => {
    const [{ Group: group } = NO_SESSION] = Object.values(await create());
    const started = await http(app).put(`/v1/trace-session/${group}`).send({ Run: true }).expect(200);
    expect(started.body).toEqual({});
    expect(started.headers['x-tracer-nodes']).toBe('2/2');
    expectPromised('put', '/v1/trace-session/{id}', started.body);
    const { body } = await http(app).get(`/v1/trace-session/${group}`).expect(200);
    expect(Object.values(body as Record<string, { Running: boolean }>).map(({ Running }) => Running)).toEqual([
      true,
      true,
    ]);
    await http(app).put(`/v1/trace-session/${group}`).send({ Run: false }).expect(200);
    await http(app).delete(`/v1/trace-session/${group}`).expect(200, {});
    await http(app).get('/v1/trace-session/all').expect(200, {});
  });

  it('finds one session on whichever node it is, without warning of the others', async () => {
    const [id = ''] = Object.keys(await create('store-0'));
    const { body, headers } = await http(app).get(`/v1/trace-session/${id}`).expect(200);
    expect(Object.keys(body as object)).toEqual([id]);
    expect([headers['x-tracer-nodes'], headers['x-tracer-warnings']]).toEqual(['2/2', undefined]);
    expect(BigInt(id)).toBeGreaterThan(2n ** 63n);
  });

  it('adds up the summaries of a group', async () => {
    const [{ Group: group } = NO_SESSION] = Object.values(await create());
    const { body } = await http(app).get(`/v1/trace-session/${group}/summary`).expect(200);
    expect(body).toMatchObject({
      events: 6,
      lost: 2,
      calls: { read: { count: 6, errors: { EINTR: 2 }, totalNs: 60 } },
    });
    expect(body.calls.read).not.toHaveProperty('p99Ns');
    expect((body as { nodes: { Node: string }[] }).nodes.map(({ Node }) => Node)).toEqual(['node-a', 'node-b']);
    expectPromised('get', '/v1/trace-session/{id}/summary', body);
  });

  it('follows the events of a group', async () => {
    const [{ Group: group } = NO_SESSION] = Object.values(await create());
    const { text, headers } = await http(app).get(`/v1/trace-session/${group}/events`).buffer(true).expect(200);
    expect(headers).toMatchObject({ 'content-type': 'application/x-ndjson', 'x-tracer-nodes': '2/2' });
    expect(text.trimEnd().split('\n').sort()).toEqual([
      '{"node":"a","id":1,"name":"read"}',
      '{"node":"a","id":2,"name":"write"}',
      '{"node":"b","id":1,"name":"read"}',
      '{"node":"b","id":2,"name":"write"}',
    ]);
  });

  it.each<[Method, string, number, string, string]>([
    ['get', '/v1/trace-session/123', 400, 'No session with ID 123', 'SESSION_NOT_FOUND'],
    ['put', '/v1/trace-session/123', 404, 'No session with ID 123', 'SESSION_NOT_FOUND'],
    ['delete', '/v1/trace-session/123', 404, 'No session with ID 123', 'SESSION_NOT_FOUND'],
    ['get', '/v1/trace-session/123/summary', 404, 'No session with ID 123', 'SESSION_NOT_FOUND'],
    ['get', '/v1/trace-session/123/events', 404, 'No session with ID 123', 'SESSION_NOT_FOUND'],
  ])('answers %s %s with the status of the nodes and one JSON text', async (method, path, status, text, code) => {
    const answer = await send(app, method, path).send(method === 'put' ? { Run: true } : undefined);
    expect([answer.status, answer.body, answer.headers['x-tracer-error']]).toEqual([status, text, code]);
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    expectPromised(method, path.replace('123', '{id}'), answer.body, status);
  });

  it.each<[Method, string, number, string]>([
    ['get', 'x', 400, 'SESSION_ID_INVALID'],
    ['get', '18446744073709551616', 400, 'SESSION_ID_INVALID'],
    ['get', '%20', 400, 'SESSION_ID_INVALID'],
    ['get', 'x/events', 400, 'SESSION_ID_INVALID'],
    ['get', 'all/summary', 400, 'SESSION_ID_INVALID'],
    ['put', 'all', 404, 'SESSION_NOT_FOUND'],
    ['put', 'x', 404, 'SESSION_NOT_FOUND'],
    ['delete', '-1', 404, 'SESSION_NOT_FOUND'],
  ])('answers %s of session %s without the nodes: %d', async (method, id, status, code) => {
    a.frozen = b.frozen = true;
    const answer = await send(app, method, `/v1/trace-session/${id}`);
    expect([answer.status, answer.headers['x-tracer-error']]).toEqual([status, code]);
    expect(answer.body).toMatch(/^session id ".*" is (not a decimal number|larger than 18446744073709551615)$/);
    expect([a.requests, b.requests]).toEqual([[], []]);
  });

  it('passes a malformed body to the nodes and their refusal back', async () => {
    const answer = await http(app).post('/v1/trace-session').set('Content-Type', 'text/plain').send('{"pod":');
    expect([answer.status, answer.body]).toEqual([400, 'unexpected EOF']);
  });

  it('says more than "not here" where a node does', async () => {
    const [id = ''] = Object.keys(await create('store-0'));
    await http(app).put(`/v1/trace-session/${id}`).send({ Run: true }).expect(200);
    const answer = await http(app).put(`/v1/trace-session/${id}`).send({ Run: true }).expect(404);
    expect(answer.body).toBe('Tracing session is running already.');
    expect(answer.headers['x-tracer-warnings']).toBe('b: 404 Tracing session is running already.');
  });

  it('refuses bodies over 1 MiB, with and without a declared length', async () => {
    const large = Buffer.alloc((1 << 20) + 1, 0x20);
    const answer = await http(app).post('/v1/trace-session').send(large).expect(413);
    expectPromised('post', '/v1/trace-session', answer.body, 413);
    const { port } = app.getHttpServer().address() as AddressInfo;
    const chunked = await fetch(`http://127.0.0.1:${port}/v1/trace-session/1`, {
      method: 'PUT',
      body: new ReadableStream({
        start: (controller) => {
          for (let sent = 0; sent < large.length; sent += 1 << 16)
            controller.enqueue(large.subarray(sent, sent + (1 << 16)));
          controller.close();
        },
      }),
      duplex: 'half',
    });
    expect([chunked.status, chunked.headers.get('x-tracer-error')]).toEqual([413, 'BODY_TOO_LARGE']);
    expect([...a.requests, ...b.requests]).toEqual([]);
  });

  it('answers in time without a frozen node and says so', async () => {
    b.frozen = true;
    const startedAtMs = performance.now();
    const { body, headers } = await http(app).get('/v1/pods').expect(200);
    expect(performance.now() - startedAtMs).toBeLessThan(400 + 150);
    expect(Object.keys(body as object)).toEqual(['host', 'shop-1']);
    expect(headers).toMatchObject({ 'x-tracer-nodes': '1/2', 'x-tracer-warnings': 'b: no answer within 400 ms' });
    await http(app).put('/v1/trace-session/5').send({ Run: true }).expect(404).expect('X-Tracer-Nodes', '1/2');
    const metrics = await http(app).get('/metrics').expect(200);
    expect(metrics.text).toMatch(/^tracer_nodes\{state="failing",.*\} 1$/m);
    expect(metrics.text).toMatch(/^tracer_partial_answers_total\{.*\} [1-9]/m);
  });

  it('shows its nodes as they are now', async () => {
    b.frozen = true;
    const { body } = await http(app).get('/v1/nodes').expect(200);
    expect(body).toEqual({
      nodes: [
        { name: 'a', url: a.url, state: 'answering', lastSeenAt: expect.any(String), latencyMs: expect.any(Number) },
        expect.objectContaining({ name: 'b', url: b.url, state: 'failing', lastError: 'no answer within 1000 ms' }),
      ],
      sources: [{ kind: 'static', target: 'configuration', nodes: 2, ageMs: expect.any(Number) }],
    });
    expectPromised('get', '/v1/nodes', body);
  });

  it('is ready with one node', async () => {
    b.frozen = true;
    await http(app).get('/ready').expect(200);
    a.frozen = true;
    const { body } = await http(app).get('/ready').expect(503);
    expect(body.checks).toEqual([
      { name: 'nodes', ok: false, detail: 'a: no answer within 2000 ms; b: no answer within 2000 ms' },
    ]);
  });

  it('redirects one slash too many and knows no other methods', async () => {
    await http(app).get('/v1/pods/?a=1').expect(301).expect('Location', '/v1/pods?a=1');
    await http(app).post('/v1/trace-session/').send({}).expect(307).expect('Location', '/v1/trace-session');
    await http(app).delete('/v1/trace-session/5/').expect(307).expect('Location', '/v1/trace-session/5');
    for (const path of ['/v1/zzz', '/v1/trace-session', '/v1/trace-session/', '/'])
      await http(app).get(path).expect(404);
    await http(app).options('/v1/pods').expect(404);
    await http(app).head('/v1/pods').expect(404);
    await http(app).patch('/v1/trace-session/1').send({}).expect(404);
    await http(app).post('/v1/pods').send({}).expect(404);
  });

  it('documents every route with a typed success', () => {
    for (const [path, operations] of Object.entries(document.paths))
      for (const [method, { responses }] of Object.entries(operations as Record<string, { responses: object }>)) {
        const successes = Object.entries(responses as Record<string, { content?: unknown }>).filter(([code]) =>
          code.startsWith('2'),
        );
        expect([method, path, successes.map(([, { content }]) => content !== undefined)]).toEqual([
          method,
          path,
          [true],
        ]);
      }
  });
});

describe('the gateway without nodes', () => {
  let app: NestExpressApplication;
  beforeAll(async () => {
    const gone = await startFakeAgent({ name: 'x', pods: {} });
    await gone.close();
    app = await gateway({ TRACER_NODES: `gone=${gone.url}` });
  });
  afterAll(() => app.close());

  it.each<[Method, string]>([
    ['get', '/v1/pods'],
    ['get', '/v1/trace-hooks'],
    ['get', '/v1/trace-session/all'],
    ['post', '/v1/trace-session'],
    ['put', '/v1/trace-session/1'],
    ['delete', '/v1/trace-session/all'],
    ['get', '/v1/trace-session/1/summary'],
    ['get', '/v1/trace-session/1/events'],
  ])('%s %s fails with 500 and names the reason', async (method, path) => {
    const answer = await send(app, method, path).send(method === 'get' ? undefined : { pod: '*' });
    expect([answer.status, answer.headers['x-tracer-error']]).toEqual([500, 'NODES_UNREACHABLE']);
    expect(answer.body).toMatch(/^Connection to tracers failed \(gone: connect ECONNREFUSED/);
    expect(answer.headers).toMatchObject({
      'x-tracer-nodes': '0/1',
      'x-tracer-warnings': expect.stringMatching(/^gone: connect/),
    });
  });
});
