import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The address of the service that recorded a span, for the service graph: Zipkin's linker tells the halves of a shared
 * span apart by their whole endpoint, not by its name alone. NULL when the endpoint has a name only.
 */
export class SpanLocalAddress1763697600000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE span ADD COLUMN local_address text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE span DROP COLUMN local_address');
  }
}
