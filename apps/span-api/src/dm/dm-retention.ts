import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { reasonOf, TracerError, type Log } from '@tracer/base';
import type { DmEventStore, DmRetention } from '@tracer/storage';
import type { UnixClock } from '../clock/unix-clock.js';

/** How often what is stored is compared with the limits; in between it may exceed them by what comes meanwhile. */
const INTERVAL_MS = 5_000;

/** Keeps the events within their limits. */
export class DmRetentionTimer implements OnModuleInit, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly store: DmEventStore,
    private readonly limits: DmRetention,
    private readonly clock: UnixClock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.evict().finally(() => (this.#running = undefined));
    }, INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async evict(): Promise<void> {
    try {
      const gone = await this.store.evict(this.limits, this.clock.nowUs());
      if (gone.events > 0) this.log.info(gone, 'replication events removed by retention');
    } catch (error) {
      // While the database is away there is nothing to remove; readiness tells about it.
      if (error instanceof TracerError && error.code === 'NOT_READY') return;
      this.log.warn({ reason: reasonOf(error) }, 'retention of replication events failed');
    }
  }
}
