import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { selfSigned } from '../../libs/service-kit/src/testing/certificates.js';

const run = promisify(execFile);

/** Exit code and error output of a script that runs with this environment alone. */
async function outcome(script: string, env: Record<string, string>, ...args: string[]): Promise<[number, string]> {
  try {
    await run(process.execPath, [script, ...args], { env });
    return [0, ''];
  } catch (error) {
    const { code, stderr } = error as { code: number; stderr: string };
    return [code, stderr];
  }
}

describe('healthcheck.mjs', () => {
  const script = 'deploy/docker/healthcheck.mjs';
  let status = 200;
  const plain = createServer((call, response) => response.writeHead(call.url === '/health' ? status : 404).end());
  const tls = createTlsServer(selfSigned(), (_, response) => response.end());
  const portOf = (server: typeof plain | typeof tls): string => String((server.address() as AddressInfo).port);

  beforeAll(async () => {
    for (const server of [plain, tls]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
  });
  afterAll(() => {
    for (const server of [plain, tls]) server.close();
  });

  it.each(['TRACE_KUBE_API_ADDRESS', 'TRACER_API_ADDRESS', 'TRACER_SPAN_API_ADDRESS'])(
    'asks where %s says',
    async (name) => {
      expect(await outcome(script, { [name]: `:${portOf(plain)}` })).toEqual([0, '']);
    },
  );

  it('asks the port of the indexer, and a URL of its own', async () => {
    expect(await outcome(script, { TRACER_INDEXER_PORT: portOf(plain) })).toEqual([0, '']);
    expect(await outcome(script, { TRACER_HEALTH_URL: `http://127.0.0.1:${portOf(plain)}/health` })).toEqual([0, '']);
  });

  it('speaks TLS where the app does, whoever signed the certificate', async () => {
    expect(await outcome(script, { TRACER_API_ADDRESS: `0.0.0.0:${portOf(tls)}` })).toEqual([0, '']);
  });

  it('fails with the reason when the app is not well, or not there', async () => {
    status = 503;
    const [code, said] = await outcome(script, { TRACER_API_ADDRESS: `:${portOf(plain)}` });
    expect([code, said]).toEqual([1, expect.stringContaining('/health: status 503')]);
    expect(await outcome(script, { TRACER_API_ADDRESS: ':1' })).toEqual([1, expect.stringContaining('ECONNREFUSED')]);
  });
});

describe('slim-modules.mjs', () => {
  const directory = mkdtempSync(join(tmpdir(), 'slim-'));
  const GOES = [
    'a/index.d.ts',
    'a/index.js.map',
    'a/README.md',
    'a/CHANGELOG',
    'typeorm/browser/x.js',
    '@types/b/x.js',
  ];
  const STAYS = ['a/index.js', 'a/LICENSE.md', 'a/package.json', 'typeorm/index.js', 'a/map.js', 'a/data.map.json'];
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('removes what nothing opens, and keeps code, data and licences', async () => {
    for (const file of [...GOES, ...STAYS]) {
      mkdirSync(dirname(join(directory, file)), { recursive: true });
      writeFileSync(join(directory, file), 'x');
    }
    expect(await outcome('deploy/docker/slim-modules.mjs', {}, directory)).toEqual([0, '']);
    expect(GOES.filter((file) => existsSync(join(directory, file)))).toEqual([]);
    expect(STAYS.filter((file) => !existsSync(join(directory, file)))).toEqual([]);
  });

  it('asks for a directory', async () => {
    expect(await outcome('deploy/docker/slim-modules.mjs', {})).toEqual([1, expect.stringContaining('usage:')]);
  });
});
