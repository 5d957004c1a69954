import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/**
 * Writes pieces as they come, each when the client has taken the one before. When the client leaves, no more pieces are
 * asked for. A failure before the first piece is the caller's to answer; a later one breaks the connection, because a cut
 * stream must not look complete.
 */
export async function sendStream(
  response: ServerResponse,
  contentType: string,
  pieces: AsyncIterable<Buffer | string>,
): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      if (!response.headersSent) response.writeHead(200, { 'Content-Type': contentType, 'Cache-Control': 'no-cache' });
      if (response.destroyed) break;
      if (!response.write(next.value)) await drained(response);
    }
  } catch (error) {
    if (!response.headersSent) throw error;
    response.destroy();
    return;
  } finally {
    await iterator.return?.();
  }
  if (!response.headersSent) response.writeHead(200, { 'Content-Type': contentType });
  response.end();
}

/** Resolves when more can be written, or when there is nobody to write to any more. */
export async function drained(response: ServerResponse): Promise<void> {
  if (response.destroyed) return;
  const gone = new AbortController();
  const leave = (): void => {
    gone.abort();
  };
  response.once('close', leave);
  await once(response, 'drain', { signal: gone.signal }).catch(() => undefined);
  response.off('close', leave);
}

/** A signal that is given when the client leaves or the answer is complete. */
export function leftSignal(response: ServerResponse): AbortSignal {
  const left = new AbortController();
  response.once('close', () => {
    left.abort();
  });
  return left.signal;
}
