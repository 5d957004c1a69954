import type { NextFunction, Request, Response } from 'express';

/** The published routes, for the methods that each has. */
const ROUTES: readonly (readonly [methods: string, path: RegExp])[] = [
  ['GET', /^\/v1\/pods$/],
  ['GET', /^\/v1\/trace-hooks$/],
  ['POST', /^\/v1\/trace-session$/],
  ['GET PUT DELETE', /^\/v1\/trace-session\/[^/]+$/],
];

/**
 * What the published router does besides its routes: a slash too many redirects (301 for GET, 307 for the others, so
 * that the method stays), and OPTIONS and HEAD are not answered.
 */
export function publishedRouting(request: Request, response: Response, next: NextFunction): void {
  const { method, path } = request;
  const wanted = path.slice(0, -1);
  const isRoute = ([methods, pattern]: (typeof ROUTES)[number]): boolean =>
    methods.split(' ').includes(method) && pattern.test(wanted);
  if (path.endsWith('/') && ROUTES.some(isRoute)) {
    const query = request.originalUrl.slice(path.length);
    response.redirect(method === 'GET' ? 301 : 307, wanted + query);
  } else if ((method === 'OPTIONS' || method === 'HEAD') && path.startsWith('/v1/')) {
    response.set('X-Tracer-Error', 'NOT_FOUND').sendStatus(404);
  } else {
    next();
  }
}
