import { TracerError } from '@tracer/base';
import type { ErrorBody, TracerErrorFilter } from '@tracer/service-kit';
import type { NextFunction, Request, RequestHandler, Response } from 'express';

/** Failures below `/api` look as they were published. */
export const TRACE_ERROR_BODY: ErrorBody = {
  prefix: '/api',
  contentType: 'application/json; charset=utf-8',
  body: ({ message }) => JSON.stringify({ error: message }),
};

const GET_ROUTES = [
  ...['files', 'files/info', 'events', 'events/stream', 'stats', 'info', 'viz/events'],
  ...['viz/density', 'viz/calltree', 'viz/histogram', 'names', 'lanes', 'counters', 'export'],
];
const METHODS_OF = new Map<string, readonly string[]>([
  ...GET_ROUTES.map((route) => [`/api/v1/${route}`, ['GET', 'HEAD']] as const),
  ['/api/v1/query', ['POST']],
]);

/** Answers a known path asked with another method by 405, which Nest would call unknown. */
export function onlyKnownMethods(filter: TracerErrorFilter): RequestHandler {
  return (request: Request, response: Response, next: NextFunction) => {
    const methods = METHODS_OF.get(request.path);
    if (methods === undefined || methods.includes(request.method)) {
      next();
      return;
    }
    response.setHeader('Allow', methods.join(', '));
    const message = `${request.method} is not allowed here; use ${methods.join(' or ')}`;
    filter.answer(new TracerError('METHOD_NOT_ALLOWED', message), request, response);
  };
}
