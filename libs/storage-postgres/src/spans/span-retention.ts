import type { DataSource } from 'typeorm';

export interface RetentionLimits {
  /** Days that are kept, today not counted; undefined keeps all. */
  readonly days?: number;
  /** Bytes of all spans with their indexes; the oldest days go first. */
  readonly bytes?: number;
}

/** One partition: the spans of a day, or those without one. */
export interface StoredDay {
  /** YYYY-MM-DD; undefined for spans without a time or of a day far away. */
  readonly day: string | undefined;
  readonly table: string;
  readonly bytes: number;
  /** The database's own estimate, good to a few percent after a while. */
  readonly spans: number;
  /** Why the next purge removes it; absent when it stays. */
  readonly purge?: 'age' | 'bytes';
}

const DAY_MS = 86_400_000;
const BATCHES_KEPT = '1 hour';

/** Keeps the span tables within their limits by dropping whole days. */
export class SpanRetention {
  constructor(
    private readonly source: DataSource,
    private readonly limits: RetentionLimits,
  ) {}

  /** What is stored, newest day first, and what the next purge would remove. */
  async plan(now = new Date()): Promise<StoredDay[]> {
    const rows = await this.source.query<{ table: string; bytes: number; spans: number }[]>(
      `SELECT c.relname AS "table", pg_total_relation_size(c.oid)::float8 AS bytes, greatest(c.reltuples, 0)::float8 AS spans
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'span'::regclass`,
    );
    const days = rows.map((row) => ({ ...row, day: dayOf(row.table) }));
    days.sort((a, b) => ((a.day ?? '') < (b.day ?? '') ? 1 : -1));
    const oldest = this.limits.days === undefined ? '' : isoDay(now.getTime() - this.limits.days * DAY_MS);
    const today = isoDay(now.getTime());
    let kept = 0;
    return days.map((day) => {
      const purge = this.#reason(day, oldest, today, kept);
      if (purge === undefined) kept += day.bytes;
      return purge === undefined ? day : { ...day, purge };
    });
  }

  /** Drops what `plan` marks, and forgets batches that nobody can ask for any more. Resolves with what went. */
  async purge(now = new Date()): Promise<StoredDay[]> {
    const gone = (await this.plan(now)).filter(({ purge }) => purge !== undefined);
    for (const { table } of gone) await this.source.query(`DROP TABLE IF EXISTS "${table}"`);
    await this.source.query(`DELETE FROM ingest_batch WHERE at < now() - interval '${BATCHES_KEPT}'`);
    return gone;
  }

  #reason({ day, bytes }: StoredDay, oldest: string, today: string, kept: number): StoredDay['purge'] {
    // The day that is being written, and spans without a day, are never dropped whole.
    if (day === undefined || day >= today) return undefined;
    if (day < oldest) return 'age';
    return this.limits.bytes !== undefined && kept + bytes > this.limits.bytes ? 'bytes' : undefined;
  }
}

function dayOf(table: string): string | undefined {
  const [, year, month, day] = /^span_(\d{4})(\d\d)(\d\d)$/.exec(table) ?? [];
  return year === undefined ? undefined : `${year}-${String(month)}-${String(day)}`;
}

function isoDay(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
