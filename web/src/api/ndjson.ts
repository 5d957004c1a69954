import type { ApiRequest } from './api-request.js';
import { send } from './client.js';

/**
 * The lines of a streamed answer as they come, in batches of one network read. Nothing is read ahead of the loop: leaving
 * it ends the request.
 */
export async function* streamLines(
  request: ApiRequest,
  signal: AbortSignal,
): AsyncGenerator<string[], void, undefined> {
  const answer = await send(request, { signal });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (rest + value).split('\n');
      rest = lines.pop() ?? '';
      const full = lines.filter((line) => line.trim() !== '');
      if (full.length > 0) yield full;
    }
    if (rest.trim() !== '') yield [rest];
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
