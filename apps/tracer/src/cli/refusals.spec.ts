import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeGateway } from './testing/fake-gateway.js';

const gateway = new FakeGateway();
beforeAll(() => gateway.start());
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.heard.length = 0;
});

const refusal = (status: number, code: string, message: string, headers: object = {}) => ({
  status,
  headers: { 'x-tracer-error': code, ...headers },
  body: JSON.stringify(message),
});

describe('tracer nodes', () => {
  const sources = [{ kind: 'static', target: 'configuration', nodes: 2, ageMs: 0 }];

  it('lists agents, and warns of those that do not answer, with exit code 4', async () => {
    const nodes = [
      { name: 'a', url: 'http://a:8081', state: 'answering', lastSeenAt: '2026-11-21T16:48:55.805Z', latencyMs: 11 },
      { name: 'b', url: 'http://b:8081', state: 'failing', lastError: 'no connection within 2000 ms' },
    ];
    gateway.answer = () => ({ body: { nodes, sources } });
    const { code, out, err } = await gateway.run(['nodes']);
    expect(out.split('\n').slice(1)).toEqual([
      'a     answering  http://a:8081  2026-11-21 16:48:55  11 ms',
      'b     failing    http://b:8081  never',
      '',
    ]);
    expect(err).toBe('WARNING: b: no connection within 2000 ms\nfrom static (configuration): 2\n');
    expect(code).toBe(4);
    gateway.answer = () => ({ body: { nodes: nodes.slice(0, 1), sources } });
    expect((await gateway.run(['nodes'])).code).toBe(0);
    expect(JSON.parse((await gateway.run(['nodes', '--json'])).out)).toEqual({ nodes: nodes.slice(0, 1), sources });
  });

  it('says what to do when the gateway knows none', async () => {
    gateway.answer = () => ({ body: { nodes: [], sources: [] } });
    const { code, err } = await gateway.run(['nodes']);
    expect([code, err]).toEqual([4, expect.stringContaining('TRACER_NODES')]);
  });
});

describe('a refusal names the next command', () => {
  it.each([
    [
      'the agents, with what the gateway heard of them',
      refusal(500, 'NODES_UNREACHABLE', 'Connection to tracers failed', { 'x-tracer-warnings': 'a: no connection' }),
      ['pods'],
      'tracer: NODES_UNREACHABLE: Connection to tracers failed\n  a: no connection\n  tracer nodes   shows the agents, and why they do not answer\n',
    ],
    [
      'the list of sessions',
      refusal(400, 'SESSION_NOT_FOUND', 'no session with id 99'),
      ['sessions', 'stop', '99'],
      'tracer: SESSION_NOT_FOUND: no session with id 99\n  tracer sessions   lists them\n',
    ],
    [
      'the address, when something else than a gateway answers',
      refusal(404, 'NOT_FOUND', 'Cannot GET /v1/pods'),
      ['pods'],
      /^tracer: NOT_FOUND: Cannot GET \/v1\/pods\n {2}Is http:\/\/127\.0\.0\.1:\d+ a gateway\? It knows no such route\.\n$/,
    ],
  ])('%s', async (_, answer, argv, expected) => {
    gateway.answer = () => answer;
    const { code, err } = await gateway.run(argv);
    expect(code).toBe(1);
    expect(err).toMatch(expected);
  });

  it('tells a token that is unknown from one that may not', async () => {
    const withToken = { env: { TRACER_TOKEN: 't' } };
    gateway.answer = () => refusal(401, 'UNAUTHENTICATED', 'the token is unknown');
    expect((await gateway.run(['pods'], withToken)).err).toContain('is none of this gateway');
    gateway.answer = () => refusal(403, 'FORBIDDEN', 'a token with the role "trace" is needed');
    expect((await gateway.run(['pods'], withToken)).err).toContain('may not do this');
    expect((await gateway.run(['pods'])).err).toContain('set TRACER_TOKEN');
  });
});

describe('a wrong command line', () => {
  it.each([
    [['run', '--pod', 'a'], 'run: <hook> is missing'],
    [['token', 'new'], 'token new: <name> is missing'],
    [['token', 'new', 'ci'], 'token new: <role> is missing'],
    [['token', 'new', 'ci', 'raed'], 'token new: "raed" is no role; did you mean "read"?'],
    [['spans', 'get'], 'spans get: <trace id> is missing'],
  ])('%j says which word it is about', async (argv, message) => {
    const { code, err } = await gateway.run(argv);
    expect([code, err.split('\n')[0]]).toEqual([2, `tracer: ${message}`]);
    expect(gateway.heard).toEqual([]);
  });

  it('finds a command by its second word', async () => {
    expect((await gateway.run(['stop', '7'])).err).toBe(
      'tracer: there is no command "stop"\n  there is:  tracer sessions stop\n',
    );
  });
});

describe('nothing to show', () => {
  it.each([
    [['pods', 'zzz*'], {}, 'no pod is called "zzz*"; * and ? stand for what you do not know\n'],
    [['sessions'], {}, 'no sessions; tracer run starts one\n'],
    [['files'], { files: [] }, 'no trace files; they are looked for in TRACE_DIR of the gateway\n'],
  ])('%j says so beside the empty table', async (argv, body, said) => {
    gateway.answer = () => ({ body });
    const { code, out, err } = await gateway.run(argv);
    expect([code, out.split('\n').length, err]).toEqual([0, 2, said]);
  });
});

describe('a session that is refused at its start', () => {
  const created = { '7': { Id: '7', Group: '9', Node: 'n1', Containers: {}, TraceHook: 'trace_exec' } };

  it('is not left behind', async () => {
    gateway.answer = ({ method }) =>
      method === 'POST'
        ? { body: created }
        : method === 'PUT'
          ? refusal(429, 'TOO_MANY', 'as many run as may')
          : { body: {} };
    const { code, err } = await gateway.run(['run', 'trace_exec', '--pod', '*']);
    expect([code, err]).toEqual([1, 'tracer: TOO_MANY: as many run as may\n']);
    expect(gateway.heard.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /v1/trace-session',
      'PUT /v1/trace-session/9',
      'DELETE /v1/trace-session/9?purge=1',
    ]);
  });

  it('stays when nobody knows whether it runs', async () => {
    gateway.answer = ({ method }) => (method === 'POST' ? { body: created } : undefined);
    expect((await gateway.run(['run', 'trace_exec', '--pod', '*'])).code).toBe(3);
    expect(gateway.heard.map(({ method }) => method)).not.toContain('DELETE');
  });
});

describe('completion', () => {
  it('proposes no name that would be two words or write to the terminal', async () => {
    gateway.answer = () => ({ body: { 'a\nb': {}, 'c\u001b[2J': {}, 'd\te': {}, 'api 1': {} } });
    expect((await gateway.run(['__complete', 'run', 'x', '--pod', ''])).out).toBe('api 1\n');
  });

  it('knows the shells, and the commands behind help', async () => {
    expect((await gateway.run(['__complete', 'completion', ''])).out).toBe('bash\nzsh\nfish\n');
    expect((await gateway.run(['__complete', 'help', 'sess'])).out).toBe('sessions\n');
    expect((await gateway.run(['__complete', 'help', 'sessions', 'st'])).out).toBe('stop\n');
  });
});
