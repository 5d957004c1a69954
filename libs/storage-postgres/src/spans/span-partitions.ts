import type { DataSource } from 'typeorm';
import type { PlacedBatch } from './placed-batch.js';

const DAY_US = 86_400_000_000;
/** Days that get a partition of their own: the recent past, today, and tomorrow for clocks that run ahead. */
const PAST_DAYS = 30;

/**
 * What is known to exist is asked again after this long: retention may have dropped it, and what came since, which went to
 * the partition without a day, moves when the day gets its own again.
 */
const KNOWN_MS = 600_000;

/** Which partition a span belongs to, and that it exists. */
export class SpanPartitions {
  readonly #known = new Set<number>();
  #knownUntilMs = 0;

  constructor(private readonly source: DataSource) {}

  /** A day too far away does not get a partition; its spans share one. */
  async ensure(placed: readonly PlacedBatch[], nowUs: number): Promise<void> {
    const today = Math.floor(nowUs / DAY_US);
    if (performance.now() > this.#knownUntilMs) {
      this.#known.clear();
      this.#knownUntilMs = performance.now() + KNOWN_MS;
    }
    for (const day of daysOf(placed)) {
      if (this.#known.has(day) || day < today - PAST_DAYS || day > today + 1) continue;
      await this.source.query('SELECT make_span_partition($1::date)', [dateOf(day)]);
      this.#known.add(day);
    }
  }
}

function daysOf(placed: readonly PlacedBatch[]): Set<number> {
  const days = new Set<number>();
  let last = NaN;
  for (const { atUs } of placed)
    for (const us of atUs) {
      const day = Math.floor(us / DAY_US);
      if (day !== last) days.add(day);
      last = day;
    }
  return days;
}

function dateOf(day: number): string {
  return new Date(day * 86_400_000).toISOString().slice(0, 10);
}
