import type { DataSource } from 'typeorm';

const DAY_US = 86_400_000_000n;
/** Days that get a partition of their own: the recent past, today, and tomorrow for clocks that run ahead. */
const PAST_DAYS = 30n;

/** Which partition a span belongs to, and that it exists. */
export class SpanPartitions {
  readonly #known = new Set<bigint>();

  constructor(private readonly source: DataSource) {}

  /**
   * The time by which a span is stored: its start, or `nowUs` when it has none. A day too far away does not get a
   * partition; its spans share one.
   */
  async ensure(timesUs: readonly bigint[], nowUs: bigint): Promise<void> {
    const today = nowUs / DAY_US;
    const days = new Set(timesUs.map((atUs) => atUs / DAY_US));
    for (const day of days) {
      if (this.#known.has(day) || day < today - PAST_DAYS || day > today + 1n) continue;
      await this.source.query('SELECT make_span_partition($1::date)', [dateOf(day)]);
      this.#known.add(day);
    }
  }
}

function dateOf(day: bigint): string {
  return new Date(Number(day) * 86_400_000).toISOString().slice(0, 10);
}
