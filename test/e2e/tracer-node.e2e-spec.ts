import { writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AgentWorld } from './fixtures/agent-world.js';

const world = new AgentWorld();
beforeAll(() => world.start());
afterAll(() => world.close());
afterEach(() => world.deleteAll());

describe('pods', () => {
  it('are listed with containers and processes, in the published form', async () => {
    const body = await world.answer('get', '/v1/pods');
    expect(body).toMatchObject({
      'ghost-0': { Containers: { noinfo: { Id: 'noinfo', Pod: 'ghost-0', Parent: null, Tasks: null } } },
      'shop-1': {
        namespace: 'shop',
        uid: 'u1',
        Containers: {
          sidecar: { Id: 'sidecar', Pod: 'shop-1', Parent: [process.pid], Tasks: [world.side] },
          web: {
            Id: 'web',
            Pod: 'shop-1',
            Parent: [process.pid],
            Tasks: [world.web],
            image: 'shop:1',
            runtimeId: 'c1',
          },
        },
      },
      'shop-2': { Containers: { web: { Tasks: [world.side] } } },
    });
    expect(Object.keys(body as object)).toEqual(['ghost-0', 'shop-1', 'shop-2']);
    const shop = (body as Record<string, { Containers: Record<string, object> }>)['shop-1'];
    expect(Object.keys(shop?.Containers['web'] ?? {}).slice(0, 4)).toEqual(['Id', 'Pod', 'Parent', 'Tasks']);
  });

  it('that cannot be read are an error with the reason; sessions can still be defined on those known', async () => {
    world.cri.failing.set('ListContainers', 'runtime is restarting');
    const response = await world.http().get('/v1/pods').expect(500);
    expect(response.body).toMatch(/runtime is restarting/);
    expect(response.headers['x-tracer-error']).toBe('PODS_UNREADABLE');
    const ready = await world.http().get('/ready').expect(503);
    expect(ready.body).toMatchObject({ checks: [{ name: 'pods', ok: false }] });
    await world.create();
    world.cri.failing.clear();
    await world.http().get('/ready').expect(200);
  });
});

describe('trace hooks', () => {
  it('are listed by group, built-in ones with the reason why they cannot be used here', async () => {
    const body = (await world.answer('get', '/v1/trace-hooks')) as Record<string, { Tracers: Record<string, object> }>;
    expect(Object.keys(body)).toEqual(['native', world.group]);
    expect(body[world.group]?.Tracers).toMatchObject({
      say_ok: { Name: 'say_ok', Description: ['Says a path', 'and waits'] },
    });
    expect(body[world.group]?.Tracers).not.toHaveProperty('undescribed');
    expect(body['native']?.Tracers['trace_syscalls']).toMatchObject({
      Name: 'trace_syscalls',
      unavailable: expect.stringContaining('tracefs'),
    });
  });
});

describe('routing', () => {
  it.each([
    ['GET', '/v1/pods/?x=1', 301, '/v1/pods?x=1'],
    ['GET', '/v1/trace-session/7/', 301, '/v1/trace-session/7'],
    ['POST', '/v1/trace-session/', 307, '/v1/trace-session'],
    ['GET', '/v1/trace-session', 404, undefined],
    ['GET', '/v1/trace-session/', 404, undefined],
    ['GET', '/v1/nope', 404, undefined],
    ['GET', '/', 404, undefined],
    ['POST', '/v1/pods', 404, undefined],
    ['OPTIONS', '/v1/pods', 404, undefined],
    ['HEAD', '/v1/pods', 404, undefined],
    ['PATCH', '/v1/trace-session/1', 404, undefined],
  ])('%s %s is answered with %i', async (method, url, status, location) => {
    const call = world.http()[method.toLowerCase() as 'get'](url).redirects(0);
    const response = await call;
    expect([response.status, response.headers['location']]).toEqual([status, location]);
    expect(response.headers['x-tracer-error']).toBe(status === 404 ? 'NOT_FOUND' : undefined);
  });
});

describe('operations', () => {
  it('describes the node', async () => {
    expect(await world.answer('get', '/v1/node')).toMatchObject({
      node: 'nodeA',
      tracefs: { available: false, reason: expect.stringContaining('tracefs') },
      pods: { source: 'cri', endpoint: `unix://${world.cri.socketPath}`, count: 3 },
      sessions: { pending: 0, running: 0 },
      limits: { sessions: 8, running: 2, run: { bytes: 1_000_000 } },
      traceDir: world.path('traces'),
    });
  });

  it('counts sessions, events and scans', async () => {
    const { Id } = await world.create();
    await world.run(Id, true).expect(200);
    const { text } = await world.http().get('/metrics').expect(200);
    expect(text).toMatch(/^tracer_sessions\{state="running",service="tracer-node"\} 1$/m);
    expect(text).toMatch(/^tracer_session_events_total\{service="tracer-node"\} \d+$/m);
    expect(text).toMatch(/^tracer_session_lost_total\{service="tracer-node"\} 0$/m);
    expect(text).toMatch(/^tracer_pod_scan_seconds_count\{service="tracer-node"\} [1-9]/m);
    expect(text).toMatch(/^tracer_export_dropped_total\{service="tracer-node"\} 0$/m);
  });

  it('keeps definitions over a restart, and one agent per state directory', async () => {
    const idle = await world.create({ 'trace-user-context': 'idle' });
    const running = await world.create();
    await world.run(running.Id, true).expect(200);
    await expect(world.agent()).rejects.toThrow(/in use by another agent/);
    const follower = fetch(`${world.url}/v1/trace-session/${idle.Id}/events`).then((response) => response.text());
    await sleep(100);
    await world.restart();
    expect(await follower).toBe('');
    expect(await world.get(idle.Id)).toMatchObject({ Context: 'idle', state: 'pending' });
    expect(await world.get(running.Id)).toMatchObject({
      Running: false,
      state: 'interrupted',
      reason: 'the agent was stopped',
    });
    await world.run(running.Id, true).expect(200);
    await world.run(running.Id, false).expect(200);
  });

  it('refuses to start where it cannot write', async () => {
    writeFileSync(world.path('file'), '');
    await expect(world.agent({ TRACE_DIR: world.path('file', 'x'), TRACER_NODE_NAME: 'b' })).rejects.toThrow(
      /^TRACE_DIR: cannot write/,
    );
    await expect(world.agent({ TRACER_DATA_DIR: world.path('file'), TRACER_NODE_NAME: 'b' })).rejects.toThrow(
      /^TRACER_DATA_DIR:/,
    );
  });
});
