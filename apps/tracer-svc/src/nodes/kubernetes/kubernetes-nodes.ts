import type { Log } from '@tracer/base';
import type { FoundNode, NodeSource, SourceState } from '../node-source.js';
import { joinNodes } from './join-nodes.js';
import type { KubeApi } from './kube-api.js';
import { ResourceWatch, type WatchTiming } from './resource-watch.js';

export interface KubernetesOptions {
  readonly api: KubeApi;
  /** The namespace to look in, which takes no right to see others; '' for all. */
  readonly namespace: string;
  /** Label selector of the agents' pods. */
  readonly podsSelector: string;
  /** Field selector of the endpoints of the agents' service. */
  readonly endpointsSelector: string;
  readonly timing: WatchTiming;
  readonly log: Log;
}

/** Nodes of a cluster: agent pods joined with the endpoints of their service, both watched. */
export class KubernetesNodes implements NodeSource {
  readonly #options: KubernetesOptions;
  readonly #pods: ResourceWatch;
  readonly #endpoints: ResourceWatch;
  #onChange: ((nodes: readonly FoundNode[]) => void) | undefined;
  #nodes: readonly FoundNode[] = [];

  constructor(options: KubernetesOptions) {
    this.#options = options;
    const { namespace, podsSelector, endpointsSelector } = options;
    const within = namespace === '' ? '' : (`namespaces/${encodeURIComponent(namespace)}/` as const);
    const common = {
      ...options,
      onChange: () => {
        this.#join();
      },
    };
    this.#pods = new ResourceWatch({
      ...common,
      query: { path: `/api/v1/${within}pods`, labelSelector: podsSelector },
    });
    this.#endpoints = new ResourceWatch({
      ...common,
      query: { path: `/api/v1/${within}endpoints`, fieldSelector: endpointsSelector },
    });
  }

  start(onChange: (nodes: readonly FoundNode[]) => void): void {
    this.#onChange = onChange;
    this.#pods.start();
    this.#endpoints.start();
  }

  state(): SourceState {
    const { namespace, podsSelector, endpointsSelector } = this.#options;
    const times = [this.#pods.lastGoodAtMs, this.#endpoints.lastGoodAtMs];
    const errors = [
      this.#pods.lastError && `pods: ${this.#pods.lastError}`,
      this.#endpoints.lastError && `endpoints: ${this.#endpoints.lastError}`,
    ].filter((error) => error !== undefined);
    return {
      kind: 'kubernetes',
      target: `pods ${podsSelector}, endpoints ${endpointsSelector}${namespace === '' ? '' : ` in ${namespace}`}`,
      nodes: this.#nodes.length,
      // The list is only as fresh as the older of its two halves.
      ...(times.every((time) => time !== undefined) ? { lastGoodAtMs: Math.min(...times) } : {}),
      ...(errors.length > 0 ? { lastError: errors.join('; ') } : {}),
    };
  }

  async close(): Promise<void> {
    await Promise.all([this.#pods.close(), this.#endpoints.close()]);
  }

  #join(): void {
    const nodes = joinNodes(this.#pods.objects(), this.#endpoints.objects());
    if (JSON.stringify(nodes) === JSON.stringify(this.#nodes)) return;
    this.#nodes = nodes;
    this.#onChange?.(nodes);
  }
}
