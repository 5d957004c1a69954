import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { onBehalfOf, principalOf, readBody } from '@tracer/service-kit';
import type { Request, Response } from 'express';
import type { NodeRequest } from '../nodes/node-client.js';
import { endToEnd, forwardedHeaders } from '../http/hop-by-hop.js';

/** A client's request in the form in which nodes get it: target, header and body as they came. */
export interface ClientCall extends NodeRequest {
  /** Fires when the client goes away before it has its answer. */
  readonly gone: AbortSignal;
}

/**
 * Answers are read here, so they must come as plain text; a group is given by us alone; the site of a page was compared
 * with the gateway's name here, and is another one than the node's; who asks was found out here, and their token is
 * nobody else's business.
 */
const OUR_MATTER = [
  ...['accept-encoding', 'content-length', 'origin', 'x-tracer-group'],
  ...['authorization', 'cookie', 'x-tracer-user', 'x-tracer-roles'],
];

/** Reads the request of a cluster route. Bodies over 1 MiB are refused; what is in them is for the nodes to judge. */
export const Call = createParamDecorator(async (_: unknown, context: ExecutionContext): Promise<ClientCall> => {
  const http = context.switchToHttp();
  return clientCall(http.getRequest<Request>(), http.getResponse<Response>());
});

export async function clientCall(request: Request, response: Response): Promise<ClientCall> {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  const { method, originalUrl: path } = request;
  const body = await readBody(request);
  const headers = {
    ...endToEnd(request.headers, OUR_MATTER),
    ...forwardedHeaders(request),
    ...onBehalfOf(principalOf(request)),
  };
  const withBody = method === 'POST' || method === 'PUT' || body.length > 0;
  return withBody
    ? { method, path, headers: { ...headers, 'content-length': body.length }, body, gone: gone.signal }
    : { method, path, headers, gone: gone.signal };
}
