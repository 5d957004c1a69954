import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TracerError } from '@tracer/base';
import { newToken } from '@tracer/service-kit';
import type { SuiteConfig } from './config.js';
import type { AppCommand } from './supervised-app.js';

/** The four apps with their ports and directories, in the order they start; they stop in the reverse order. */
export function suiteCommands(
  config: SuiteConfig,
  directories: { readonly data: string; readonly traces: string },
  databaseUrl: string,
  inherited: Readonly<Record<string, string | undefined>>,
): AppCommand[] {
  const local = (port: number): string => `127.0.0.1:${port}`;
  const url = (port: number): string => `http://${local(port)}`;
  const env = {
    ...inherited,
    // Its password is the span store's alone: external hooks inherit the environment of the agent.
    DATABASE_URL: undefined,
    TRACE_DIR: directories.traces,
    TRACER_DATA_DIR: directories.data,
    TRACER_STOP_DEADLINE_MS: String(config.stopDeadlineMs),
    ...sharedToken(inherited),
  };
  const app = (name: string, argv: readonly string[], more = {}): AppCommand => ({
    name,
    script: fileURLToPath(new URL(`../../${name}/src/main.js`, import.meta.url)),
    argv,
    env: { ...env, ...WITHOUT_TLS, ...more },
  });
  const { port, nodePort, indexerPort, spanApiPort, host } = config;
  const nodeName = inherited['TRACER_NODE_NAME'] ?? hostname();
  return [
    app('span-api', ['--address', local(spanApiPort)], { DATABASE_URL: databaseUrl }),
    app('trace-indexer', [
      '-b',
      '127.0.0.1',
      '-p',
      String(indexerPort),
      '-d',
      directories.traces,
      '--index-dir',
      join(directories.data, 'index'),
    ]),
    app('tracer-node', ['--address', local(nodePort), '--node-name', nodeName]),
    app('tracer-svc', ['--address', `${hostInUrl(host)}:${port}`], {
      ...Object.fromEntries(Object.keys(WITHOUT_TLS).map((name) => [name, inherited[name]])),
      // Named as the agent names itself, so that answers and warnings speak of the same node.
      TRACER_NODES: inherited['TRACER_NODES'] ?? `${nodeName}=${url(nodePort)}`,
      TRACER_INDEXER_URL: url(indexerPort),
      TRACER_SPAN_API_URL: url(spanApiPort),
    }),
  ];
}

/** Only the gateway is reached from outside; the apps behind it speak on loopback. */
const WITHOUT_TLS = {
  TRACER_TLS_CERT: undefined,
  TRACER_TLS_KEY: undefined,
  TRACER_TLS_CLIENT_CA: undefined,
  TRACER_TLS_CA: undefined,
};

/** Whether the gateway is told to serve TLS. */
export function servesTls(env: Readonly<Record<string, string | undefined>>): boolean {
  return [env['TRACER_TLS_CERT'], env['TRACE_KUBE_TLS_CERT']].some(Boolean);
}

/** Where users need tokens, the apps need one among themselves: a new one at each start, unless it is given. */
function sharedToken(env: Readonly<Record<string, string | undefined>>): { readonly TRACER_NODE_TOKEN?: string } {
  const oneOf = (...names: string[]): boolean => names.some((name) => Boolean(env[name]));
  const missing = oneOf('TRACER_TOKENS', 'TRACER_TOKENS_FILE') && !oneOf('TRACER_NODE_TOKEN', 'TRACER_NODE_TOKEN_FILE');
  return missing ? { TRACER_NODE_TOKEN: newToken() } : {};
}

/** An IPv6 address stands in brackets where a port follows. */
export function hostInUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Throws CONFIG_INVALID naming every port that is taken, and the variable that changes it. */
export async function assertPortsFree({ host, port, nodePort, indexerPort, spanApiPort }: SuiteConfig): Promise<void> {
  const wanted = [
    { host, port, variable: 'TRACER_PORT' },
    { host: '127.0.0.1', port: nodePort, variable: 'TRACER_NODE_PORT' },
    { host: '127.0.0.1', port: indexerPort, variable: 'TRACER_INDEXER_PORT' },
    { host: '127.0.0.1', port: spanApiPort, variable: 'TRACER_SPAN_API_PORT' },
  ];
  const taken: string[] = [];
  for (const { host, port, variable } of wanted) {
    const problem = await listenProblem(host, port);
    if (problem !== undefined) taken.push(`port ${port} ${problem} (change it with ${variable})`);
  }
  if (taken.length > 0) throw new TracerError('CONFIG_INVALID', taken.join('; '));
}

function listenProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', ({ message, code }: NodeJS.ErrnoException) => {
      resolve(code === 'EADDRINUSE' ? 'is in use by another process' : `cannot be used: ${message}`);
    });
    server.listen(port, host, () =>
      server.close(() => {
        resolve(undefined);
      }),
    );
  });
}
