import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Replication events in the order in which they came, their traces in the order of first arrival, and a counting tree
 * that finds the n-th trace. `docs/dm-tracer.md` explains the plan.
 *
 * ```
 *   dm_totals (one row)      what is stored; its row lock puts all writers into one order
 *   dm_bucket level 2        traces per 2^20 numbers ─┐
 *             level 1        traces per 2^10 numbers ─┴─► n-th trace in three short index ranges
 *   dm_trace                 number ↔ id (by digest: ids may be longer than an index entry)
 *   dm_event                 (trace, seq): the bytes as they came, and columns to search by
 * ```
 */
export class DmEvents1763690400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, OPEN, FORGET, DELETE, EVICT, NTH]) await runner.query(statement);
    const [{ citus }] = (await runner.query(
      `SELECT count(*)::int AS citus FROM pg_extension WHERE extname = 'citus'`,
    )) as [{ citus: number }];
    if (citus > 0) await runner.query(`SELECT create_distributed_table('dm_event', 'trace')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION dm_open, dm_delete, dm_evict, dm_forget, dm_nth');
    await runner.query('DROP TABLE dm_event, dm_trace, dm_bucket, dm_source, dm_totals');
  }
}

const TABLES = [
  `CREATE TABLE dm_totals (
     one boolean PRIMARY KEY DEFAULT true CHECK (one),
     last_seq bigint NOT NULL DEFAULT 0,
     last_trace bigint NOT NULL DEFAULT 0,
     traces bigint NOT NULL DEFAULT 0,
     events bigint NOT NULL DEFAULT 0,
     bytes bigint NOT NULL DEFAULT 0,
     evicted_traces bigint NOT NULL DEFAULT 0,
     evicted_events bigint NOT NULL DEFAULT 0,
     evicted_bytes bigint NOT NULL DEFAULT 0
   )`,
  'INSERT INTO dm_totals DEFAULT VALUES',
  `CREATE TABLE dm_source (
     id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
     source text NOT NULL,
     task text NOT NULL,
     UNIQUE (source, task)
   )`,
  `CREATE TABLE dm_bucket (
     level smallint NOT NULL,
     bucket bigint NOT NULL,
     traces int NOT NULL,
     PRIMARY KEY (level, bucket)
   )`,
  `CREATE TABLE dm_trace (
     trace bigint PRIMARY KEY,
     digest uuid NOT NULL UNIQUE,
     id bytea NOT NULL,
     source int
   )`,
  'CREATE INDEX dm_trace_by_source ON dm_trace (source, trace) WHERE source IS NOT NULL',
  `CREATE TABLE dm_event (
     trace bigint NOT NULL,
     seq bigint NOT NULL,
     received_us bigint NOT NULL,
     tso bigint NOT NULL,
     type smallint NOT NULL,
     op_type int NOT NULL,
     job_state int,
     source int,
     group_digest uuid,
     pos_name bytea,
     pos bigint,
     wire bytea NOT NULL,
     PRIMARY KEY (trace, seq)
   )`,
  'CREATE INDEX dm_event_by_seq ON dm_event (seq)',
  'CREATE INDEX dm_event_by_tso ON dm_event (tso, seq)',
  'CREATE INDEX dm_event_by_source ON dm_event (source, tso, seq) WHERE source IS NOT NULL',
  'CREATE INDEX dm_event_by_group ON dm_event (group_digest, tso, seq) WHERE group_digest IS NOT NULL',
  'CREATE INDEX dm_event_by_position ON dm_event (pos_name, pos)',
  'CREATE INDEX dm_event_failed ON dm_event (tso, seq) WHERE job_state = 3',
];

/**
 * First half of an append: takes the lock, notes the batch, gives every trace id of it (in the order of first occurrence)
 * its trace, and counts. The caller copies the events and commits.
 */
const OPEN = `
  CREATE FUNCTION dm_open(p_batch uuid, p_digests uuid[], p_ids bytea[], p_sources text[], p_tasks text[],
                          p_events bigint, p_bytes bigint)
  RETURNS TABLE (first_seq bigint, trace_numbers bigint[], source_ids int[]) LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    was dm_totals%ROWTYPE;
    fresh bigint;
  BEGIN
    SELECT * INTO was FROM dm_totals FOR UPDATE;
    INSERT INTO ingest_batch (id) VALUES (p_batch);
    INSERT INTO dm_source (source, task)
      SELECT DISTINCT g.source, g.task FROM unnest(p_sources, p_tasks) AS g (source, task)
      WHERE g.source IS NOT NULL
        AND NOT EXISTS (SELECT FROM dm_source s WHERE s.source = g.source AND s.task = g.task);
    INSERT INTO dm_trace (trace, digest, id, source)
      SELECT was.last_trace + row_number() OVER (ORDER BY g.n), g.digest, g.id, s.id
      FROM unnest(p_digests, p_ids, p_sources, p_tasks) WITH ORDINALITY AS g (digest, id, source, task, n)
      LEFT JOIN dm_source s ON s.source = g.source AND s.task = g.task
      WHERE NOT EXISTS (SELECT FROM dm_trace t WHERE t.digest = g.digest);
    GET DIAGNOSTICS fresh = ROW_COUNT;
    INSERT INTO dm_bucket (level, bucket, traces)
      SELECT level, number >> (10 * level), count(*)
      FROM generate_series(was.last_trace + 1, was.last_trace + fresh) AS number, unnest('{1,2}'::smallint[]) AS level
      GROUP BY 1, 2
      ON CONFLICT (level, bucket) DO UPDATE SET traces = dm_bucket.traces + excluded.traces;
    UPDATE dm_totals SET last_seq = last_seq + p_events, last_trace = last_trace + fresh, traces = traces + fresh,
                         events = events + p_events, bytes = bytes + p_bytes;
    RETURN QUERY
      SELECT was.last_seq + 1, array_agg(t.trace ORDER BY g.n), array_agg(t.source ORDER BY g.n)
      FROM unnest(p_digests) WITH ORDINALITY AS g (digest, n) JOIN dm_trace t USING (digest);
  END $$`;

/** Takes traces out of the order; their events are gone already and the caller holds the lock. */
const FORGET = `
  CREATE FUNCTION dm_forget(p_traces bigint[]) RETURNS bigint LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    gone bigint;
  BEGIN
    DELETE FROM dm_trace WHERE trace = ANY (p_traces);
    GET DIAGNOSTICS gone = ROW_COUNT;
    UPDATE dm_bucket b SET traces = b.traces - d.traces
      FROM (SELECT level, number >> (10 * level) AS bucket, count(*)::int AS traces
            FROM unnest(p_traces) AS number, unnest('{1,2}'::smallint[]) AS level GROUP BY 1, 2) d
      WHERE b.level = d.level AND b.bucket = d.bucket;
    DELETE FROM dm_bucket b
      USING (SELECT DISTINCT level, number >> (10 * level) AS bucket
             FROM unnest(p_traces) AS number, unnest('{1,2}'::smallint[]) AS level) d
      WHERE b.level = d.level AND b.bucket = d.bucket AND b.traces = 0;
    RETURN gone;
  END $$`;

const DELETE = `
  CREATE FUNCTION dm_delete(p_digest uuid) RETURNS boolean LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    number bigint;
    gone_events bigint;
    gone_bytes bigint;
  BEGIN
    PERFORM FROM dm_totals FOR UPDATE;
    SELECT trace INTO number FROM dm_trace WHERE digest = p_digest;
    IF number IS NULL THEN RETURN false; END IF;
    WITH gone AS (DELETE FROM dm_event WHERE trace = number RETURNING octet_length(wire) AS size)
      SELECT count(*), coalesce(sum(size), 0) INTO gone_events, gone_bytes FROM gone;
    PERFORM dm_forget(ARRAY[number]);
    UPDATE dm_totals SET traces = traces - 1, events = events - gone_events, bytes = bytes - gone_bytes;
    RETURN true;
  END $$`;

/** Removes, of the first p_chunk events, the leading ones that are too old or too many; absent limits are NULL. */
const EVICT = `
  CREATE FUNCTION dm_evict(p_oldest_us bigint, p_events bigint, p_bytes bigint, p_chunk int)
  RETURNS TABLE (traces bigint, events bigint, bytes bigint) LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    was dm_totals%ROWTYPE;
    up_to bigint;
    touched bigint[];
    gone_traces bigint;
    gone_events bigint;
    gone_bytes bigint;
  BEGIN
    SELECT * INTO was FROM dm_totals FOR UPDATE;
    SELECT max(seq) INTO up_to FROM (
      SELECT seq, bool_and(coalesce(received_us < p_oldest_us, false)
                           OR coalesce(place <= was.events - p_events, false)
                           OR coalesce(before < was.bytes - p_bytes, false)) OVER (ORDER BY seq) AS goes
      FROM (SELECT seq, received_us, row_number() OVER w AS place, sum(size) OVER w - size AS before
            FROM (SELECT seq, received_us, octet_length(wire) AS size FROM dm_event ORDER BY seq LIMIT p_chunk) first
            WINDOW w AS (ORDER BY seq)) counted) judged
    WHERE goes;
    IF up_to IS NULL THEN RETURN QUERY SELECT 0::bigint, 0::bigint, 0::bigint; RETURN; END IF;
    WITH gone AS (DELETE FROM dm_event WHERE seq <= up_to RETURNING trace, octet_length(wire) AS size)
      SELECT count(*), sum(size), array_agg(DISTINCT trace) INTO gone_events, gone_bytes, touched FROM gone;
    gone_traces := dm_forget(ARRAY(
      SELECT number FROM unnest(touched) AS number WHERE NOT EXISTS (SELECT FROM dm_event e WHERE e.trace = number)));
    UPDATE dm_totals SET traces = traces - gone_traces, events = events - gone_events, bytes = bytes - gone_bytes,
                         evicted_traces = evicted_traces + gone_traces, evicted_events = evicted_events + gone_events,
                         evicted_bytes = evicted_bytes + gone_bytes;
    RETURN QUERY SELECT gone_traces, gone_events, gone_bytes;
  END $$`;

/** How many traces there are, and the numbers of those from index p_offset on, at most p_limit. */
const NTH = `
  CREATE FUNCTION dm_nth(p_offset bigint, p_limit bigint)
  RETURNS TABLE (traces bigint, trace_numbers bigint[]) LANGUAGE plpgsql STABLE AS $$
  #variable_conflict use_column
  DECLARE
    total bigint;
    place bigint;
    rest bigint := p_offset;
  BEGIN
    SELECT traces INTO total FROM dm_totals;
    IF p_offset >= total OR p_limit <= 0 THEN RETURN QUERY SELECT total, '{}'::bigint[]; RETURN; END IF;
    SELECT bucket, rest - before INTO place, rest FROM (
      SELECT bucket, traces, sum(traces) OVER (ORDER BY bucket) - traces AS before
      FROM dm_bucket WHERE level = 2) counted
    WHERE rest >= before AND rest < before + traces;
    SELECT bucket, rest - before INTO place, rest FROM (
      SELECT bucket, traces, sum(traces) OVER (ORDER BY bucket) - traces AS before
      FROM dm_bucket WHERE level = 1 AND bucket BETWEEN place << 10 AND (place << 10) + 1023) counted
    WHERE rest >= before AND rest < before + traces;
    RETURN QUERY SELECT total, ARRAY(
      SELECT trace FROM dm_trace WHERE trace >= place << 10 ORDER BY trace OFFSET rest LIMIT p_limit);
  END $$`;
