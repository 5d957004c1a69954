import type { BeforeApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { reasonOf, TracerError, type Log } from '@tracer/base';
import type { RunLimits, RunStore } from '@tracer/storage';
import type { UnixClock } from '../clock/unix-clock.js';

/** How often runs are compared with their limits; in between they may exceed them by what comes meanwhile. */
const INTERVAL_MS = 15_000;

/** Keeps runs within their limits. */
export class RunRetentionTimer implements OnModuleInit, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly store: RunStore,
    private readonly limits: RunLimits,
    private readonly clock: UnixClock,
    private readonly log: Log,
  ) {}

  onModuleInit(): void {
    this.#timer = setInterval(() => {
      this.#running ??= this.expire().finally(() => (this.#running = undefined));
    }, INTERVAL_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async expire(): Promise<void> {
    try {
      const gone = await this.store.expire(this.limits, this.clock.nowUs());
      if (gone.live + gone.finished > 0) this.log.info(gone, 'runs removed by retention');
    } catch (error) {
      // While the database is away there is nothing to remove; readiness tells about it.
      if (error instanceof TracerError && error.code === 'NOT_READY') return;
      this.log.warn({ reason: reasonOf(error) }, 'retention of runs failed');
    }
  }
}
