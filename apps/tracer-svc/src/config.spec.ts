import { describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import { loadConfig } from '@tracer/service-kit';
import { app } from './app.js';
import { TracerSvcConfig } from './config.js';
import { nodeSources } from './nodes/node-sources.js';

const read = (env: Record<string, string>, argv: string[] = []): Readonly<TracerSvcConfig> =>
  loadConfig(TracerSvcConfig, { env, argv });

describe('TracerSvcConfig', () => {
  it('listens on the loopback interface unless told otherwise', () => {
    expect(read({})).toMatchObject({
      address: '127.0.0.1:8080',
      pollSeconds: 10,
      podsSelector: 'app=container-tracer-backend',
      svcSelector: 'metadata.name=container-tracer-node',
      verbose: false,
    });
  });

  const published = {
    address: ':80',
    pollSeconds: 30,
    podsSelector: 'app=x',
    svcSelector: 'metadata.name=y',
    certFile: '/c',
    keyFile: '/k',
    verbose: true,
  };

  it('takes every published variable', () => {
    const env = {
      TRACE_KUBE_API_ADDRESS: ':80',
      TRACE_KUBE_DISCOVERY_POLL: '30',
      TRACE_KUBE_SELECTOR_PODS: 'app=x',
      TRACE_KUBE_SELECTOR_SVCS: 'metadata.name=y',
      TRACE_KUBE_TLS_CERT: '/c',
      TRACE_KUBE_TLS_KEY: '/k',
      TRACE_KUBE_VERBOSE: '0',
    };
    expect(read(env)).toMatchObject(published);
  });

  it.each(['-', '--'])('takes every published flag with %s, before the variable', (dash) => {
    const flags = ['address', ':80', 'poll', '30', 'pods-selector', 'app=x', 'svc-selector', 'metadata.name=y'];
    const argv = [...flags, 'certfile', '/c', 'keyfile', '/k'].map((word, at) => (at % 2 === 0 ? dash + word : word));
    expect(
      read({ TRACE_KUBE_API_ADDRESS: ':1', TRACE_KUBE_TLS_KEY: '/no' }, [...argv, `${dash}verbose`]),
    ).toMatchObject(published);
  });

  it('names all that is wrong at once', () => {
    const env = { TRACE_KUBE_DISCOVERY_POLL: 'often', TRACER_INDEXER_URL: 'http://x/path', TRACER_NODES_DNS: 'h' };
    expect(() => read(env)).toThrow(/TRACE_KUBE_DISCOVERY_POLL.*TRACER_NODES_DNS.*TRACER_INDEXER_URL/);
  });

  it('takes the published flags for the TLS files', () => {
    expect(app.tls?.(read({}))).toEqual({ certFile: '', keyFile: '' });
    expect(app.tls?.(read({}, ['--certfile', '/c', '--keyfile', '/k']))).toEqual({ certFile: '/c', keyFile: '/k' });
  });
});

describe('nodeSources', () => {
  const kinds = (env: Record<string, string>): string[] =>
    nodeSources(read(env), silent).map((source) => source.state().kind);

  it.each([
    [{}, []],
    [{ TRACER_NODES: 'a=http://h:1;http://h:2' }, ['static']],
    [{ TRACER_NODES_DNS: 'agents:8081', TRACER_NODES: 'http://h:1' }, ['static', 'dns']],
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1' }, ['kubernetes']],
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1', TRACER_NODES: 'http://h:1' }, ['static']],
    [{ KUBERNETES_SERVICE_HOST: '10.0.0.1', TRACER_KUBERNETES: 'off' }, []],
    [{ TRACER_KUBECONFIG: '/k' }, ['kubernetes']],
    [{ TRACER_KUBERNETES: 'on', TRACER_NODES: 'http://h:1' }, ['static', 'kubernetes']],
  ])('looks where %j says', (env, expected) => {
    expect(kinds(env as Record<string, string>)).toEqual(expected);
  });

  it.each([
    ['0', 'http'],
    ['1', 'https'],
  ])('speaks to nodes that are found as TRACER_NODE_TLS=%s says', async (tls, scheme) => {
    const env = { TRACER_NODES_DNS: 'localhost:8081', TRACER_NODES: 'http://h:1', TRACER_NODE_TLS: tls };
    const [listed, found] = nodeSources(read(env), silent);
    const urls = (source: typeof found): Promise<(string | undefined)[]> =>
      new Promise((resolve) => {
        source?.start((nodes) => {
          resolve(nodes.map(({ url }) => url));
        });
      });
    expect(await urls(listed)).toEqual(['http://h:1']);
    expect((await urls(found))[0]).toMatch(new RegExp(`^${scheme}://.*:8081$`));
    await found?.close();
  });

  it('refuses a wrong list of nodes', () => {
    expect(() => kinds({ TRACER_NODES: 'a=h:1' })).toThrow(/"a=h:1" is not name=http/);
  });
});
