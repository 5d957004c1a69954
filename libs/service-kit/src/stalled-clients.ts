import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '@tracer/base';
import { requestIdOf } from './request-id.js';

export interface StallOptions {
  /** How long a client may take nothing of what waits for it; 0 = for ever. */
  readonly stallMs: number;
  readonly log: Log;
  readonly counted: () => void;
}

/**
 * Cuts off clients that have stopped reading: what waits for them is held in memory, here and in the services behind. A
 * client that takes but a byte in time is slow, not stalled; one for which nothing waits may be silent for ever.
 */
export function endStalled({ stallMs, log, counted }: StallOptions) {
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (stallMs > 0)
      // The socket's own timer, which sees what the kernel takes.
      response.setTimeout(stallMs, () => {
        const waitingBytes = response.writableLength;
        if (waitingBytes === 0) return;
        counted();
        const path = request.url?.split('?')[0];
        log.warn(
          { path, requestId: requestIdOf(request), waitingBytes, stallMs },
          'a client takes nothing and is cut off',
        );
        response.destroy();
      });
    next();
  };
}
