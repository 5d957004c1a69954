import { describe, expect, it } from '@jest/globals';
import { loadConfig } from '@tracer/service-kit';
import { hookEnvironment, TracerNodeConfig } from './config.js';

const load = (env: Record<string, string>, ...argv: string[]): Readonly<TracerNodeConfig> =>
  loadConfig(TracerNodeConfig, { env, argv });

describe('TracerNodeConfig', () => {
  it('listens on this machine only, and limits what a session may write, unless told otherwise', () => {
    expect(load({})).toMatchObject({
      address: '127.0.0.1:8081',
      runPaths: ['/run', '/var/run'],
      procfsPath: '/proc',
      sysfsPath: '/sys',
      traceHooks: 'trace-hooks',
      traceDir: './traces',
      hostPod: 'auto',
      sessionByteLimit: 8 * 1024 ** 3,
    });
  });

  it.each([
    ['TRACER_API_ADDRESS', '-address', ':8080', { address: ':8080' }],
    ['TRACER_NODE_NAME', '-node-name', 'n', { nodeName: 'n' }],
    ['TRACER_POD_NAME', '-pod-name', 'p', { podName: 'p' }],
    ['TRACER_CRI_ENDPOINT', '-cri-endpoint', '/x.sock', { criEndpoint: '/x.sock' }],
    ['TRACER_RUN_PATHS', '-run-path', '/a', { runPaths: ['/a'] }],
    ['TRACER_PROCFS_PATH', '-procfs-path', '/host/proc', { procfsPath: '/host/proc' }],
    ['TRACER_SYSFS_PATH', '-sysfs-path', '/host/sys', { sysfsPath: '/host/sys' }],
    ['TRACER_HOOKS', '-trace-hooks', 'h', { traceHooks: 'h' }],
    ['TRACER_JEAGER_ENDPOINT', '-jaeger-endpoint', 'auto', { jaegerEndpoint: 'auto' }],
    ['TRACER_FORCE_PROCFS', '-use-procfs', '', { useProcfs: true }],
    ['TRACER_VERBOSE', '-verbose', '', { verbose: true }],
  ])('reads the published %s and %s', (variable, flag, value, expected) => {
    expect(load({ [variable]: value })).toMatchObject(expected);
    expect(load({}, flag, ...(value === '' ? [] : [value]))).toMatchObject(expected);
  });
});

describe('hookEnvironment', () => {
  it('hands no secrets to hooks', () => {
    const env = { PATH: '/bin', TRACER_TOKENS: 't', TRACER_NODE_TOKEN: 'n', DATABASE_URL: 'd' };
    const given = hookEnvironment(load({}), env);
    expect(Object.entries(given).filter(([, value]) => value !== undefined)).toEqual([['PATH', '/bin']]);
  });

  it('tells hooks where the host is, without overriding what they are told already', () => {
    expect(hookEnvironment(load({}), { PATH: '/bin' })).toEqual({ PATH: '/bin' });
    expect(
      hookEnvironment(load({}, '-procfs-path', '/host/proc', '-sysfs-path', '/host/sys'), {
        TRACER_SYSFS_PATH: '/other',
      }),
    ).toEqual({ TRACER_PROCFS_PATH: '/host/proc', TRACER_SYSFS_PATH: '/other' });
  });
});
