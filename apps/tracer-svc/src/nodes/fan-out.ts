import { setMaxListeners } from 'node:events';
import { reasonOf } from '@tracer/base';
import type { NodeAnswer, NodeClient, NodeRequest } from './node-client.js';
import type { NodeDirectory } from './node-directory.js';
import type { FoundNode } from './node-source.js';

/** What came back from one node: its answer, or why there is none. */
export type NodeReply = { readonly node: string } & (
  { readonly answer: NodeAnswer; readonly silence?: never } | { readonly answer?: never; readonly silence: string }
);

export interface FanOutLimits {
  readonly connectTimeoutMs: number;
  /** Largest answer of one node. */
  readonly answerLimitBytes: number;
  /** Most memory that all answers to one request may take. */
  readonly totalLimitBytes: number;
}

const CLIENT_LEFT = new Error('the client left');

/**
 * Sends one request to every node at the same time and waits until each has answered, failed or run out of time. There
 * is one deadline for all, no lock and no queue: what one node does never delays what another is asked.
 */
export class FanOut {
  constructor(
    private readonly directory: NodeDirectory,
    private readonly client: NodeClient,
    private readonly limits: FanOutLimits,
  ) {}

  /** One reply per known node, in name order. Never rejects; `cancelled` cuts all calls that still run. */
  async ask(request: NodeRequest, deadlineMs: number, cancelled?: AbortSignal): Promise<NodeReply[]> {
    const stop = new AbortController();
    // Every call listens to this one signal; a hundred nodes are no leak.
    setMaxListeners(0, stop.signal);
    const cancel = (): void => {
      stop.abort(CLIENT_LEFT);
    };
    const deadline = setTimeout(() => {
      stop.abort(new Error(`no answer within ${deadlineMs} ms`));
    }, deadlineMs);
    if (cancelled?.aborted) cancel();
    cancelled?.addEventListener('abort', cancel, { once: true });
    const budget = { leftBytes: this.limits.totalLimitBytes };
    try {
      return await Promise.all(
        this.directory
          .nodes()
          .map((node) => this.#askOne(node, request, { ...this.limits, budget, signal: stop.signal })),
      );
    } finally {
      clearTimeout(deadline);
      cancelled?.removeEventListener('abort', cancel);
    }
  }

  async #askOne(node: FoundNode, request: NodeRequest, limits: Parameters<NodeClient['call']>[2]): Promise<NodeReply> {
    const { name, url, absence = 'the node has no address' } = node;
    if (url === undefined) return { node: name, silence: absence };
    const startedAtMs = performance.now();
    try {
      const answer = await this.client.call(url, request, limits);
      this.directory.observe(node, { latencyMs: performance.now() - startedAtMs });
      return { node: name, answer };
    } catch (error) {
      const silence = reasonOf(error);
      // A client that goes away says nothing about the node.
      if (limits.signal.reason !== CLIENT_LEFT) this.directory.observe(node, { error: silence });
      return { node: name, silence };
    }
  }
}
