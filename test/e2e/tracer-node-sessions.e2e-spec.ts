import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { get as httpGet, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { AgentWorld, only, refusal, until, type Session } from './fixtures/agent-world.js';

const world = new AgentWorld();
beforeAll(() => world.start());
afterAll(() => world.close());
afterEach(() => world.deleteAll());

const REQUEST = { pod: 'shop-1', container: 'web', 'trace-hook': 'say_ok' };

describe('defining a session', () => {
  it('answers with the session in the published form', async () => {
    const session = await world.create({
      pod: 'shop-*',
      'trace-arguments': '  -s   read\twrite\n  -t 500 ',
      'trace-user-context': 'my <ctx> & "q"',
    });
    expect(session).toMatchObject({
      Id: expect.stringMatching(/^\d+$/),
      Context: 'my <ctx> & "q"',
      Node: 'nodeA',
      Containers: { 'shop-1': ['web'], 'shop-2': ['web'] },
      TraceHook: 'say_ok',
      TraceParams: ['-s', 'read', 'write', '-t', '500'],
      Running: false,
      Output: null,
      Error: null,
      hookGroup: world.group,
      state: 'pending',
      limits: { timeMs: 0, events: 0, bytes: 1_000_000 },
    });
    expect(Object.keys(session).slice(0, 9).join()).toBe(
      'Id,Context,Node,Containers,TraceHook,TraceParams,Running,Output,Error',
    );
    const { text } = await world.http().get(`/v1/trace-session/${session.Id}`);
    expect(text).toContain('my \\u003cctx\\u003e \\u0026 \\"q\\"');
  });

  it('reads bodies whatever their type, case and trailing text', async () => {
    const body = '{"POD":"shop-?","Container":"w*","trace-HOOK":"say_ok","bogus":1,"trace-arguments":null} and more';
    const response = await world
      .http()
      .post('/v1/trace-session')
      .set('Content-Type', 'text/plain')
      .send(body)
      .expect(200);
    expect(only(response.body)).toMatchObject({
      Containers: { 'shop-1': ['web'], 'shop-2': ['web'] },
      TraceParams: [],
    });
  });

  it('takes limits, and containers without processes', async () => {
    const limits = { 'time-limit-ms': 5, 'event-limit': 7, 'byte-limit': 9 };
    expect(await world.create({ pod: 'ghost-0', container: '*', ...limits })).toMatchObject({
      Containers: { 'ghost-0': ['noinfo'] },
      limits: { timeMs: 5, events: 7, bytes: 9 },
    });
  });

  it.each<[string | object, number, string, RegExp]>([
    ['', 400, 'BODY_MALFORMED', /body: is empty/],
    ['{"pod":', 400, 'BODY_MALFORMED', /ends after 7 characters/],
    ['hello', 400, 'BODY_MALFORMED', /Unexpected token 'h'/],
    ['[]', 400, 'BODY_MALFORMED', /is an array/],
    ['{"pod":1}', 400, 'BODY_MALFORMED', /pod must be a string, not 1/],
    [{ ...REQUEST, 'event-limit': 0 }, 400, 'BODY_MALFORMED', /event-limit must not be less than 1/],
    [{ ...REQUEST, 'byte-limit': 1_000_001 }, 400, 'BODY_MALFORMED', /byte-limit must not be greater than 1000000/],
    [{ ...REQUEST, 'trace-arguments': '--pid 1' }, 400, 'HOOK_ARGUMENT_INVALID', /"--pid" would set --pid/],
    [{ ...REQUEST, 'trace-arguments': '-s read -i x' }, 400, 'HOOK_ARGUMENT_INVALID', /"-i" would set -i/],
    ['{}', 404, 'HOOK_UNKNOWN', /there is no hook ""/],
    ['null', 404, 'HOOK_UNKNOWN', /there is no hook ""/],
    [{ ...REQUEST, 'trace-hook': 'nope' }, 404, 'HOOK_UNKNOWN', /there is no hook "nope"/],
    [{ ...REQUEST, pod: 'zzz' }, 404, 'CONTAINER_NOT_MATCHED', /no container "web" in a pod "zzz"/],
    [{ ...REQUEST, pod: 'SHOP-*' }, 404, 'CONTAINER_NOT_MATCHED', /no container/],
    [{ ...REQUEST, container: '' }, 404, 'CONTAINER_NOT_MATCHED', /no container ""/],
    [{ ...REQUEST, 'trace-hook': 'trace_syscalls' }, 422, 'HOOK_UNAVAILABLE', /tracefs/],
  ])('refuses %j with %i %s', async (body, status, code, message) => {
    const response = await world.http().post('/v1/trace-session').send(body);
    expect(refusal(response)).toEqual([status, expect.stringMatching(message)]);
    expect(response.headers['x-tracer-error']).toBe(code);
    await world.http().get('/v1/trace-session/all').expect(200, {});
  });

  it('refuses bodies over 1 MiB and more sessions than it is told to keep', async () => {
    const big = await world
      .http()
      .post('/v1/trace-session')
      .send(`{"pod":"${'x'.repeat(1 << 20)}"}`);
    expect(refusal(big)).toEqual([413, expect.stringMatching(/larger than 1048576 bytes/)]);
    for (let count = 0; count < 8; count++) await world.create();
    const ninth = await world.http().post('/v1/trace-session').send(REQUEST);
    expect(refusal(ninth)).toEqual([429, expect.stringMatching(/8 sessions are defined already/)]);
  });

  it('files a session under the group that the gateway gives', async () => {
    for (let count = 0; count < 2; count++)
      await world
        .http()
        .post('/v1/trace-session')
        .set('X-Tracer-Group', '18446744073709551615')
        .send(REQUEST)
        .expect(200);
    const other = await world.create();
    const found = await world.answer('get', '/v1/trace-session/18446744073709551615');
    expect(Object.values(found as Record<string, Session>).map(({ Group }) => Group)).toEqual([
      '18446744073709551615',
      '18446744073709551615',
    ]);
    await world.run('18446744073709551615', true).expect(200, {});
    expect((await world.get(other.Id))['state']).toBe('pending');
    const summary = await world.http().get('/v1/trace-session/18446744073709551615/summary');
    expect(refusal(summary)).toEqual([404, expect.stringMatching(/2 sessions of this node are in group/)]);
    await world.answer('delete', '/v1/trace-session/18446744073709551615');
    expect(Object.keys((await world.answer('get', '/v1/trace-session/all')) as object)).toEqual([other.Id]);
  });
});

describe('ids', () => {
  it.each([
    ['123', 400, 404, /^no session with id 123$/],
    ['007', 400, 404, /^no session with id 7$/],
    ['abc', 400, 404, /"abc" is not a decimal number/],
    ['-1', 400, 404, /"-1" is not a decimal number/],
    ['+1', 400, 404, /"\+1" is not a decimal number/],
    ['ALL', 400, 404, /"ALL" is not a decimal number/],
    ['18446744073709551616', 400, 404, /larger than 18446744073709551615/],
  ])('%s that no session has', async (id, ofGet, ofOthers, message) => {
    const url = `/v1/trace-session/${id}`;
    const text = expect.stringMatching(message);
    expect(refusal(await world.http().get(url))).toEqual([ofGet, text]);
    expect(refusal(await world.run(id, true))).toEqual([ofOthers, text]);
    expect(refusal(await world.run(id, false))).toEqual([ofOthers, text]);
    expect(refusal(await world.http().delete(url))).toEqual([ofOthers, text]);
  });

  it('may have leading zeros', async () => {
    const { Id } = await world.create();
    expect((await world.get(`00${Id}`)).Id).toBe(Id);
  });

  it('`all` is for reading and deleting only', async () => {
    expect(refusal(await world.run('all', true))).toEqual([404, expect.stringMatching(/"all"/)]);
    expect(refusal(await world.http().get('/v1/trace-session/all/summary'))).toEqual([400, expect.any(String)]);
  });

  it('changes are checked before the id is', async () => {
    const response = await world.http().put('/v1/trace-session/123').send('{"Run":"yes"}');
    expect(refusal(response)).toEqual([400, 'body: run must be a boolean value, not "yes"']);
    expect(refusal(await world.http().put('/v1/trace-session/123'))).toEqual([400, expect.stringMatching(/is empty/)]);
  });
});

describe('running', () => {
  it('shows what the hook prints while the session runs, any number of times', async () => {
    const { Id } = await world.create();
    for (let round = 0; round < 2; round++) {
      expect(await world.answer('put', `/v1/trace-session/${Id}`, { Run: true })).toEqual({});
      expect(await world.get(Id)).toMatchObject({
        Running: true,
        Output: ['/nowhere/trace_pipe'],
        Error: [],
        state: 'running',
        file: `${Id}.pfw.gz`,
        tasks: 1,
        startedAt: expect.any(Number),
      });
      expect(refusal(await world.run(Id, true))).toEqual([404, expect.stringMatching(/is running already/)]);
      await world.run(Id, false).expect(200, {});
      expect(await world.get(Id)).toMatchObject({ Running: false, Output: null, Error: null, state: 'finished' });
    }
    for (const body of ['{}', 'null', '{"run":false}'])
      await world.http().put(`/v1/trace-session/${Id}`).send(body).expect(200, {});
    expect(gunzipSync(readFileSync(world.path('traces', `${Id}.pfw.gz`))).toString()).toBe('[\n]\n');
  });

  it('starts a failing hook, keeps it as running with its errors, and says at the stop how it ended', async () => {
    const { Id } = await world.create({ 'trace-hook': 'say_error', 'trace-arguments': '-x y' });
    await world.run(Id, true).expect(200, {});
    await until(async () => (await world.get(Id))['state'] === 'failed');
    expect(await world.get(Id)).toMatchObject({
      Running: true,
      Output: [],
      Error: ['no: such argument'],
      reason: 'exit status 2',
    });
    expect(refusal(await world.run(Id, false))).toEqual([404, expect.stringMatching(/exit status 2/)]);
    expect(await world.get(Id)).toMatchObject({ Running: false, Output: null, Error: null, state: 'failed' });
    await world.run(Id, false).expect(200, {});
  });

  it('deletes a session whose hook has failed, and says so', async () => {
    const { Id } = await world.create({ 'trace-hook': 'leave_3' });
    await world.run(Id, true).expect(200);
    await until(async () => (await world.get(Id))['state'] === 'failed');
    const response = await world.http().delete(`/v1/trace-session/${Id}`);
    expect(refusal(response)).toEqual([404, expect.stringMatching(/exit status 3/)]);
    await world.http().get(`/v1/trace-session/${Id}`).expect(400);
  });

  it('refuses to start without processes, and more runs than it is told to', async () => {
    const ghost = await world.create({ pod: 'ghost-0', container: '*' });
    expect(refusal(await world.run(ghost.Id, true))).toEqual([404, expect.stringMatching(/no process runs/)]);
    const sessions = [await world.create(), await world.create(), await world.create()];
    for (const { Id } of sessions.slice(0, 2)) await world.run(Id, true).expect(200);
    expect(refusal(await world.run(sessions[2]?.Id ?? '', true))).toEqual([
      429,
      expect.stringMatching(/2 sessions are running/),
    ]);
  });

  it('ends at the time limit', async () => {
    const { Id } = await world.create({ 'time-limit-ms': 100 });
    await world.run(Id, true).expect(200);
    await until(async () => (await world.get(Id))['state'] === 'finished');
    expect(await world.get(Id)).toMatchObject({ Running: false, reason: 'time limit' });
  });

  it('keeps the trace file of a deleted session, unless it is to be purged', async () => {
    for (const [query, kept] of [
      ['', true],
      ['?purge=1', false],
    ] as const) {
      const { Id } = await world.create();
      await world.run(Id, true).expect(200);
      expect(await world.answer('delete', `/v1/trace-session/${Id}${query}`)).toEqual({});
      expect(existsSync(world.path('traces', `${Id}.pfw.gz`))).toBe(kept);
      await world.http().delete(`/v1/trace-session/${Id}`).expect(404);
    }
  });
});

describe('events', () => {
  const line = (call: string): string => ` sh-9 [000] .....  5.000001: ${call}\n`;
  const stream = async (url: string, accept = '*/*'): Promise<{ response: IncomingMessage; text: () => string }> => {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      httpGet(`${world.url}${url}`, { headers: { accept } }, resolve).once('error', reject);
    });
    const chunks: string[] = [];
    response.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
    return { response, text: () => chunks.join('') };
  };

  it('come as lines while the session runs, and end with it', async () => {
    const { Id } = await world.create({ 'trace-hook': 'streams' });
    const pending = await stream(`/v1/trace-session/${Id}/events`);
    expect(pending.response.headers['content-type']).toBe('application/x-ndjson');
    await world.run(Id, true).expect(200);
    const sse = await stream(`/v1/trace-session/${Id}/events`, 'text/event-stream');
    expect(sse.response.headers['content-type']).toBe('text/event-stream');
    appendFileSync(world.pipe, line('sys_read(fd: 3)') + line('sys_read -> 0xfffffffffffffff7'));
    await until(() => pending.text().includes('EBADF') && sse.text().includes('EBADF'));
    await world.run(Id, false).expect(200);
    await until(() => pending.response.complete && sse.response.complete);
    const events = pending
      .text()
      .trimEnd()
      .split('\n')
      .map((text) => JSON.parse(text) as { name: string; ph: string });
    expect(events.filter(({ ph }) => ph === 'X')).toMatchObject([
      { name: 'read', cat: 'syscall', pid: 9, tid: 9, args: { ret: -9, error: 'EBADF', fd: '3' } },
    ]);
    expect(sse.text()).toMatch(/data: \{.*EBADF.*\}\n\n[^]*event: end\ndata: \{"reason":"stopped"\}\n\n$/);
    expect(await world.answer('get', `/v1/trace-session/${Id}/summary`)).toMatchObject({
      Id,
      Node: 'nodeA',
      state: 'finished',
      events: 1,
      calls: { read: { count: 1, errors: { EBADF: 1 } } },
    });
    expect(gunzipSync(readFileSync(world.path('traces', `${Id}.pfw.gz`))).toString()).toContain('EBADF');
  });

  it('stop when the client leaves or the session is deleted', async () => {
    const { Id } = await world.create();
    const left = await stream(`/v1/trace-session/${Id}/events`);
    const stays = await stream(`/v1/trace-session/${Id}/events`, 'text/event-stream');
    left.response.destroy();
    await world.http().delete(`/v1/trace-session/${Id}`).expect(200);
    await until(() => stays.response.complete);
    expect(stays.text()).toBe('event: end\ndata: {"reason":"deleted"}\n\n');
  });

  it('are refused after the run, with the name of the file', async () => {
    const { Id } = await world.create();
    await world.run(Id, true).expect(200);
    await world.run(Id, false).expect(200);
    const response = await world.http().get(`/v1/trace-session/${Id}/events`);
    expect(refusal(response)).toEqual([404, expect.stringContaining(`${Id}.pfw.gz`)]);
    await world.http().get('/v1/trace-session/123/events').expect(404);
    await world.http().get('/v1/trace-session/123/summary').expect(404);
  });
});
