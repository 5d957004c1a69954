import type { IncomingMessage, ServerResponse } from 'node:http';
import { reasonOf } from '@tracer/base';
import type { LiveReaders } from '@tracer/service-kit';
import { readReply } from '../answers/node-result.js';
import type { ClientCall } from '../cluster/client-call.js';
import type { ClusterAnswer } from '../cluster/cluster.js';
import type { NodeClient, NodeRequest } from '../nodes/node-client.js';
import type { NodeDirectory } from '../nodes/node-directory.js';
import type { FoundNode } from '../nodes/node-source.js';
import { SharedTail, type Opening } from './shared-tail.js';
import { formatOf } from './tail-format.js';

export interface TailOptions {
  /** How long a node may take to begin its answer. */
  readonly deadlineMs: number;
  /** How long the answer waits for more nodes once one has begun; later ones join the running stream. */
  readonly graceMs: number;
  readonly readers: LiveReaders;
}

const REFUSAL_LIMIT_BYTES = 64 << 10;

/**
 * Live tails over all nodes that have a session, by its id or by that of its group. Clients that ask for the same share
 * one stream from the nodes: each of them was found to hold the role that it takes.
 */
export class ClusterTails {
  /** That newcomers may share, by what was asked for. */
  readonly #shared = new Map<string, SharedTail>();
  readonly #all = new Set<SharedTail>();

  constructor(
    private readonly directory: NodeDirectory,
    private readonly client: NodeClient,
    private readonly options: TailOptions,
  ) {}

  /** Clients. */
  get count(): number {
    let count = 0;
    for (const tail of this.#all) count += tail.seats;
    return count;
  }

  /** Streams from the nodes that they share. */
  get shared(): number {
    return this.#all.size;
  }

  get skippedEvents(): number {
    return this.options.readers.skippedEvents;
  }

  /** Streams to the response until all sessions have ended. Returns an answer instead when no node has a stream. */
  async follow(call: ClientCall, response: ServerResponse): Promise<ClusterAnswer | undefined> {
    if (response.destroyed) return undefined;
    const nodes = this.directory.nodes();
    const places = nodes.map(({ name, url = '' }) => `${name} ${url}`);
    // Whoever asks after a node was found must not miss it.
    const key = [call.path, wishOf(call), ...places].join('\n');
    const known = this.#shared.get(key);
    return (known?.isOpen === true ? known : this.#open(key, nodes, call)).follow(response);
  }

  /** Ends all streams, for a gateway that stops. */
  close(): void {
    for (const tail of this.#all) tail.end();
  }

  #open(key: string, nodes: readonly FoundNode[], call: ClientCall): SharedTail {
    const tail = new SharedTail({
      nodes: nodes.map(({ name }) => name),
      open: (signal) => nodes.map((node) => this.#openOne(node, call, signal)),
      graceMs: this.options.graceMs,
      readers: this.options.readers,
      onIncomplete: () => {
        if (this.#shared.get(key) === tail) this.#shared.delete(key);
      },
      onLeft: () => this.#all.delete(tail),
    });
    this.#shared.set(key, tail);
    this.#all.add(tail);
    return tail;
  }

  async #openOne(node: FoundNode, request: NodeRequest, cancelled: AbortSignal): Promise<Opening> {
    const { name, url, absence = 'the node has no address' } = node;
    if (url === undefined) return readReply({ node: name, silence: absence });
    const late = new AbortController();
    const { deadlineMs } = this.options;
    const timer = setTimeout(() => {
      late.abort(new Error(`no answer within ${deadlineMs} ms`));
    }, deadlineMs);
    const startedAtMs = performance.now();
    try {
      const signal = AbortSignal.any([cancelled, late.signal]);
      const tail = await headOf(this.client, url, request, signal);
      this.directory.observe(node, { latencyMs: performance.now() - startedAtMs });
      const format = formatOf(tail.headers['content-type']);
      if (tail.statusCode === 200 && format !== undefined) return { node: name, tail, format };
      const answer = { status: tail.statusCode ?? 0, headers: tail.headers, body: await bodyOf(tail) };
      return readReply({ node: name, answer });
    } catch (error) {
      const silence = reasonOf(late.signal.aborted ? late.signal.reason : error);
      if (!cancelled.aborted) this.directory.observe(node, { error: silence });
      return readReply({ node: name, silence });
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Nodes look at what is accepted only where it speaks of SSE. */
function wishOf({ headers: { accept } }: NodeRequest): string {
  const wish = String(accept ?? '');
  return wish.includes('text/event-stream') ? wish : 'lines';
}

function headOf(client: NodeClient, url: string, request: NodeRequest, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    client.open(url, request, signal, true).once('response', resolve).on('error', reject).end();
  });
}

async function bodyOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > REFUSAL_LIMIT_BYTES) break;
  }
  return Buffer.concat(chunks);
}
