import type { DmEventFilter } from '@tracer/storage';
import { dmEventDto } from './dm-event-dto.js';
import type { DmFollowers } from './dm-followers.js';

/** A silent stream says so often where it is, so that proxies keep it open and a client comes back to the right place. */
const SILENCE_MS = 15_000;

/**
 * Events as server-sent events: `id` is the `seq` of the event, which a browser sends back as `Last-Event-ID` when it
 * comes again. A silent stream sends the id alone.
 */
export async function* liveEvents(
  followers: DmFollowers,
  filter: DmEventFilter,
  after: number | undefined,
  left: AbortSignal,
): AsyncGenerator<string> {
  yield 'retry: 2000\n\n';
  let saidAtMs = performance.now();
  for await (const { events, upTo } of followers.follow(filter, after, left)) {
    if (events.length === 0 && performance.now() - saidAtMs < SILENCE_MS) continue;
    saidAtMs = performance.now();
    if (events.length === 0) yield `id: ${upTo}\n\n`;
    else yield events.map((stored) => `id: ${stored.seq}\ndata: ${JSON.stringify(dmEventDto(stored))}\n\n`).join('');
  }
}
