import { describe, expect, it } from '@jest/globals';
import { collectorAmong, collectorOf } from './collector-url.js';
import { searchCollector } from './cluster-search.js';

describe('collectorOf', () => {
  it.each([
    [{ jaegerEndpoint: '' }, { kind: 'none' }],
    [{ jaegerEndpoint: 'auto' }, { kind: 'search' }],
    [
      { otlpEndpoint: 'http://c:4318', jaegerEndpoint: '' },
      { kind: 'url', url: 'http://c:4318/v1/traces' },
    ],
    [
      { otlpEndpoint: 'https://c/x', jaegerEndpoint: 'auto' },
      { kind: 'url', url: 'https://c/x' },
    ],
    [{ jaegerEndpoint: 'http://c:4318/v1/traces' }, { kind: 'url', url: 'http://c:4318/v1/traces' }],
  ])('reads %j', (settings, expected) => {
    expect(collectorOf(settings)).toEqual(expected);
  });

  it("serves an endpoint of Jaeger's own protocol by OTLP and says so", () => {
    const collector = collectorOf({ jaegerEndpoint: 'http://jaeger.ns:14268/api/traces?format=thrift' });
    expect(collector).toMatchObject({ kind: 'url', url: 'http://jaeger.ns:4318/v1/traces' });
    expect((collector as { note: string }).note).toMatch(/instead of http:\/\/jaeger.ns:14268.*--otlp-endpoint/);
  });
});

describe('collectorAmong', () => {
  const service = (name: string, namespace: string, ...ports: number[]): object => ({
    metadata: { name, namespace },
    subsets: [{ ports: ports.map((port) => ({ port })) }],
  });

  it('prefers the published name and needs a collector port', () => {
    expect(
      collectorAmong([
        service('other', 'a', 4318),
        service('jaeger-collector', 'b', 14268),
        service('jaeger-collector-headless', 'c', 9411),
        service('jaeger-collector-headless', 'd', 9411, 14268),
      ]),
    ).toBe('http://jaeger-collector-headless.d.svc.cluster.local:4318/v1/traces');
    expect(collectorAmong([service('jaeger-collector', 'b', 14268)])).toBe(
      'http://jaeger-collector.b.svc.cluster.local:4318/v1/traces',
    );
    expect(collectorAmong([service('jaeger-collector', 'b', 80), {}])).toBeUndefined();
  });
});

describe('searchCollector', () => {
  it('says what is missing outside a cluster', async () => {
    await expect(searchCollector({})).rejects.toThrow('not a pod of a Kubernetes cluster');
    await expect(searchCollector({ KUBERNETES_SERVICE_HOST: '127.0.0.1' }, '/nowhere')).rejects.toThrow('ca.crt');
  });
});
