import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Spans, partitioned by the day they began, each with its lossless record.
 *
 * ```
 *   span ─┬─ span_20261120   one partition a day, made before its first row
 *         ├─ span_20261121   retention drops whole partitions
 *         └─ span_other      spans without a time, or of a day far away
 * ```
 *
 * Every query by trace names `trace_low`, so that a Citus cluster, which gets the table distributed by it, asks one shard.
 */
export class Spans1763683200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const statement of UP) await runner.query(statement);
    const [{ citus }] = (await runner.query(
      `SELECT count(*)::int AS citus FROM pg_extension WHERE extname = 'citus'`,
    )) as [{ citus: number }];
    if (citus > 0) await runner.query(`SELECT create_distributed_table('span', 'trace_low')`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE span, span_name, span_origin, ingest_batch');
    await runner.query('DROP FUNCTION make_span_partition(date)');
    await runner.query('DROP SEQUENCE span_seq');
  }
}

const UP = [
  'CREATE SEQUENCE span_seq',
  `CREATE TABLE span (
     tenant text NOT NULL,
     trace_low bigint NOT NULL,
     trace_high bigint NOT NULL,
     seq bigint NOT NULL DEFAULT nextval('span_seq'),
     at_us bigint NOT NULL,
     start_us bigint,
     duration_us bigint,
     id bigint NOT NULL,
     parent_id bigint,
     kind smallint NOT NULL,
     shared boolean NOT NULL,
     failed boolean NOT NULL,
     service text,
     remote_service text,
     name text,
     cluster_id text,
     namespace text,
     origin bytea,
     record bytea NOT NULL
   ) PARTITION BY RANGE (at_us)`,
  'CREATE TABLE span_other PARTITION OF span DEFAULT',
  'CREATE INDEX span_by_trace ON span (trace_low, tenant)',
  'CREATE INDEX span_by_service ON span (tenant, service, at_us DESC) INCLUDE (duration_us, trace_low, trace_high)',
  'CREATE INDEX span_by_time ON span (tenant, at_us DESC)',
  // Rows that came while their day was far away move into the partition when the day gets one.
  `CREATE FUNCTION make_span_partition(day date) RETURNS void LANGUAGE plpgsql AS $$
   DECLARE
     part text := 'span_' || to_char(day, 'YYYYMMDD');
     from_us bigint := extract(epoch FROM day)::bigint * 1000000;
     to_us bigint := from_us + 86400000000;
   BEGIN
     PERFORM pg_advisory_xact_lock(7246356);
     IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
     EXECUTE format('CREATE TABLE %I (LIKE span INCLUDING DEFAULTS)', part);
     EXECUTE format('WITH moved AS (DELETE FROM span_other WHERE at_us >= %s AND at_us < %s RETURNING *)
                     INSERT INTO %I SELECT * FROM moved', from_us, to_us, part);
     EXECUTE format('ALTER TABLE span ATTACH PARTITION %I FOR VALUES FROM (%s) TO (%s)', part, from_us, to_us);
   END $$`,
  // What the names routes answer from; last_us is rounded up to the hour, so that a row changes once an hour at most.
  `CREATE TABLE span_name (
     tenant text NOT NULL,
     service text NOT NULL,
     kind text NOT NULL,
     value text NOT NULL,
     last_us bigint NOT NULL,
     PRIMARY KEY (tenant, kind, service, value)
   )`,
  // Resources and scopes by the hash of their content; spans name theirs in the column `origin`.
  `CREATE TABLE span_origin (id bytea PRIMARY KEY, resource bytea NOT NULL, scope bytea NOT NULL)`,
  // Batches that were committed, so that a writer who lost the connection can ask instead of writing twice.
  `CREATE TABLE ingest_batch (id uuid PRIMARY KEY, at timestamptz NOT NULL DEFAULT now())`,
  'CREATE INDEX ingest_batch_by_time ON ingest_batch (at)',
];
