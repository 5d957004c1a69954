import { TracerError } from '@tracer/base';
import type { DmEventFilter, DmEventStore, StoredDmEvent } from '@tracer/storage';
import type { DmIngest } from '../dm-ingest.js';

export interface DmFollowLimits {
  /** Followers at a time; more are refused. */
  readonly followers: number;
  /** How long to wait before looking whether another process stored something. */
  readonly pollMs: number;
}

export const DM_FOLLOW_LIMITS: DmFollowLimits = { followers: 100, pollMs: 1_000 };
const PAGE_EVENTS = 200;

/** News for one follower: events, and how far it has seen everything. */
export interface DmNews {
  readonly events: readonly StoredDmEvent[];
  readonly upTo: number;
}

/**
 * Followers of what comes. Each reads from the store at its own pace, so a slow one loses nothing and holds nothing up,
 * and one that comes back goes on where it was.
 */
export class DmFollowers {
  /** What ends the pause of each follower. */
  readonly #wakes = new Set<() => void>();
  #closed = false;

  constructor(
    private readonly store: DmEventStore,
    private readonly ingest: DmIngest,
    private readonly limits: DmFollowLimits = DM_FOLLOW_LIMITS,
  ) {}

  get count(): number {
    return this.#wakes.size;
  }

  /**
   * Everything behind `after` (default: what comes from now on) that matches, until `left` or the end of the service.
   * News without events come about every `pollMs`. Throws TOO_MANY when there are too many followers.
   */
  async *follow(filter: DmEventFilter, after: number | undefined, left: AbortSignal): AsyncGenerator<DmNews> {
    if (this.count >= this.limits.followers)
      throw new TracerError('TOO_MANY', `${this.count} follow the events already, no more can`);
    let wake = (): void => undefined;
    const rouse = (): void => {
      wake();
    };
    this.#wakes.add(rouse);
    const ignore = this.ingest.onStored(rouse);
    left.addEventListener('abort', rouse);
    try {
      for (let seq = after ?? (await this.store.totals()).lastSeq; !left.aborted && !this.#closed;) {
        // Begun before reading: what is stored in between ends it at once.
        const pause = new Promise<void>((resolve) => (wake = resolve));
        const poll = setTimeout(rouse, this.limits.pollMs);
        const { events, upTo } = await this.store.tail(seq, filter, PAGE_EVENTS);
        seq = upTo;
        yield { events, upTo };
        // More may lie behind a page with events.
        if (events.length === 0) await pause;
        clearTimeout(poll);
      }
    } finally {
      this.#wakes.delete(rouse);
      ignore();
      left.removeEventListener('abort', rouse);
    }
  }

  /** Ends all followers, or the HTTP server would wait for them. */
  beforeApplicationShutdown(): void {
    this.#closed = true;
    for (const rouse of this.#wakes) rouse();
  }
}
