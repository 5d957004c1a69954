import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { TracerError } from '@tracer/base';
import type { NextFunction, Request, Response } from 'express';

/**
 * Refuses what a web page of another site could make a browser do (FOREIGN_PAGE). Two ways lead there: a page posts
 * across origins, which its `Origin` tells; or its own name is made to resolve to this machine (DNS rebinding), which the
 * `Host` tells as long as the service listens on loopback, where only names of this machine make sense.
 */
export function refuseForeignPages(prefixes: readonly string[], onLoopback: boolean) {
  return (request: Request, _: Response, next: NextFunction): void => {
    const guarded = prefixes.some((prefix) => request.path.startsWith(prefix));
    const problem = guarded ? foreignness(request, onLoopback) : undefined;
    next(problem === undefined ? undefined : new TracerError('FOREIGN_PAGE', problem));
  };
}

function foreignness({ method, headers }: Request, onLoopback: boolean): string | undefined {
  const { host = '', origin } = headers;
  if (onLoopback && !namesThisMachine(host))
    return `Host "${host}" is not a name of this machine; the service listens on loopback only`;
  const changes = method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS';
  if (!changes || origin === undefined || hostOf(origin) === host.toLowerCase()) return undefined;
  return `Origin "${origin}" is another site than Host "${host}"`;
}

/** Without a Host there is no browser behind the request. */
function namesThisMachine(host: string): boolean {
  if (host === '') return true;
  const name = host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[|\]$/g, '');
  return isIP(name) !== 0 || /(^|\.)localhost$/.test(name) || name === hostname().toLowerCase();
}

/** Host and port of an origin, the default port left out as browsers do in `Host`; '' for `null` and other oddities. */
function hostOf(origin: string): string {
  try {
    return new URL(origin).host;
  } catch {
    return '';
  }
}
