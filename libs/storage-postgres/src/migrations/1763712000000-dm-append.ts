import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A cheaper first half of an append: sources come once each, traces are looked up once, and new ones are numbered by the
 * caller, who knows their order. `dm_open` stays, for a replica of the version before that still runs.
 */
export class DmAppend1763712000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(APPEND);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP FUNCTION dm_append');
  }
}

/**
 * Takes the lock, notes the batch, looks up the traces of its distinct ids (p_digests, p_ids, in the order of first
 * occurrence; p_from is the place of each one's source among p_sources and p_tasks, or null) and makes those that are
 * missing. They get the numbers from first_trace on, in their order; known is null at their places. The tables may have
 * grown a thousandfold since the plan was made, so it must not read them whole.
 */
const APPEND = `
  CREATE FUNCTION dm_append(p_batch uuid, p_digests uuid[], p_ids bytea[], p_from int[], p_sources text[],
                            p_tasks text[], p_events bigint, p_bytes bigint)
  RETURNS TABLE (first_seq bigint, first_trace bigint, known bigint[], source_ids int[])
  LANGUAGE plpgsql SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
  #variable_conflict use_column
  DECLARE
    was dm_totals%ROWTYPE;
    numbers bigint[];
    own_sources int[];
    fresh bigint;
  BEGIN
    SELECT * INTO was FROM dm_totals FOR UPDATE;
    INSERT INTO ingest_batch (id) VALUES (p_batch);
    own_sources := ARRAY(SELECT s.id FROM unnest(p_sources, p_tasks) WITH ORDINALITY AS g (source, task, n)
                         LEFT JOIN dm_source s ON s.source = g.source AND s.task = g.task ORDER BY g.n);
    IF array_position(own_sources, NULL) IS NOT NULL THEN
      INSERT INTO dm_source (source, task)
        SELECT g.source, g.task FROM unnest(p_sources, p_tasks, own_sources) AS g (source, task, id) WHERE g.id IS NULL;
      own_sources := ARRAY(SELECT s.id FROM unnest(p_sources, p_tasks) WITH ORDINALITY AS g (source, task, n)
                           JOIN dm_source s ON s.source = g.source AND s.task = g.task ORDER BY g.n);
    END IF;
    numbers := ARRAY(SELECT t.trace FROM unnest(p_digests) WITH ORDINALITY AS g (digest, n)
                     LEFT JOIN dm_trace t ON t.digest = g.digest ORDER BY g.n);
    INSERT INTO dm_trace (trace, digest, id, source)
      SELECT was.last_trace + row_number() OVER (ORDER BY g.n), g.digest, g.id, own_sources[g.source]
      FROM unnest(p_digests, p_ids, p_from, numbers) WITH ORDINALITY AS g (digest, id, source, trace, n)
      WHERE g.trace IS NULL;
    GET DIAGNOSTICS fresh = ROW_COUNT;
    INSERT INTO dm_bucket (level, bucket, traces)
      SELECT level, number >> (10 * level), count(*)
      FROM generate_series(was.last_trace + 1, was.last_trace + fresh) AS number, unnest('{1,2}'::smallint[]) AS level
      GROUP BY 1, 2
      ON CONFLICT (level, bucket) DO UPDATE SET traces = dm_bucket.traces + excluded.traces;
    UPDATE dm_totals SET last_seq = last_seq + p_events, last_trace = last_trace + fresh, traces = traces + fresh,
                         events = events + p_events, bytes = bytes + p_bytes;
    RETURN QUERY SELECT was.last_seq + 1, was.last_trace + 1, numbers, own_sources;
  END $$`;
