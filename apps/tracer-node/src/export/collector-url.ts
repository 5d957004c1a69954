/** Where Jaeger takes OTLP over HTTP, whatever else it listens on. */
const OTLP_PORT = 4318;
const OTLP_PATH = '/v1/traces';

export interface CollectorSettings {
  readonly otlpEndpoint?: string;
  /** A URL, `auto`, or empty. */
  readonly jaegerEndpoint: string;
}

export type Collector =
  | { readonly kind: 'none' }
  | { readonly kind: 'search' }
  | { readonly kind: 'url'; readonly url: string; readonly note?: string };

/**
 * Where spans are sent. The published agent spoke Jaeger's own protocol, which Jaeger dropped; such an endpoint is
 * served at the OTLP port of the same host, and `note` says so.
 */
export function collectorOf({ otlpEndpoint, jaegerEndpoint }: CollectorSettings): Collector {
  if (otlpEndpoint !== undefined && otlpEndpoint !== '') return { kind: 'url', url: withPath(otlpEndpoint) };
  if (jaegerEndpoint === '') return { kind: 'none' };
  if (jaegerEndpoint === 'auto') return { kind: 'search' };
  const url = new URL(jaegerEndpoint);
  if (url.pathname === OTLP_PATH) return { kind: 'url', url: url.href };
  url.port = String(OTLP_PORT);
  url.pathname = OTLP_PATH;
  url.search = '';
  const note = `Jaeger's own protocol is not spoken any more: spans go to ${url.href} (OTLP) instead of ${jaegerEndpoint}; set --otlp-endpoint to choose another address`;
  return { kind: 'url', url: url.href, note };
}

/** A collector given by host and port alone means its usual path. */
function withPath(endpoint: string): string {
  const url = new URL(endpoint);
  if (url.pathname === '/') url.pathname = OTLP_PATH;
  return url.href;
}

/** The name of the Service in front of a collector, as it is in common installations; the published one first. */
export const COLLECTOR_SERVICES = ['jaeger-collector-headless', 'jaeger-collector'];
const COLLECTOR_PORTS = [OTLP_PORT, 14268];

interface Endpoints {
  readonly metadata?: { readonly name?: string; readonly namespace?: string };
  readonly subsets?: readonly { readonly ports?: readonly { readonly port?: number }[] }[];
}

/** The collector among the Endpoints objects of a cluster, by the name of its Service; undefined if there is none. */
export function collectorAmong(endpoints: readonly Endpoints[]): string | undefined {
  for (const service of COLLECTOR_SERVICES)
    for (const { metadata, subsets = [] } of endpoints) {
      const ports = subsets.flatMap(({ ports: all = [] }) => all.map(({ port }) => port ?? 0));
      if (metadata?.name !== service || metadata.namespace === undefined) continue;
      if (ports.some((port) => COLLECTOR_PORTS.includes(port)))
        return `http://${service}.${metadata.namespace}.svc.cluster.local:${OTLP_PORT}${OTLP_PATH}`;
    }
  return undefined;
}
