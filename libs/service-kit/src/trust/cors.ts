import type { NextFunction, Request, Response } from 'express';

/** How the pages of other sites may use the routes below some paths. */
interface CorsRule {
  readonly prefixes: readonly string[];
  readonly methods: string;
  /** Header fields of requests; without them every field that the preflight request asks for. */
  readonly headers?: string;
  readonly maxAgeSeconds: number;
  readonly status: 200 | 204;
  readonly body?: string;
}

/** The routes that published clients use from web pages; no other route is for pages of other sites. */
const RULES: readonly CorsRule[] = [
  {
    // Zipkin's readers and writers, and OpenTelemetry's exporters.
    prefixes: ['/api/v2', '/zipkin/api/v2', '/v1/traces', '/api/v1/spans'],
    methods: 'GET, POST',
    headers: 'authorization, content-type, content-encoding, x-project-id, b3, traceparent',
    maxAgeSeconds: 3600,
    status: 204,
  },
  {
    // perf-tracer, in the words of the published service.
    prefixes: ['/api/tracing', '/api/traces'],
    methods: 'DELETE, GET, HEAD, OPTIONS, POST',
    maxAgeSeconds: 600,
    status: 200,
    body: 'OK',
  },
];

/**
 * Lets web pages of the allowed origins (`*` for all) use those routes, and answers their preflight requests, which
 * bring no token. Cookies and other ambient credentials are never allowed. Runs before tokens are judged, so that a page
 * can read why it was refused.
 */
export function allowOrigins(origins: readonly string[]) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const { origin } = request.headers;
    const rule = origin === undefined ? undefined : ruleFor(request.path);
    const allowed = origins.includes('*') ? '*' : origins.find((candidate) => candidate === origin);
    if (rule === undefined || allowed === undefined) {
      next();
      return;
    }
    response.setHeader('Access-Control-Allow-Origin', allowed);
    response.setHeader('Access-Control-Expose-Headers', 'X-Tracer-Error, X-Request-Id, Retry-After, WWW-Authenticate');
    if (allowed !== '*') response.vary('Origin');
    if (isPreflight(request, rule)) answerPreflight(rule, request, response);
    else next();
  };
}

function ruleFor(path: string): CorsRule | undefined {
  return RULES.find(({ prefixes }) => prefixes.some((prefix) => path === prefix || path.startsWith(`${prefix}/`)));
}

/** perf-tracer's service takes an OPTIONS that asks for no method for a request like any other. */
function isPreflight({ method, headers }: Request, rule: CorsRule): boolean {
  return method === 'OPTIONS' && (rule.headers !== undefined || headers['access-control-request-method'] !== undefined);
}

function answerPreflight(
  { methods, headers, maxAgeSeconds, status, body }: CorsRule,
  request: Request,
  to: Response,
): void {
  const asked = request.headers['access-control-request-headers'];
  to.setHeader('Access-Control-Allow-Methods', methods);
  const allowed = headers ?? asked;
  if (allowed !== undefined) to.setHeader('Access-Control-Allow-Headers', allowed);
  to.setHeader('Access-Control-Max-Age', String(maxAgeSeconds));
  to.status(status);
  if (body === undefined) to.end();
  else to.type('text/plain').send(body);
}
