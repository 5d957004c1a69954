import type { FoundNode } from '../node-source.js';
import type { KubeObject, KubeSubset } from './kube-api.js';

/**
 * The tracer-nodes of a cluster: agent pods, reachable through the addresses of the service's endpoints.
 *
 * - Finished pods and pods that are being deleted are no nodes any more.
 * - A pod that is not reachable yet (not running, not ready, no endpoint) is a node without a url: its answers are
 *   missing and that is to be seen.
 * - A node is named after its machine. While a pod of a machine is being replaced, the reachable one stands for it; if
 *   several are reachable, all but the first carry their own name as well, and each is asked.
 */
export function joinNodes(pods: readonly KubeObject[], endpoints: readonly KubeObject[]): FoundNode[] {
  const addresses = addressesOf(endpoints);
  const found = pods
    .filter(({ metadata, status }) => !metadata?.deletionTimestamp && !/^(Succeeded|Failed)$/.test(status?.phase ?? ''))
    .map((pod) => ({ pod: podName(pod), name: pod.spec?.nodeName ?? podName(pod), ...reachOf(pod, addresses) }))
    .sort((a, b) => rankOf(a) - rankOf(b) || (a.pod < b.pod ? -1 : 1));
  const byName = new Map<string, FoundNode>();
  for (const { pod, name, url, absence } of found) {
    if (url !== undefined) byName.set(byName.has(name) ? `${name} (${pod})` : name, { name, url });
    else if (!byName.has(name)) byName.set(name, { name, absence });
  }
  return [...byName].map(([name, node]) => ({ ...node, name })).sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Reach = { readonly url: string; readonly absence?: never } | { readonly url?: never; readonly absence: string };

const rankOf = ({ url }: Reach): number => (url === undefined ? 1 : 0);

function reachOf({ status: { phase = 'Unknown', podIP } = {} }: KubeObject, addresses: Addresses): Reach {
  if (phase !== 'Running') return { absence: `the pod is ${phase}` };
  if (podIP === undefined) return { absence: 'the pod has no address' };
  const url = addresses.ready.get(podIP);
  if (url !== undefined) return { url };
  return { absence: addresses.notReady.has(podIP) ? 'the pod is not ready' : 'no endpoint has the address of the pod' };
}

interface Addresses {
  /** Address → url. */
  readonly ready: ReadonlyMap<string, string>;
  readonly notReady: ReadonlySet<string>;
}

function addressesOf(endpoints: readonly KubeObject[]): Addresses {
  const ready = new Map<string, string>();
  const notReady = new Set<string>();
  for (const subset of endpoints.flatMap(({ subsets = [] }) => subsets)) {
    const port = portOf(subset);
    for (const { ip } of subset.addresses ?? [])
      if (ip !== undefined && port !== undefined && !ready.has(ip)) ready.set(ip, `http://${hostOf(ip)}:${port}`);
    for (const { ip } of subset.notReadyAddresses ?? []) if (ip !== undefined) notReady.add(ip);
  }
  return { ready, notReady };
}

function portOf({ ports = [] }: KubeSubset): number | undefined {
  return ports.find(({ port, protocol = 'TCP' }) => port !== undefined && protocol === 'TCP')?.port;
}

const hostOf = (ip: string): string => (ip.includes(':') ? `[${ip}]` : ip);

const podName = ({ metadata = {} }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name ?? ''}`;
