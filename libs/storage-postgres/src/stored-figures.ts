import type { DataSource } from 'typeorm';

/** One kind of rows: what it takes on disk with indexes, how many there are, and the ages of the first and last. */
export interface StoredFigures {
  readonly bytes: number;
  readonly count: number;
  /** Epoch µs; absent when there is none. */
  readonly oldestUs?: number;
  readonly newestUs?: number;
  /** From when on the age of what goes first counts: of runs only finished ones grow old. */
  readonly agesFromUs?: number;
}

interface Row {
  readonly bytes: number;
  readonly count: number;
  readonly oldest: number | null;
  readonly newest: number | null;
  readonly ages: number | null;
}

/** Figures of replication events and of feature runs; spans have theirs by day, see `SpanRetention.plan`. */
export async function readEventAndRunFigures(
  source: DataSource,
): Promise<{ readonly events: StoredFigures; readonly runs: StoredFigures }> {
  const [[events], [runs]] = await Promise.all([source.query<Row[]>(EVENTS), source.query<Row[]>(RUNS)]);
  return { events: figuresOf(events), runs: figuresOf(runs) };
}

const size = (...tables: readonly string[]): string =>
  tables.map((table) => `pg_total_relation_size('${table}')`).join(' + ');

/** First and last by the order in which they came, which is an index. */
const EVENTS = `
  SELECT (${size('dm_event', 'dm_trace', 'dm_bucket', 'dm_source')})::float8 AS bytes, events::float8 AS count,
         (SELECT received_us FROM dm_event ORDER BY seq LIMIT 1)::float8 AS oldest,
         (SELECT received_us FROM dm_event ORDER BY seq DESC LIMIT 1)::float8 AS newest,
         (SELECT received_us FROM dm_event ORDER BY seq LIMIT 1)::float8 AS ages
  FROM dm_totals`;

const RUNS = `
  SELECT (${size('perf_run', 'perf_live', 'perf_step', 'perf_tag')})::float8 AS bytes,
         ((SELECT count(*) FROM perf_run) + (SELECT count(*) FROM perf_live))::float8 AS count,
         least((SELECT min(finished_us) FROM perf_run), (SELECT min(start_us) FROM perf_live))::float8 AS oldest,
         greatest((SELECT max(finished_us) FROM perf_run), (SELECT max(start_us) FROM perf_live))::float8 AS newest,
         (SELECT min(finished_us) FROM perf_run)::float8 AS ages`;

function figuresOf(row: Row | undefined): StoredFigures {
  const { bytes = 0, count = 0, oldest = null, newest = null, ages = null } = row ?? {};
  return {
    bytes,
    count,
    ...(oldest === null ? {} : { oldestUs: oldest }),
    ...(newest === null ? {} : { newestUs: newest }),
    ...(ages === null ? {} : { agesFromUs: ages }),
  };
}
