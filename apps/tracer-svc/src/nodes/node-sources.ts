import type { Log } from '@tracer/base';
import { DnsNodes } from './dns-nodes.js';
import { KubeClient } from './kubernetes/kube-client.js';
import { KubernetesNodes } from './kubernetes/kubernetes-nodes.js';
import type { FoundNode, NodeSource } from './node-source.js';
import { parseStaticNodes, StaticNodes } from './static-nodes.js';

/** The settings that decide where nodes are looked for. */
export interface DiscoverySettings {
  readonly nodes: readonly string[];
  readonly nodesDns: string;
  readonly kubernetes: string;
  readonly kubeconfig: string;
  readonly kubernetesServiceHost: string;
  readonly kubeNamespace: string;
  readonly podsSelector: string;
  readonly svcSelector: string;
  readonly pollSeconds: number;
  /** Whether nodes that are found speak TLS. */
  readonly nodeTls: boolean;
}

const KUBE_DEADLINE_MS = 10_000;
const WATCH_SECONDS = 290;
const BACK_OFF_MS = 250;

/** Every source that is configured. Throws CONFIG_INVALID for a wrong list of nodes. */
export function nodeSources(settings: DiscoverySettings, log: Log): NodeSource[] {
  const { nodes, nodesDns, pollSeconds, kubeconfig, kubeNamespace: namespace, podsSelector, svcSelector } = settings;
  // The published gateway takes 0 for "at once, again and again".
  const pollMs = Math.max(1, pollSeconds) * 1000;
  const sources: NodeSource[] = [];
  const found = (source: NodeSource): NodeSource => (settings.nodeTls ? overTls(source) : source);
  if (nodes.length > 0) sources.push(new StaticNodes(parseStaticNodes(nodes)));
  if (nodesDns !== '') {
    const [host = '', port] = nodesDns.split(':');
    sources.push(found(new DnsNodes({ host, port: Number(port), intervalMs: pollMs, log })));
  }
  if (wantsKubernetes(settings, sources.length > 0)) {
    const api = new KubeClient({
      ...(kubeconfig === '' ? {} : { kubeconfig }),
      deadlineMs: KUBE_DEADLINE_MS,
      watchSeconds: WATCH_SECONDS,
    });
    const timing = { backOffMs: BACK_OFF_MS, maxBackOffMs: pollMs };
    const kubernetes = { api, namespace, podsSelector, endpointsSelector: svcSelector, timing, log };
    sources.push(found(new KubernetesNodes(kubernetes)));
  }
  if (sources.length === 0)
    log.warn({}, 'no nodes are configured; set TRACER_NODES, TRACER_NODES_DNS or TRACER_KUBERNETES');
  return sources;
}

function wantsKubernetes(settings: DiscoverySettings, othersGiven: boolean): boolean {
  const { kubernetes, kubeconfig, kubernetesServiceHost } = settings;
  if (kubernetes !== 'auto') return kubernetes === 'on';
  return !othersGiven && (kubernetesServiceHost !== '' || kubeconfig !== '');
}

/** What is found is an address; how to speak to it is for the configuration to say. */
function overTls(source: NodeSource): NodeSource {
  const secured = (node: FoundNode): FoundNode =>
    node.url === undefined ? node : { ...node, url: node.url.replace(/^http:/, 'https:') };
  return {
    start: (onChange) => {
      source.start((nodes) => {
        onChange(nodes.map(secured));
      });
    },
    state: () => source.state(),
    close: () => source.close(),
  };
}
