import http, { type ClientRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import type { PeerTls } from './peer-tls.js';

/** One request as every node gets it. */
export interface NodeRequest {
  readonly method: string;
  /** Raw request target, query included. */
  readonly path: string;
  readonly headers: OutgoingHttpHeaders;
  readonly body?: Buffer;
}

/** A complete answer, whatever its status. */
export interface NodeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** What is left of the memory that the answers to one broadcast may take together. */
export interface ByteBudget {
  leftBytes: number;
}

export interface CallLimits {
  /** Cancels the call; its reason becomes the failure. */
  readonly signal: AbortSignal;
  readonly connectTimeoutMs: number;
  readonly answerLimitBytes: number;
  readonly budget: ByteBudget;
}

/** How the gateway shows who it is, and knows with whom it speaks. */
export interface PeerAccess {
  /** The shared token of the suite, as it is now. */
  readonly token?: () => string | undefined;
  readonly tls?: PeerTls;
  /** Name that certificates of the other side have; without it the host of the address. */
  readonly serverName?: string;
}

/** Servers close idle connections, Node's after 5 s: ours had better be the side that gives up first. */
const KEPT = { keepAlive: true, timeout: 4_000 };

/**
 * Speaks to nodes over kept-alive connections. Only requests that change nothing travel on a used connection: such a
 * connection may be closed by the node at the very moment of the next request, and then only a request that may be
 * sent twice is safe (it is, once).
 */
export class NodeClient {
  constructor(private readonly peer: PeerAccess = {}) {}

  readonly #kept = { http: new http.Agent(KEPT), https: new https.Agent(KEPT) };
  readonly #fresh = { http: new http.Agent({ keepAlive: false }), https: new https.Agent({ keepAlive: false }) };

  /** Rejects with the reason why there is no complete answer. */
  async call(url: string, request: NodeRequest, limits: CallLimits): Promise<NodeAnswer> {
    const outgoing = this.open(url, request, limits.signal);
    try {
      return await collect(outgoing, request, limits);
    } catch (error) {
      if (!outgoing.reusedSocket || !isReset(error) || limits.signal.aborted) throw error;
      return collect(this.open(url, request, limits.signal, true), request, limits);
    }
  }

  /** A request that is ready to be sent with `end`. */
  open(url: string, { method, path, headers }: NodeRequest, signal: AbortSignal, fresh = false): ClientRequest {
    const { protocol, hostname, port } = new URL(url);
    const token = this.peer.token?.();
    const agents = fresh || !/^(GET|HEAD)$/.test(method) ? this.#fresh : this.#kept;
    // An IPv6 host stands in brackets in a url, not in a socket address.
    const options = { host: hostname.replace(/^\[|\]$/g, ''), port, method, path, signal };
    const shown = token === undefined ? headers : { ...headers, authorization: `Bearer ${token}` };
    const { serverName: servername = '' } = this.peer;
    return protocol === 'https:'
      ? https.request({
          ...options,
          headers: shown,
          agent: agents.https,
          ...this.peer.tls?.options(),
          ...(servername === '' ? {} : { servername }),
        })
      : http.request({ ...options, headers: shown, agent: agents.http });
  }

  close(): void {
    for (const agent of [...Object.values(this.#kept), ...Object.values(this.#fresh)]) agent.destroy();
  }
}

/** Sends the request and gathers the whole answer within the limits. */
function collect(outgoing: ClientRequest, { body }: NodeRequest, limits: CallLimits): Promise<NodeAnswer> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      reject((limits.signal.aborted ? limits.signal.reason : error) as Error);
    };
    outgoing.once('error', fail);
    limitConnecting(outgoing, limits.connectTimeoutMs);
    outgoing.once('response', (response) => {
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (chunk: Buffer) => {
        sizeBytes += chunk.length;
        limits.budget.leftBytes -= chunk.length;
        chunks.push(chunk);
        if (sizeBytes > limits.answerLimitBytes)
          outgoing.destroy(new Error(`the answer is larger than ${limits.answerLimitBytes} bytes`));
        else if (limits.budget.leftBytes < 0) outgoing.destroy(new Error('all answers together are too large'));
      });
      response.once('end', () => {
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks, sizeBytes),
        });
      });
      response.once('error', (error) => {
        fail(isReset(error) ? new Error('the connection was lost in the middle of the answer') : error);
      });
    });
    outgoing.end(body);
  });
}

/** A machine that is switched off does not refuse: without this its silence would cost the whole deadline. */
function limitConnecting(outgoing: ClientRequest, timeoutMs: number): void {
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => {
      outgoing.destroy(new Error(`no connection within ${timeoutMs} ms`));
    }, timeoutMs);
    const clear = (): void => {
      clearTimeout(timer);
    };
    socket.once('connect', clear);
    socket.once('close', clear);
  });
}

function isReset(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    (error.code === 'ECONNRESET' || error.code === 'EPIPE')
  );
}
