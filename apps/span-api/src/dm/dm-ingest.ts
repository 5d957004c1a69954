import type { DmArrival, DmEventQueue } from '@tracer/storage';

/** Takes events and tells those who follow that there are new ones. */
export class DmIngest {
  readonly #followers = new Set<() => void>();

  constructor(private readonly queue: DmEventQueue) {}

  /** Resolves when the events are stored. Throws NOT_READY when they can not be. */
  async take(arrivals: readonly DmArrival[]): Promise<void> {
    await this.queue.add(arrivals);
    if (arrivals.length > 0) for (const tell of this.#followers) tell();
  }

  /** Calls `tell` whenever this process has stored events, until the returned function is called. */
  onStored(tell: () => void): () => void {
    this.#followers.add(tell);
    return () => {
      this.#followers.delete(tell);
    };
  }
}
