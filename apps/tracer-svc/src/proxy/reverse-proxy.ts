import http, { type ClientRequest, type IncomingMessage } from 'node:http';
import https from 'node:https';
import { reasonOf, TracerError } from '@tracer/base';
import { onBehalfOf, principalOf } from '@tracer/service-kit';
import type { Request, Response } from 'express';
import { endToEnd, endToEndPairs, forwardedHeaders } from '../http/hop-by-hop.js';
import type { PeerAccess } from '../nodes/node-client.js';
import type { UpstreamName } from './routing-table.js';

export interface Upstream {
  readonly name: UpstreamName;
  /** `http://host:port`, without a path. */
  readonly url: string;
}

export interface ProxyOptions {
  /** How the gateway shows who it is. */
  readonly peer?: PeerAccess;
  /** An upstream that neither takes nor sends a byte for so long before its answer begins has failed. */
  readonly silenceMs: number;
}

/**
 * Who asks was found out here, and their token is nobody else's business; the site of a page was compared with the name of
 * the gateway, and is another one than the service's.
 */
const OUR_MATTER = ['authorization', 'origin', 'x-tracer-user', 'x-tracer-roles'];
/** Servers close idle connections, Node's after 5 s: ours must be the side that gives up first. */
const IDLE_MS = 4_000;

/**
 * Passes requests on and answers back, both as streams: a byte is read when the other side takes it, nothing is
 * gathered. What ends on one side ends on the other: a client that leaves stops the work of the service, a service
 * that breaks off breaks the client's connection, because a cut answer must not look complete.
 */
export class ReverseProxy {
  readonly #agents = {
    'http:': new http.Agent({ keepAlive: true, timeout: IDLE_MS }),
    'https:': new https.Agent({ keepAlive: true, timeout: IDLE_MS }),
  };

  constructor(private readonly options: ProxyOptions) {}

  /** `fail` answers the request when the service does not. */
  forward(upstream: Upstream, request: Request, response: Response, fail: (error: TracerError) => void): void {
    const bodyless =
      request.headers['transfer-encoding'] === undefined && Number(request.headers['content-length'] ?? 0) === 0;
    const send = (mayRepeat: boolean): void => {
      const outgoing = this.#open(upstream, request);
      let answered = false;
      let answer: IncomingMessage | undefined;
      outgoing.once('response', (given) => {
        answered = true;
        answer = given;
        if (given.statusCode === 401) {
          notAccepted(given, upstream, request, fail);
          return;
        }
        // From here on a stream may be silent for as long as it likes.
        outgoing.setTimeout(0);
        passBack(given, response);
      });
      outgoing.on('timeout', () => {
        if (!answered) outgoing.destroy(new Error(`silent for ${this.options.silenceMs} ms`));
      });
      outgoing.on('error', (error) => {
        // An answer that came before the whole request was taken stands; so does the end of a client that left.
        if (answered || response.destroyed) return;
        if (mayRepeat && outgoing.reusedSocket && isReset(error)) send(false);
        else {
          giveUp(request, response);
          const message = `${upstream.name} does not answer: ${reasonOf(error)}`;
          fail(new TracerError('UPSTREAM_FAILED', message, { cause: error }));
        }
      });
      response.once('close', () => {
        // Also when the client has all it will get, because its stream was ended here.
        if (answer?.complete !== true) outgoing.destroy();
      });
      if (bodyless) outgoing.end();
      else request.pipe(outgoing);
    };
    send(bodyless && /^(GET|HEAD)$/.test(request.method));
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #open({ url }: Upstream, request: Request): ClientRequest {
    const { protocol, hostname, port } = new URL(url);
    const { peer } = this.options;
    const token = peer?.token?.();
    const options = {
      host: hostname.replace(/^\[|\]$/g, ''),
      port,
      method: request.method,
      path: request.originalUrl,
      headers: {
        ...endToEnd(request.headers, OUR_MATTER),
        ...forwardedHeaders(request),
        ...onBehalfOf(principalOf(request)),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      timeout: this.options.silenceMs,
    };
    return protocol === 'https:'
      ? https.request({ ...options, ...peer?.tls?.options(), agent: this.#agents['https:'] })
      : http.request({ ...options, agent: this.#agents['http:'] });
  }
}

/** The client's token was accepted here: that ours is not must not look as if its were wrong. */
function notAccepted(
  answer: IncomingMessage,
  { name }: Upstream,
  request: Request,
  fail: (error: TracerError) => void,
): void {
  answer.resume();
  request.unpipe();
  fail(new TracerError('UPSTREAM_FAILED', `${name} does not accept the token of this gateway (TRACER_NODE_TOKEN)`));
}

/** The rest of a body that nobody takes any more makes the connection useless for another request. */
function giveUp(request: Request, response: Response): void {
  request.unpipe();
  if (!request.complete) response.set('Connection', 'close');
}

function passBack(answer: IncomingMessage, response: Response): void {
  const names = new Set<string>();
  for (const [name, value] of endToEndPairs(answer)) {
    // The first of a field replaces what the gateway itself would have said.
    if (names.has(name.toLowerCase())) response.appendHeader(name, value);
    else response.setHeader(name, value);
    names.add(name.toLowerCase());
  }
  response.writeHead(answer.statusCode ?? 502, answer.statusMessage);
  // The head of a stream whose first line is still to come must not wait for it; other heads go out with their bodies.
  if (answer.headers['content-length'] === undefined) response.flushHeaders();
  // Not `pipeline`, which listens six times for the end of either.
  answer.on('error', () => undefined);
  answer.once('close', () => {
    if (!answer.complete) response.destroy();
  });
  response.on('error', () => {
    answer.destroy();
  });
  answer.pipe(response);
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
