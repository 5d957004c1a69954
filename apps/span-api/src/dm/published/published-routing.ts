import type { NextFunction, Request, Response } from 'express';
import { reasonOf } from '@tracer/base';
import { cleanPath } from '../go/clean-path.js';
import { NO_SUCH_PAGE, redirectAnswer, sendDmAnswer, type DmAnswer } from './dm-answer.js';

const ROUTES: ReadonlySet<string> = new Set([
  '/status',
  '/events/query',
  '/events/scan',
  '/events/delete',
  '/events/truncate',
  '/debug/pprof/symbol',
]);
/** Where the published tracer has nothing, nor has anything else of this service. */
const NOTHING_THERE = /^\/($|status\/|events(\/|$)|debug(\/|$)|favicon\.ico$)/i;

/**
 * Routing as the published tracer does it, before anybody else looks at a request: paths are compared after decoding and
 * letter by letter, untidy ones are redirected, unknown ones get Go's page. Other paths pass.
 */
export function publishedDmRouting(request: Request, response: Response, next: NextFunction): void {
  const [rawPath, query] = splitTarget(request.url);
  const path = decoded(rawPath);
  const answer = path === undefined ? undefined : answerOf(request, path, query);
  if (answer === undefined) {
    if (path !== undefined && ROUTES.has(path)) request.url = path + query;
    next();
    return;
  }
  sendDmAnswer(response, answer).catch((error: unknown) => {
    next(new Error(reasonOf(error)));
  });
}

function answerOf(request: Request, path: string, query: string): DmAnswer | undefined {
  if (ROUTES.has(path)) return undefined;
  const clean = cleanPath(path);
  if (clean !== path && ROUTES.has(clean)) return redirectAnswer(request.method, clean + query);
  // Go's client, which asked the published tracer, names nothing that it accepts; whoever collects metrics always does.
  const isUnknown = NOTHING_THERE.test(path) || (path === '/metrics' && request.headers.accept === undefined);
  return isUnknown ? NO_SUCH_PAGE : undefined;
}

function splitTarget(target: string): [path: string, query: string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at)];
}

/** Undefined for a path that is not percent-encoded properly. */
function decoded(path: string): string | undefined {
  if (!path.includes('%')) return path;
  if (/%(?![0-9A-Fa-f]{2})/.test(path)) return undefined;
  return path.replace(/%(..)/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}
