import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { searchCollector } from '../../apps/tracer-node/src/export/cluster-search.js';
import { selfSigned } from '../../libs/service-kit/src/testing/certificates.js';

// `--jaeger-endpoint auto` against a stand-in for the API server of a cluster.

interface Endpoints {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly subsets: readonly { readonly ports: readonly { readonly port: number }[] }[];
}

let account: string;
let server: Server;
let endpoints: Endpoints[];
let status: number;
beforeEach(async () => {
  account = mkdtempSync(join(tmpdir(), 'account-'));
  endpoints = [];
  status = 200;
  const { key, cert } = selfSigned();
  writeFileSync(join(account, 'ca.crt'), cert);
  writeFileSync(join(account, 'token'), 'secret\n');
  server = createServer({ key, cert }, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://localhost');
    const [, name] = /^metadata\.name=(.*)$/.exec(searchParams.get('fieldSelector') ?? '') ?? [];
    const allowed = request.headers.authorization === 'Bearer secret' && pathname === '/api/v1/endpoints';
    const items = endpoints.filter(({ metadata }) => metadata.name === name);
    response.writeHead(allowed ? status : 403).end(JSON.stringify({ items }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => {
  server.close();
  rmSync(account, { recursive: true });
});

const search = (): Promise<string> => {
  const { port } = server.address() as AddressInfo;
  return searchCollector({ KUBERNETES_SERVICE_HOST: '127.0.0.1', KUBERNETES_SERVICE_PORT: String(port) }, account);
};
const service = (name: string, port: number): Endpoints => ({
  metadata: { name, namespace: 'observability' },
  subsets: [{ ports: [{ port }] }],
});

describe('searching for a collector', () => {
  it('finds the service in any namespace and answers with its OTLP address', async () => {
    endpoints = [service('other', 4318), service('jaeger-collector', 14268)];
    expect(await search()).toBe('http://jaeger-collector.observability.svc.cluster.local:4318/v1/traces');
  });

  it('says that there is none', async () => {
    endpoints = [service('jaeger-collector', 9411)];
    await expect(search()).rejects.toThrow('the cluster has no service jaeger-collector-headless or jaeger-collector');
  });

  it('says that it may not look', async () => {
    writeFileSync(join(account, 'token'), 'stolen');
    await expect(search()).rejects.toThrow('the Kubernetes API answered 403');
  });

  it('does not trust another authority', async () => {
    writeFileSync(join(account, 'ca.crt'), selfSigned().cert);
    await expect(search()).rejects.toThrow(/certificate|signature/);
  });
});
