import { describe, expect, it } from '@jest/globals';
import { joinNodes } from './join-nodes.js';
import type { KubeObject } from './kube-api.js';

const pod = (
  name: string,
  { nodeName = name, podIP = '', phase = 'Running', deleting = false }: Record<string, unknown> = {},
): KubeObject => ({
  metadata: { namespace: 'n', name, ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}) },
  spec: nodeName === '' ? {} : { nodeName: String(nodeName) },
  status: { phase: String(phase), ...(podIP === '' ? {} : { podIP: String(podIP) }) },
});

const endpoints = (ready: string[], notReady: string[] = [], port = 8081): KubeObject => ({
  subsets: [
    {
      addresses: ready.map((ip) => ({ ip })),
      notReadyAddresses: notReady.map((ip) => ({ ip })),
      ports: [
        { port: 53, protocol: 'UDP' },
        { port, protocol: 'TCP' },
      ],
    },
  ],
});

describe('joinNodes', () => {
  it('names nodes after their machines and addresses them by endpoint', () => {
    const pods = [
      pod('agent-b', { nodeName: 'worker-2', podIP: '10.0.0.2' }),
      pod('agent-a', { nodeName: 'worker-1', podIP: 'fd00::1' }),
      pod('agent-c', { nodeName: '', podIP: '10.0.0.3' }),
    ];
    expect(joinNodes(pods, [endpoints(['10.0.0.2', 'fd00::1']), endpoints(['10.0.0.3'], [], 9)])).toEqual([
      { name: 'n/agent-c', url: 'http://10.0.0.3:9' },
      { name: 'worker-1', url: 'http://[fd00::1]:8081' },
      { name: 'worker-2', url: 'http://10.0.0.2:8081' },
    ]);
  });

  it('shows nodes that cannot be asked, with the reason', () => {
    const pods = [
      pod('a', { phase: 'Pending' }),
      pod('b', { podIP: '10.0.0.2' }),
      pod('c', { podIP: '10.0.0.3' }),
      pod('d'),
      { metadata: { name: 'e' } },
    ];
    expect(joinNodes(pods, [endpoints([], ['10.0.0.2'])])).toEqual([
      { name: '/e', absence: 'the pod is Unknown' },
      { name: 'a', absence: 'the pod is Pending' },
      { name: 'b', absence: 'the pod is not ready' },
      { name: 'c', absence: 'no endpoint has the address of the pod' },
      { name: 'd', absence: 'the pod has no address' },
    ]);
  });

  it('leaves out what is finished or going', () => {
    const pods = [
      pod('a', { phase: 'Succeeded' }),
      pod('b', { phase: 'Failed', podIP: '10.0.0.1' }),
      pod('c', { podIP: '10.0.0.1', deleting: true }),
    ];
    expect(joinNodes(pods, [endpoints(['10.0.0.1'])])).toEqual([]);
  });

  it('lets the reachable pod stand for a machine while another is being replaced', () => {
    const pods = [
      pod('old', { nodeName: 'w', podIP: '10.0.0.1' }),
      pod('new', { nodeName: 'w', phase: 'Pending' }),
      pod('second', { nodeName: 'w', podIP: '10.0.0.2' }),
    ];
    expect(joinNodes(pods, [endpoints(['10.0.0.1', '10.0.0.2'])])).toEqual([
      { name: 'w', url: 'http://10.0.0.1:8081' },
      { name: 'w (n/second)', url: 'http://10.0.0.2:8081' },
    ]);
  });

  it('copes with endpoints that say nothing', () => {
    expect(
      joinNodes([pod('a', { podIP: '1.1.1.1' })], [{}, { subsets: [{ addresses: [{}, { ip: '1.1.1.1' }] }] }]),
    ).toEqual([{ name: 'a', absence: 'no endpoint has the address of the pod' }]);
  });
});
