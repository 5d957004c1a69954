import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the lists of ATS answer from, for each place that a sender named in its headers ('' for none). `last_us` is
 * rounded up to the hour, so that a row changes once an hour at most.
 */
export class AtsNames1763694000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE ats_name (
      tenant text NOT NULL,
      kind text NOT NULL,
      application text NOT NULL,
      value text NOT NULL,
      monitor_group text NOT NULL,
      cluster_id text NOT NULL,
      namespace text NOT NULL,
      last_us bigint NOT NULL,
      PRIMARY KEY (tenant, kind, application, value, monitor_group, cluster_id, namespace)
    )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE ats_name');
  }
}
