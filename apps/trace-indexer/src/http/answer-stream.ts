import { once } from 'node:events';
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Request, Response } from 'express';
import { giveBack } from '@tracer/trace-index';
import { QueryValues } from './parameter.js';

/** The query parameters of the request, repeated ones included. */
export const Values = createParamDecorator(
  (_: unknown, context: ExecutionContext) => new QueryValues(context.switchToHttp().getRequest<Request>().originalUrl),
);

/** Aborts when the client is gone before its answer is complete: all work for it shall stop. */
export function goneSignal(response: Response): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort(new Error('the client left'));
  });
  return gone.signal;
}

/** Works on an answer as long as there is somebody to get it; what is called off then is no failure. */
export async function whilePresent<T>(
  response: Response,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const signal = goneSignal(response);
  try {
    return await work(signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

export interface StreamHead {
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string | number>>;
}

/**
 * Sends an answer piece by piece, no faster than the client reads. What goes wrong before the first piece is thrown and
 * becomes an error answer; later the connection is cut, so that half an answer never looks complete.
 */
export async function sendStream(
  response: Response,
  { contentType, headers = {} }: StreamHead,
  open: (signal: AbortSignal) => AsyncIterable<Buffer>,
): Promise<void> {
  const signal = goneSignal(response);
  const pieces = open(signal)[Symbol.asyncIterator]();
  try {
    const head = response.req.method === 'HEAD';
    let piece = head ? undefined : await pieces.next();
    response.setHeader('Content-Type', contentType);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    for (; piece !== undefined && piece.done !== true; piece = await pieces.next()) {
      const { value } = piece;
      const sent = response.write(value, () => {
        giveBack(value);
      });
      if (!sent) await once(response, 'drain', { signal });
    }
    response.end();
  } catch (error) {
    // Nobody is there to be told.
    if (!signal.aborted) throw error;
  } finally {
    await pieces.return?.();
  }
}
