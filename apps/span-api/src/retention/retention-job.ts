import { reasonOf, type Log } from '@tracer/base';
import type { RetentionLimits, SpanRetention, StoredDay } from '@tracer/storage-postgres';

/** What the metrics tell about retention. */
export interface RetentionFigures {
  stored(days: readonly StoredDay[]): void;
  dropped(days: readonly StoredDay[]): void;
  failed(): void;
}

/** Drops days beyond the limits, now and then and when asked. One run at a time. */
export class RetentionJob {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<StoredDay[]> | undefined;
  #nextRunAtMs = Date.now();

  constructor(
    private readonly retention: Pick<SpanRetention, 'plan' | 'purge'>,
    readonly limits: RetentionLimits,
    private readonly intervalMs: number,
    private readonly figures: RetentionFigures,
    private readonly log: Log,
  ) {}

  start(): void {
    this.#nextRunAtMs = Date.now() + this.intervalMs;
    this.#timer = setInterval(() => {
      this.#nextRunAtMs = Date.now() + this.intervalMs;
      void this.#runQuietly();
    }, this.intervalMs).unref();
  }

  /** When it runs next of its own accord, epoch ms. */
  get nextRunAtMs(): number {
    return this.#nextRunAtMs;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running?.catch(() => undefined);
  }

  /** What is stored, newest day first, and what the next run would drop. */
  async plan(): Promise<StoredDay[]> {
    const days = await this.retention.plan();
    this.figures.stored(days);
    return days;
  }

  /** Drops now what `plan` marks; resolves with what went. */
  run(): Promise<StoredDay[]> {
    this.#running ??= this.#purge().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #purge(): Promise<StoredDay[]> {
    const gone = await this.retention.purge();
    this.figures.dropped(gone);
    const spans = gone.reduce((sum, day) => sum + day.spans, 0);
    if (gone.length > 0) this.log.info({ days: gone.map(({ table }) => table), spans }, 'dropped days of spans');
    return gone;
  }

  async #runQuietly(): Promise<void> {
    if (this.#running !== undefined) return;
    try {
      await this.run();
      await this.plan();
    } catch (error) {
      this.figures.failed();
      this.log.warn({ reason: reasonOf(error) }, 'retention could not run, trying again later');
    }
  }
}
