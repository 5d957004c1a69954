import type { IncomingMessage } from 'node:http';
import type { TracerErrorCode } from '@tracer/base';

/** A failure on its way to a client. */
export interface Failure {
  readonly code: TracerErrorCode;
  readonly status: number;
  readonly message: string;
  readonly requestId: string;
}

/** How failures look below one path prefix: each published API has an error body of its own. */
export interface ErrorBody {
  readonly prefix: string;
  /** A function where the type depends on that of the request. */
  readonly contentType: string | ((request: IncomingMessage) => string);
  body(failure: Failure, request: IncomingMessage): string | Uint8Array;
}

/** `{code, message, requestId}`: the body of every route that no published API prescribes. */
export const OWN_ERROR_BODY: ErrorBody = {
  prefix: '/',
  contentType: 'application/json; charset=utf-8',
  body: ({ code, message, requestId }) => JSON.stringify({ code, message, requestId }),
};

/** The body with the longest prefix of the path; an app may replace our own with one for `/`. */
export function errorBodyFor(path: string, bodies: readonly ErrorBody[]): ErrorBody {
  const fitting = bodies.filter(({ prefix }) => path.startsWith(prefix));
  return fitting.reduce((best, next) => (next.prefix.length >= best.prefix.length ? next : best), OWN_ERROR_BODY);
}
