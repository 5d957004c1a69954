import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TraceFiles1763683200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE trace_file (
        path text PRIMARY KEY,
        size_bytes bigint NOT NULL,
        events bigint NOT NULL,
        start_us bigint,
        end_us bigint,
        indexed_at timestamptz NOT NULL
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE trace_file');
  }
}
