import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@tracer/base';
import { readReply, type NodeResult } from '../answers/node-result.js';
import { coverageHeaders, coverageOf } from '../answers/verdict.js';
import type { ClientCall } from '../cluster/client-call.js';
import { answerOf, type ClusterAnswer } from '../cluster/cluster.js';
import type { NodeClient } from '../nodes/node-client.js';
import type { NodeDirectory } from '../nodes/node-directory.js';
import type { FoundNode } from '../nodes/node-source.js';
import { formatOf, type TailFormat } from './tail-format.js';
import { TailMerge } from './tail-merge.js';

export interface TailOptions {
  /** How long a node may take to begin its answer. */
  readonly deadlineMs: number;
  /** How long the answer waits for more nodes once one has begun; later ones join the running stream. */
  readonly graceMs: number;
}

/** What a node had to say first: a stream that goes on, or a result like any other. */
type Opening = { readonly node: string; readonly tail: IncomingMessage; readonly format: TailFormat } | NodeResult;

const REFUSAL_LIMIT_BYTES = 64 << 10;

/** Live tails over all nodes that have a session, by its id or by that of its group. */
export class ClusterTails {
  readonly #open = new Set<TailMerge>();

  constructor(
    private readonly directory: NodeDirectory,
    private readonly client: NodeClient,
    private readonly options: TailOptions,
  ) {}

  get count(): number {
    return this.#open.size;
  }

  /** Streams to the response until all sessions have ended. Returns an answer instead when no node has a stream. */
  async follow(call: ClientCall, response: ServerResponse): Promise<ClusterAnswer | undefined> {
    const cancel = new AbortController();
    const nodes = this.directory.nodes();
    const openings = nodes.map((node) => this.#openOne(node, call, cancel.signal));
    const early = await this.#firstOf(openings);
    const results = nodes.map(({ name }) => resultOf(name, early));
    const first = early.find((opening) => 'tail' in opening);
    if (first === undefined) return answerOf(results, () => ({}));
    const { format } = first;
    response.writeHead(200, {
      'Content-Type': format.contentType,
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
      ...coverageHeaders(coverageOf(results)),
    });
    response.flushHeaders();
    const merge = new TailMerge(response, format, openings.length > 1);
    this.#open.add(merge);
    response.once('close', () => {
      cancel.abort();
    });
    await Promise.all(openings.map(async (opening) => this.#relay(merge, await opening, format)));
    merge.end();
    this.#open.delete(merge);
    return undefined;
  }

  /** Ends all streams, for a gateway that stops. */
  close(): void {
    for (const merge of this.#open) merge.end();
  }

  /** What has come when every node has answered, or when the first stream is there and its grace is over. */
  async #firstOf(openings: readonly Promise<Opening>[]): Promise<Opening[]> {
    const early: Opening[] = [];
    const watched = openings.map(async (opening) => {
      const settled = await opening;
      early.push(settled);
      // Never resolves for other answers: only a stream starts the grace.
      return 'tail' in settled ? sleep(this.options.graceMs) : new Promise<never>(() => undefined);
    });
    await Promise.race([Promise.all(openings), ...watched]);
    return early;
  }

  async #relay(merge: TailMerge, opening: Opening, format: TailFormat): Promise<void> {
    if ('tail' in opening) {
      if (opening.format === format) await merge.relay(opening.node, opening.tail);
      else {
        opening.tail.destroy();
        merge.lost(opening.node, 'the node answers in another format');
      }
    } else if (opening.kind === 'silence') merge.lost(opening.node, opening.reason);
    else if (opening.kind === 'refusal') merge.lost(opening.node, opening.refusal.message);
  }

  async #openOne(node: FoundNode, call: ClientCall, cancelled: AbortSignal): Promise<Opening> {
    const { name, url, absence = 'the node has no address' } = node;
    if (url === undefined) return readReply({ node: name, silence: absence });
    const late = new AbortController();
    const { deadlineMs } = this.options;
    const timer = setTimeout(() => {
      late.abort(new Error(`no answer within ${deadlineMs} ms`));
    }, deadlineMs);
    const startedAtMs = performance.now();
    try {
      const signal = AbortSignal.any([call.gone, cancelled, late.signal]);
      const tail = await headOf(this.client, url, call, signal);
      this.directory.observe(node, { latencyMs: performance.now() - startedAtMs });
      const format = formatOf(tail.headers['content-type']);
      if (tail.statusCode === 200 && format !== undefined) return { node: name, tail, format };
      const answer = { status: tail.statusCode ?? 0, headers: tail.headers, body: await bodyOf(tail) };
      return readReply({ node: name, answer });
    } catch (error) {
      const silence = reasonOf(late.signal.aborted ? late.signal.reason : error);
      if (!call.gone.aborted) this.directory.observe(node, { error: silence });
      return readReply({ node: name, silence });
    } finally {
      clearTimeout(timer);
    }
  }
}

function resultOf(node: string, early: readonly Opening[]): NodeResult {
  const opening = early.find((one) => one.node === node);
  if (opening === undefined) return { node, kind: 'silence', reason: 'no answer yet' };
  return 'tail' in opening ? { node, kind: 'value', value: {} } : opening;
}

function headOf(client: NodeClient, url: string, call: ClientCall, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    client.open(url, call, signal, true).once('response', resolve).on('error', reject).end();
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
