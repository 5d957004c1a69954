import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeGateway } from './testing/fake-gateway.js';

const gateway = new FakeGateway();
beforeAll(() => gateway.start());
afterAll(() => gateway.stop());
beforeEach(() => {
  gateway.heard.length = 0;
});

const session = (over: object = {}): object => ({
  '7': {
    ...{ Id: '7', Group: '9', Context: '', Node: 'n1', Containers: { 'api-1': ['app'] }, TraceHook: 'trace_syscalls' },
    ...{ TraceParams: [], Running: true, Output: ['/traces/7.pfw.gz'], Error: [], hookGroup: 'native' },
    ...{ state: 'running', events: 90, lost: 0, bytes: 1000, tasks: 2, file: '7.pfw.gz' },
    ...{ limits: { timeMs: 0, events: 0, bytes: 0 }, ...over },
  },
});
const summary = (over: object = {}): object => ({
  ...{ state: 'running', events: 90, lost: 0, nodes: [{ Node: 'n1', counters: { forgotten: 3, zero: 0 } }] },
  calls: {
    openat: {
      count: 90,
      errors: { ENOENT: 30 },
      totalNs: 9e6,
      meanNs: 1e5,
      p50Ns: 2e3,
      p99Ns: 3e5,
      maxNs: 4e5,
      unfinished: 0,
    },
  },
  ...over,
});

/** A gateway on which one session ends by itself after some looks. */
function sessionThatEnds(looks: number, atEnd: object = {}): void {
  let left = looks;
  gateway.answer = ({ method, url, body }) => {
    const ended = left <= 0 ? { state: 'finished', Output: null, ...atEnd } : {};
    if (method === 'POST') return { body: session({ state: 'pending' }) };
    if (method === 'PUT' && body.includes('true')) return { body: {} };
    if (method === 'PUT') return { status: 404, headers: { 'x-tracer-error': 'SESSION_CONFLICT' }, body: '"it ended"' };
    if (url.endsWith('/summary')) return { body: summary(ended) };
    left--;
    return { body: session(ended) };
  };
}

describe('tracer run', () => {
  const run = ['run', 'trace_syscalls', '--pod', 'api-*', '--refresh', '10ms'];

  it('asks for what the command line says', async () => {
    sessionThatEnds(1);
    await gateway.run([
      ...run,
      '--time',
      '30s',
      '--events',
      '10k',
      '--bytes',
      '1M',
      '--token',
      'T',
      '--',
      '-s',
      'read',
    ]);
    const [post, put] = gateway.heard;
    expect(JSON.parse(post?.body ?? '')).toEqual({
      ...{ pod: 'api-*', container: '*', 'trace-hook': 'trace_syscalls', 'trace-arguments': '-s read' },
      ...{ 'trace-user-context': '', 'time-limit-ms': 30_000, 'event-limit': 10_000, 'byte-limit': 1_048_576 },
    });
    expect([put?.method, put?.url, put?.body]).toEqual(['PUT', '/v1/trace-session/9', '{"run":true}']);
    expect(gateway.heard.every(({ authorization }) => authorization === 'Bearer T')).toBe(true);
  });

  it('shows totals, the call that failed, the counters, and where the file is', async () => {
    sessionThatEnds(3);
    const { code, out, err } = await gateway.run(run);
    expect(code).toBe(0);
    expect(out).toContain('90 events in ');
    expect(out).toContain('lost none');
    expect(out).toMatch(/openat +90 +9 ms +2 µs +300 µs +400 µs +ENOENT 30/);
    expect(out).toContain('forgotten: 3 (n1)');
    expect(out).not.toContain('zero');
    expect(out).toContain('file: /traces/7.pfw.gz (1 kB, on n1)');
    expect(err).toContain('session 7 on n1: trace_syscalls on api-1/app');
    expect(out + err).not.toContain('\u001b');
  });

  it('makes loss impossible to overlook: in the totals, as a warning, in the exit code', async () => {
    sessionThatEnds(1, { lost: 10 });
    const { code, out, err } = await gateway.run(run);
    expect(code).toBe(4);
    expect(out).toContain('LOST 10 records: about 10.0 % of what happened is missing');
    expect(err).toContain('WARNING: 10 records were lost');
  });

  it('says that a session failed, with its reason', async () => {
    sessionThatEnds(1, { state: 'failed', reason: 'disk full' });
    const { code, err } = await gateway.run(run);
    expect([code, err]).toEqual([1, expect.stringContaining('WARNING: session 7 failed: disk full')]);
  });

  it('is stopped by Ctrl-C, and still shows the whole summary', async () => {
    const ctrlC = new AbortController();
    let stopped = false;
    gateway.answer = ({ method, url, body }) => {
      const over = stopped ? { state: 'finished' } : {};
      if (method === 'POST') return { body: session({ state: 'pending' }) };
      if (method === 'PUT') stopped = body.includes('false');
      if (method === 'PUT') return { body: {} };
      if (url.endsWith('/summary')) ctrlC.abort();
      return { body: url.endsWith('/summary') ? summary(over) : session(over) };
    };
    const { code, out } = await gateway.run(run, { interrupted: ctrlC.signal });
    expect([code, stopped]).toEqual([0, true]);
    expect(out).toContain('90 events');
  });

  it('goes on when the gateway is away for a while', async () => {
    sessionThatEnds(3);
    const calm = gateway.answer;
    let requests = 0;
    gateway.answer = (heard) => (++requests === 4 ? undefined : calm(heard));
    const { code, err } = await gateway.run(run);
    expect([code, err]).toEqual([0, expect.stringMatching(/WARNING: .*; asking again/)]);
  });

  it('prints one document with --json', async () => {
    sessionThatEnds(1);
    const { code, out, err } = await gateway.run([...run, '--json']);
    expect([code, Object.keys(JSON.parse(out) as object), err]).toEqual([0, ['sessions', 'summary'], '']);
  });

  it('leaves the session running when asked to', async () => {
    sessionThatEnds(9);
    const { code, out } = await gateway.run([...run, '--detach']);
    expect([code, out, gateway.heard.length]).toEqual([0, '9\n', 2]);
  });

  it('helps with a hook that does not exist', async () => {
    gateway.answer = ({ url }) =>
      url === '/v1/trace-hooks'
        ? { body: { native: { Tracers: { trace_syscalls: { Name: 'trace_syscalls', Description: [], nodes: [] } } } } }
        : {
            status: 404,
            headers: { 'x-tracer-error': 'HOOK_UNKNOWN' },
            body: '"there is no hook \\"trace_syscals\\""',
          };
    const { code, err } = await gateway.run(['run', 'trace_syscals', '--pod', '*']);
    expect([code, err]).toEqual([
      1,
      'tracer: HOOK_UNKNOWN: there is no hook "trace_syscals"\n  did you mean "trace_syscalls"?\n  tracer hooks   lists them\n',
    ]);
  });
});

describe('the program', () => {
  it('says the exact command when nothing answers', async () => {
    const { code, err } = await gateway.run(['pods', '--url', 'http://127.0.0.1:9']);
    expect(code).toBe(3);
    expect(err).toMatch(
      /^tracer: no gateway answers at http:\/\/127\.0\.0\.1:9 \(.+\)\n {2}Start the suite with: {4}tracer up/,
    );
  });

  it('explains that a token is needed, or is not enough', async () => {
    gateway.answer = () => ({ status: 401, headers: { 'x-tracer-error': 'UNAUTHENTICATED' }, body: '"no token"' });
    expect(await gateway.run(['pods'])).toMatchObject({ code: 1, err: expect.stringContaining('set TRACER_TOKEN') });
    expect(await gateway.run(['pods'], { env: { TRACER_TOKEN: 't' } })).toMatchObject({
      err: expect.stringContaining('is none of this gateway'),
    });
    expect(gateway.heard.at(-1)?.authorization).toBe('Bearer t');
  });

  it('warns when nodes are missing, with exit code 4', async () => {
    gateway.answer = () => ({ headers: { 'x-tracer-warnings': 'b: no answer within 10000 ms' }, body: {} });
    const { code, err } = await gateway.run(['pods']);
    expect([code, err]).toEqual([4, 'WARNING: not every node answered: b: no answer within 10000 ms\n']);
  });

  it.each([
    [['sesions'], 'there is no command "sesions"; did you mean "sessions"?'],
    [['sessions', 'stpo'], '"sessions" has no "stpo"; did you mean "stop"?'],
    [['spans'], '"spans" wants one more word'],
    [['--json', 'pods'], '"--json": options come after the command'],
    [['completion', 'tcsh'], 'completion: say which shell: bash, zsh, fish'],
    [['pods', '--url', 'ftp://x'], '"ftp://x" is not the address of a gateway; write http://host:port'],
    [['help', 'rnu'], 'there is no command "rnu"; did you mean "run"?'],
  ])('refuses %j with 2 and a suggestion', async (argv, message) => {
    const { code, err, out } = await gateway.run(argv);
    expect([code, err.split('\n')[0], out]).toEqual([2, `tracer: ${message}`, '']);
  });

  it('lists sessions with and without the word', async () => {
    gateway.answer = () => ({ body: session() });
    const [short, long] = [await gateway.run(['sessions']), await gateway.run(['sessions', 'list'])];
    expect([short.code, short.out]).toEqual([0, long.out]);
    expect(short.out).toMatch(/^7 +running .* api-1\/app$/m);
  });

  it('takes something that is no gateway for what it is', async () => {
    gateway.answer = () => ({ body: '<html>' });
    const { code, err } = await gateway.run(['hooks']);
    expect([code, err]).toEqual([1, expect.stringContaining('something that is no JSON')]);
  });

  it('makes a token, and refuses a role that does not exist', async () => {
    const { code, out } = await gateway.run(['token', 'new', 'ci', 'ingest', 'read']);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/^token: \S{32,}\nline: {2}ci ingest,read sha256:[0-9a-f]{64}\n$/),
    ]);
    expect(await gateway.run(['token', 'new', 'ci', 'root'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('"root" is no role'),
    });
  });

  it('does not let a traced process write to the terminal', async () => {
    gateway.answer = () => ({ status: 404, headers: { 'x-tracer-error': 'NOT_FOUND' }, body: '"\\u001b[2Jgone"' });
    expect((await gateway.run(['sessions'])).err).toBe('tracer: NOT_FOUND: \\u001b[2Jgone\n');
  });

  it('completes with names from the gateway, and stays silent when there is none', async () => {
    gateway.answer = () => ({ body: { 'api-1': { Containers: {} }, db: { Containers: {} } } });
    expect((await gateway.run(['__complete', 'run', 'x', '--pod', 'a'])).out).toBe('api-1\n');
    gateway.answer = () => undefined;
    expect(await gateway.run(['__complete', 'run', ''])).toEqual({ code: 0, out: '', err: '' });
  });
});

describe('trace files', () => {
  it('means the file of a session by its number, and by its name once it is deleted', async () => {
    gateway.answer = ({ url }) => (url.startsWith('/v1/') ? { body: session() } : { body: '{"a":1}\n{"a":2}\n' });
    const { code, out } = await gateway.run(['events', '9', '--name', 'read', '--where', 'args.ret<0']);
    expect([code, out]).toEqual([0, '{"a":1}\n{"a":2}\n']);
    const { searchParams } = new URL(gateway.heard.at(-1)?.url ?? '', 'http://x');
    expect(Object.fromEntries(searchParams)).toEqual({
      ...{ file: '7.pfw.gz', name: 'read', limit: '1000', metadata: 'none' },
      filters: '[{"field":"args.ret","op":"<","value":0}]',
    });
    gateway.answer = ({ url }) =>
      url.startsWith('/v1/')
        ? { status: 400, headers: { 'x-tracer-error': 'SESSION_NOT_FOUND' }, body: '"no"' }
        : { body: '' };
    await gateway.run(['events', '12']);
    expect(gateway.heard.at(-1)?.url).toContain('file=12.pfw.gz');
  });

  it('names the nearest file when there is none of that name', async () => {
    gateway.answer = ({ url }) =>
      url === '/api/v1/files'
        ? { body: { files: [{ path: 'job7/rank-3.pfw.gz' }] } }
        : { status: 404, headers: { 'x-tracer-error': 'NOT_FOUND' }, body: { error: 'File not found' } };
    const { code, err } = await gateway.run(['events', 'job7/rank3.pfw.gz']);
    expect([code, err.split('\n')[0]]).toEqual([
      1,
      'tracer: there is no trace file "job7/rank3.pfw.gz"; did you mean "job7/rank-3.pfw.gz"?',
    ]);
  });

  it('fails when an answer is cut', async () => {
    gateway.answer = () => ({ headers: { 'content-length': '1000' }, body: '{"a":1}\n' });
    const running = gateway.run(['events', 'x.pfw']);
    setTimeout(() => {
      gateway.cut();
    }, 200);
    expect((await running).code).toBe(3);
  });

  it('says that groups were left out, with exit code 4', async () => {
    const group = { key: { name: 'read' }, values: { count: 3, sum: 6, mean: 2, p50: 2, p99: 3, max: 3, bytes: 4096 } };
    gateway.answer = () => ({ body: { groups: [group], total_groups: 9, matched: 30, left_out: 5 } });
    const { code, out, err } = await gateway.run(['stats', '--sort', 'bytes']);
    expect(out.split('\n')[1]).toMatch(/^read +3 +6 µs +2 µs +2 µs +3 µs +3 µs +4\.1 kB$/);
    expect([code, err]).toEqual([4, '30 events; 1 of 9 groups\nWARNING: 5 events of further groups are not counted\n']);
    expect(JSON.parse(gateway.heard.at(-1)?.body ?? '')).toMatchObject({
      group_by: ['name'],
      order_by: 'bytes',
      limit: 20,
    });
  });
});

describe('spans', () => {
  it('searches with what was given', async () => {
    gateway.answer = () => ({ body: { traces: [], scannedSpans: 5, matchedSpans: 0, complete: true } });
    const argv = [
      'spans',
      'search',
      '--service',
      'front',
      '--errors',
      '--longer',
      '200ms',
      '--where',
      'code>499',
      '--slowest',
    ];
    const { code, err } = await gateway.run(argv);
    expect([code, err]).toEqual([0, '0 of 5 spans match\n']);
    expect(JSON.parse(gateway.heard.at(-1)?.body ?? '')).toEqual({
      ...{ service: 'front', status: 'error', minDurationUs: 200_000, sort: 'duration' },
      attributes: [{ key: 'code', op: '>', value: '499' }],
    });
  });

  it('draws a trace as a tree with its failures', async () => {
    const rows = [
      {
        depth: 0,
        name: 'get /',
        service: 'front',
        kind: 'SERVER',
        startNs: '1795000000000000000',
        durationNs: '2000000',
      },
      {
        depth: 1,
        name: 'query',
        service: 'db',
        startNs: '1795000000000500000',
        durationNs: '100',
        failed: true,
        statusMessage: 'x',
      },
    ];
    gateway.answer = () => ({ body: { rows, total: 5 } });
    const { out, err } = await gateway.run(['spans', 'get', '463ac35c9f6413ad']);
    expect(out.split('\n').slice(1, 3)).toEqual([
      'front: get /  server    0 ns    2 ms',
      '  db: query           500 µs  100 ns  FAILED x',
    ]);
    expect(err).toBe('2 of 5 spans; --limit N shows more\n');
  });
});
