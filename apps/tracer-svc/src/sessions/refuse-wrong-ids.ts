import { TracerError } from '@tracer/base';
import { parseSessionId } from '@tracer/dtos';
import type { TracerErrorFilter } from '@tracer/service-kit';
import type { NextFunction, Request, Response } from 'express';

const SESSION = /^\/v1\/trace-session\/([^/]+)(\/events|\/summary)?$/;
const ALL = 'all';

/**
 * Answers requests about a session whose id is none, without asking the nodes: they may be slow, and what is wrong would
 * look like their failure. Statuses are those that nodes give: 400, but 404 for changes, as published.
 */
export function refuseWrongIds(filter: TracerErrorFilter) {
  return (request: Request, response: Response, next: NextFunction): void => {
    const problem = problemOf(request);
    if (problem === undefined) next();
    else filter.answer(problem, request, response);
  };
}

function problemOf({ method, path }: Request): TracerError | undefined {
  const [, id, part] = SESSION.exec(path) ?? [];
  if (id === undefined || !/^(GET|PUT|DELETE)$/.test(method)) return undefined;
  const takesAll = part === undefined && method !== 'PUT';
  if (takesAll && id === ALL) return undefined;
  try {
    parseSessionId(decodeURIComponent(id));
    return undefined;
  } catch (error) {
    // What cannot be decoded is answered by the router.
    if (!(error instanceof TracerError)) return undefined;
    return method === 'GET' ? error : new TracerError('SESSION_NOT_FOUND', error.message, { cause: error });
  }
}
