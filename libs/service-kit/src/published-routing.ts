import type { NextFunction, Request, Response } from 'express';

/** Routes of container-tracer, which node agents and the gateway both have. */
interface PublishedRoute {
  readonly methods: readonly string[];
  readonly path: RegExp;
}

const ROUTES: readonly PublishedRoute[] = [
  { methods: ['GET'], path: /^\/v1\/pods$/ },
  { methods: ['GET'], path: /^\/v1\/trace-hooks$/ },
  { methods: ['POST'], path: /^\/v1\/trace-session$/ },
  { methods: ['GET', 'PUT', 'DELETE'], path: /^\/v1\/trace-session\/[^/]+$/ },
];

/** Those, and what we have beside them. */
const OURS = /^\/v1\/(pods|trace-hooks|trace-session|nodes?)(\/|$)/;

/**
 * What container-tracer's router does beside its routes: one slash too many redirects (301 for GET, 307 for others, so that
 * the method stays), and OPTIONS and HEAD are methods like any other, which no route has.
 */
export function publishedRouting(request: Request, response: Response, next: NextFunction): void {
  const { method, path, originalUrl } = request;
  const meant = path.slice(0, -1);
  const exists = ROUTES.some((route) => route.methods.includes(method) && route.path.test(meant));
  if (path.endsWith('/') && exists)
    response.redirect(method === 'GET' ? 301 : 307, meant + originalUrl.slice(path.length));
  else if (/^(OPTIONS|HEAD)$/.test(method) && OURS.test(path))
    response.set('X-Tracer-Error', 'NOT_FOUND').sendStatus(404);
  else next();
}
