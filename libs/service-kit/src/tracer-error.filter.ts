import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { reasonOf, TracerError, type Log } from '@tracer/base';
import type { Request, Response } from 'express';
import { errorBodyFor, type ErrorBody, type Failure } from './error-body.js';
import { codeOfStatus, HTTP_STATUS_OF } from './http-status.js';
import { requestIdOf } from './request-id.js';

/** Statuses that ask the client to come again. */
const RETRIED: ReadonlySet<number> = new Set([429, 503]);

/**
 * Turns whatever was thrown into one answer. Expected failures keep their message; anything unknown is logged with the
 * request id and answered without its text, so that no internals leave the process.
 */
@Catch()
export class TracerErrorFilter implements ExceptionFilter {
  constructor(
    private readonly bodies: readonly ErrorBody[],
    private readonly log: Log,
  ) {}

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(thrown, http.getRequest<Request>(), http.getResponse<Response>());
  }

  /** Also used by the routes that Nest does not know, such as a proxy. */
  answer(thrown: unknown, request: Request, response: Response): void {
    const failure = { ...failureOf(thrown), requestId: requestIdOf(request) };
    if (failure.code === 'INTERNAL')
      this.log.error({ err: thrown, requestId: failure.requestId, path: request.path }, 'request failed');
    if (response.headersSent) {
      // A stream that breaks half way must not look complete: cut the connection.
      response.destroy();
      return;
    }
    const format = errorBodyFor(request.path, this.bodies);
    const { contentType } = format;
    const body = format.body(failure, request);
    if (RETRIED.has(failure.status) && !response.hasHeader('Retry-After')) response.set('Retry-After', '1');
    response
      .status(failure.status)
      .set('X-Tracer-Error', failure.code)
      .type(typeof contentType === 'string' ? contentType : contentType(request))
      .set('Content-Length', String(Buffer.byteLength(body)))
      .end(body);
  }
}

function failureOf(thrown: unknown): Omit<Failure, 'requestId'> {
  if (thrown instanceof TracerError)
    return { code: thrown.code, status: HTTP_STATUS_OF[thrown.code], message: thrown.message };
  const status = statusOf(thrown);
  if (status !== undefined && status < 500) return { code: codeOfStatus(status), status, message: messageOf(thrown) };
  return { code: 'INTERNAL', status: 500, message: 'internal error; the log has the details under this request id' };
}

/** Nest's exceptions and those of Express' body parser both carry a status. */
function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (typeof thrown !== 'object' || thrown === null || !('status' in thrown)) return undefined;
  return typeof thrown.status === 'number' ? thrown.status : undefined;
}

function messageOf(thrown: unknown): string {
  if (!(thrown instanceof HttpException)) return reasonOf(thrown);
  const body = thrown.getResponse();
  const message = typeof body === 'object' && 'message' in body ? body.message : body;
  return Array.isArray(message) ? message.join('; ') : String(message);
}
