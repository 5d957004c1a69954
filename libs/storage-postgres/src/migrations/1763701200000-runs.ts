import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Runs of features. Texts are bytes, because they may hold NUL, and keys are digests, because they may be long.
 *
 * ```
 *   perf_live   one row a live run ── perf_step   one row a step: a step never rewrites those before it
 *        │ finish
 *        ▼
 *   perf_run    one row a finished run, steps as arrays ── perf_tag   tags that have runs, in order
 * ```
 *
 * Every action is one function call, so one round trip and one commit.
 */
export class Runs1763701200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, START, STEP, LOCK_TAGS, HAVE_TAG, FINISH, FORGET_TAGS, EXPIRE])
      await runner.query(statement);
    const [{ citus }] = (await runner.query(
      `SELECT count(*)::int AS citus FROM pg_extension WHERE extname = 'citus'`,
    )) as unknown as [{ citus: number }];
    if (citus > 0) await runner.query(`SELECT create_distributed_table('perf_run', 'tag_digest')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP FUNCTION perf_start, perf_step, perf_finish, perf_expire, perf_have_tag, perf_lock_tags, perf_forget_tags',
    );
    await runner.query('DROP TABLE perf_live, perf_step, perf_run, perf_tag, perf_expired');
    await runner.query('DROP SEQUENCE perf_seq');
  }
}

const TABLES = [
  'CREATE SEQUENCE perf_seq',
  `CREATE TABLE perf_tag (
     digest uuid PRIMARY KEY,
     tag bytea NOT NULL,
     place bigint NOT NULL DEFAULT nextval('perf_seq')
   )`,
  // Room on each page for the next version of a row: a step changes its run in place.
  `CREATE TABLE perf_live (
     digest uuid PRIMARY KEY,
     run bigint NOT NULL DEFAULT nextval('perf_seq'),
     tag_digest uuid NOT NULL,
     tag bytea NOT NULL,
     id bytea,
     start_us bigint NOT NULL,
     last_us bigint NOT NULL,
     steps int NOT NULL DEFAULT 0,
     last_step bytea
   ) WITH (fillfactor = 50)`,
  'CREATE INDEX perf_live_by_tag ON perf_live (tag_digest, start_us, run)',
  'CREATE INDEX perf_live_by_start ON perf_live (start_us, run)',
  `CREATE TABLE perf_step (
     run bigint NOT NULL,
     n int NOT NULL,
     at_us bigint NOT NULL,
     tracked boolean NOT NULL,
     name bytea NOT NULL,
     PRIMARY KEY (run, n)
   )`,
  `CREATE TABLE perf_run (
     tag_digest uuid NOT NULL,
     seq bigint NOT NULL DEFAULT nextval('perf_seq'),
     id bytea,
     start_us bigint NOT NULL,
     end_us bigint NOT NULL,
     finished_us bigint NOT NULL,
     step_at_us bigint[] NOT NULL,
     step_tracked boolean[] NOT NULL,
     step_name bytea[] NOT NULL,
     size int NOT NULL,
     PRIMARY KEY (tag_digest, seq)
   )`,
  'CREATE INDEX perf_run_by_seq ON perf_run (seq)',
  'CREATE INDEX perf_run_by_finish ON perf_run (finished_us)',
  `CREATE TABLE perf_expired (
     one boolean PRIMARY KEY DEFAULT true CHECK (one),
     live bigint NOT NULL DEFAULT 0,
     finished bigint NOT NULL DEFAULT 0
   )`,
  'INSERT INTO perf_expired DEFAULT VALUES',
];

const START = `
  CREATE FUNCTION perf_start(p_digest uuid, p_tag_digest uuid, p_tag bytea, p_id bytea, p_now bigint)
  RETURNS bigint LANGUAGE plpgsql AS $$
  DECLARE
    was bigint;
  BEGIN
    SELECT run INTO was FROM perf_live WHERE digest = p_digest FOR UPDATE;
    DELETE FROM perf_step WHERE run = was;
    INSERT INTO perf_live (digest, tag_digest, tag, id, start_us, last_us)
      VALUES (p_digest, p_tag_digest, p_tag, p_id, p_now, p_now)
      ON CONFLICT (digest) DO UPDATE SET run = excluded.run, id = excluded.id, start_us = excluded.start_us,
                                         last_us = excluded.last_us, steps = 0, last_step = NULL;
    RETURN p_now;
  END $$`;

/** No row when there is no such run; nothing but at_us = NULL when it is full. */
const STEP = `
  CREATE FUNCTION perf_step(p_digest uuid, p_name bytea, p_tracked boolean, p_now bigint, p_most int)
  RETURNS TABLE (at_us bigint, duration_us bigint) LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    live perf_live%ROWTYPE;
    now_us bigint;
  BEGIN
    SELECT * INTO live FROM perf_live WHERE digest = p_digest FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    IF live.steps >= p_most THEN RETURN QUERY SELECT NULL::bigint, NULL::bigint; RETURN; END IF;
    now_us := greatest(p_now, live.last_us);
    INSERT INTO perf_step (run, n, at_us, tracked, name) VALUES (live.run, live.steps, now_us, p_tracked, p_name);
    UPDATE perf_live SET last_us = now_us, steps = live.steps + 1, last_step = p_name WHERE digest = p_digest;
    RETURN QUERY SELECT now_us, now_us - live.last_us;
  END $$`;

/** Whoever locks several tags, or a tag and its runs, takes turns: their orders could cross. */
const LOCK_TAGS = `
  CREATE FUNCTION perf_lock_tags() RETURNS void LANGUAGE sql AS $$ SELECT pg_advisory_xact_lock(7246357) $$`;

/** The tag exists from here to the end of the transaction: who deletes it waits, or is waited for. */
const HAVE_TAG = `
  CREATE FUNCTION perf_have_tag(p_digest uuid, p_tag bytea) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    LOOP
      PERFORM FROM perf_tag WHERE digest = p_digest FOR KEY SHARE;
      EXIT WHEN FOUND;
      INSERT INTO perf_tag (digest, tag) VALUES (p_digest, p_tag) ON CONFLICT DO NOTHING;
    END LOOP;
  END $$`;

/** No row when there is no such run. */
const FINISH = `
  CREATE FUNCTION perf_finish(p_digest uuid, p_id bytea, p_now bigint, p_end bigint)
  RETURNS SETOF perf_run LANGUAGE plpgsql AS $$
  DECLARE
    live perf_live%ROWTYPE;
  BEGIN
    DELETE FROM perf_live WHERE digest = p_digest RETURNING * INTO live;
    IF NOT FOUND THEN RETURN; END IF;
    PERFORM perf_have_tag(live.tag_digest, live.tag);
    RETURN QUERY
      WITH gone AS (DELETE FROM perf_step WHERE run = live.run RETURNING n, at_us, tracked, name)
      INSERT INTO perf_run (tag_digest, id, start_us, end_us, finished_us, step_at_us, step_tracked, step_name, size)
      SELECT live.tag_digest, p_id, live.start_us, coalesce(p_end, greatest(p_now, live.last_us)), p_now,
             coalesce(array_agg(at_us ORDER BY n), '{}'), coalesce(array_agg(tracked ORDER BY n), '{}'),
             coalesce(array_agg(name ORDER BY n), '{}'), 100 + coalesce(sum(20 + octet_length(name)), 0)
      FROM gone
      RETURNING *;
  END $$`;

/** Removes those of the tags that have no runs any more. */
const FORGET_TAGS = `
  CREATE FUNCTION perf_forget_tags(p_digests uuid[]) RETURNS void LANGUAGE plpgsql AS $$
  BEGIN
    PERFORM FROM perf_tag WHERE digest = ANY (p_digests) ORDER BY digest FOR UPDATE;
    DELETE FROM perf_tag t WHERE digest = ANY (p_digests)
      AND NOT EXISTS (SELECT FROM perf_run r WHERE r.tag_digest = t.digest);
  END $$`;

const EXPIRE = `
  CREATE FUNCTION perf_expire(p_live bigint, p_idle_us bigint, p_finished bigint, p_oldest_us bigint)
  RETURNS TABLE (live bigint, finished bigint) LANGUAGE plpgsql AS $$
  #variable_conflict use_column
  DECLARE
    idle bigint;
    surplus bigint;
    runs bigint[];
    tags uuid[];
  BEGIN
    PERFORM perf_lock_tags();
    WITH gone AS (DELETE FROM perf_live WHERE last_us < p_idle_us RETURNING run)
      SELECT coalesce(array_agg(run), '{}') INTO runs FROM gone;
    SELECT count(*) - p_live INTO surplus FROM perf_live;
    IF surplus > 0 THEN
      WITH gone AS (DELETE FROM perf_live WHERE digest IN (
                      SELECT digest FROM perf_live ORDER BY start_us, run LIMIT surplus) RETURNING run)
        SELECT runs || coalesce(array_agg(run), '{}') INTO runs FROM gone;
    END IF;
    DELETE FROM perf_step WHERE run = ANY (runs);
    live := cardinality(runs);

    WITH gone AS (DELETE FROM perf_run WHERE finished_us < p_oldest_us RETURNING tag_digest)
      SELECT count(*), array_agg(DISTINCT tag_digest) INTO finished, tags FROM gone;
    SELECT count(*) - p_finished INTO surplus FROM perf_run;
    IF surplus > 0 THEN
      WITH gone AS (DELETE FROM perf_run WHERE seq IN (SELECT seq FROM perf_run ORDER BY seq LIMIT surplus)
                    RETURNING tag_digest)
        SELECT finished + count(*), tags || array_agg(DISTINCT tag_digest) INTO finished, tags FROM gone;
    END IF;
    PERFORM perf_forget_tags(tags);
    IF live > 0 OR finished > 0 THEN
      UPDATE perf_expired e SET live = e.live + perf_expire.live, finished = e.finished + perf_expire.finished;
    END IF;
    RETURN NEXT;
  END $$`;
