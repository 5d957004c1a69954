import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { SuiteConfig } from './config.js';
import { assertPortsFree, servesTls, suiteCommands } from './suite.js';

const config = (over: Partial<SuiteConfig>): SuiteConfig => Object.assign(new SuiteConfig(), over);

describe('suiteCommands', () => {
  const commands = suiteCommands(config({ port: 9080 }), { data: '/data', traces: '/traces' }, 'postgres://x', {
    PATH: '/bin',
    DATABASE_URL: 'postgres://x',
  });

  it('starts the gateway last, on the one open address', () => {
    expect(commands.map(({ name }) => name)).toEqual(['span-api', 'trace-indexer', 'tracer-node', 'tracer-svc']);
    expect(commands.at(-1)?.argv).toEqual(['--address', '127.0.0.1:9080']);
  });

  it('hands the database to the span store only, and what it was given to all', () => {
    expect(commands.filter(({ env }) => env['DATABASE_URL'] !== undefined).map(({ name }) => name)).toEqual([
      'span-api',
    ]);
    expect(commands.every(({ env }) => env['PATH'] === '/bin' && env['TRACE_DIR'] === '/traces')).toBe(true);
  });

  it.each([
    ['::1', '[::1]:9080'],
    ['0.0.0.0', '0.0.0.0:9080'],
  ])('takes %s as the address of the gateway', (host, address) => {
    const [, , , gateway] = suiteCommands(config({ host, port: 9080 }), { data: '/d', traces: '/t' }, '', {});
    expect(gateway?.argv).toEqual(['--address', address]);
  });

  const envs = (inherited: Record<string, string>): Readonly<Record<string, string | undefined>>[] =>
    suiteCommands(config({}), { data: '/d', traces: '/t' }, '', inherited).map(({ env }) => env);

  it('gives the apps a token among themselves where users need tokens, and only there', () => {
    const tokens = envs({ TRACER_TOKENS: 'a read sha256:…' }).map((env) => env['TRACER_NODE_TOKEN']);
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toMatch(/^tr_/);
    expect(envs({ TRACER_TOKENS: 'a', TRACER_NODE_TOKEN: 'mine' }).map((env) => env['TRACER_NODE_TOKEN'])).toEqual(
      Array(4).fill('mine'),
    );
    for (const without of [{}, { TRACER_TOKENS: '' }, { TRACER_TOKENS_FILE: '/t', TRACER_NODE_TOKEN_FILE: '/n' }])
      expect(envs(without as Record<string, string>).map((env) => env['TRACER_NODE_TOKEN'])).toEqual(
        Array(4).fill(undefined),
      );
  });

  it('lets the gateway alone serve TLS', () => {
    const tls = { TRACER_TLS_CERT: '/c', TRACER_TLS_KEY: '/k', TRACER_TLS_CLIENT_CA: '/ca' };
    expect(envs(tls).map((env) => env['TRACER_TLS_CERT'])).toEqual([undefined, undefined, undefined, '/c']);
    expect(envs(tls).at(-1)).toMatchObject(tls);
    expect([servesTls(tls), servesTls({ TRACE_KUBE_TLS_CERT: '/c' }), servesTls({})]).toEqual([true, true, false]);
  });

  it('lets the user name other nodes', () => {
    const [, , , gateway] = suiteCommands(config({}), { data: '/d', traces: '/t' }, '', {
      TRACER_NODES: 'http://n1:8081',
    });
    expect(gateway?.env['TRACER_NODES']).toBe('http://n1:8081');
  });
});

describe('assertPortsFree', () => {
  let taken: Server;
  beforeAll(async () => {
    taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
  });
  afterAll(() => {
    taken.close();
  });

  it('names every port that is taken and the variable that changes it', async () => {
    const { port } = taken.address() as AddressInfo;
    const free = { port: 28_080, nodePort: 28_081, indexerPort: 28_082, spanApiPort: 28_083 };
    await assertPortsFree(config(free));
    await expect(assertPortsFree(config({ ...free, nodePort: port, spanApiPort: port }))).rejects.toThrow(
      `port ${port} is in use by another process (change it with TRACER_NODE_PORT); port ${port} is in use by another process (change it with TRACER_SPAN_API_PORT)`,
    );
  });
});
