import type { NextFunction, Request, Response } from 'express';

/** Routes that browsers use: Zipkin's readers and writers, and OpenTelemetry's exporters. */
const PREFIXES = ['/api/v2', '/zipkin/api/v2', '/v1/traces', '/api/v1/spans'];

/** Lets web pages of the allowed origins in; answers their preflight requests. No credentials are ever allowed. */
export function allowOrigins(origins: readonly string[]) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { origin } = request.headers;
    const applies = PREFIXES.some((prefix) => request.path === prefix || request.path.startsWith(`${prefix}/`));
    const allowed = origins.includes('*') ? '*' : origins.find((candidate) => candidate === origin);
    if (!applies || origin === undefined || allowed === undefined) {
      next();
      return;
    }
    response.setHeader('Access-Control-Allow-Origin', allowed);
    if (allowed !== '*') response.vary('Origin');
    if (request.method !== 'OPTIONS') {
      next();
      return;
    }
    response.setHeader('Access-Control-Allow-Methods', 'GET, POST');
    response.setHeader('Access-Control-Allow-Headers', 'content-type, content-encoding, x-project-id, b3, traceparent');
    response.setHeader('Access-Control-Max-Age', '3600');
    response.status(204).end();
  };
}
