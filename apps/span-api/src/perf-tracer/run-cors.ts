import type { NextFunction, Request, Response } from 'express';

const PATH = /^\/api\/(tracing|traces)(\/|$)/;

/**
 * Lets web pages of the allowed origins use the routes of perf-tracer, and answers their preflight requests as the
 * published service does: its clients are web pages. No credentials are ever allowed.
 */
export function allowRunOrigins(origins: readonly string[]) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { origin } = request.headers;
    const allowed = origins.includes('*') ? '*' : origins.find((candidate) => candidate === origin);
    if (origin === undefined || allowed === undefined || !PATH.test(request.path)) {
      next();
      return;
    }
    response.setHeader('Access-Control-Allow-Origin', allowed);
    if (allowed !== '*') response.vary('Origin');
    const method = request.headers['access-control-request-method'];
    if (request.method !== 'OPTIONS' || method === undefined) {
      next();
      return;
    }
    response.setHeader('Access-Control-Allow-Methods', 'DELETE, GET, HEAD, OPTIONS, POST');
    const headers = request.headers['access-control-request-headers'];
    if (headers !== undefined) response.setHeader('Access-Control-Allow-Headers', headers);
    response.setHeader('Access-Control-Max-Age', '600');
    response.status(200).type('text/plain').send('OK');
  };
}
