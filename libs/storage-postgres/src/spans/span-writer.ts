import { randomUUID } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { TracerError } from '@tracer/base';
import type { SpanBatch } from '@tracer/storage';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DataSource, QueryRunner } from 'typeorm';
import { CopyRows } from './copy-rows.js';
import { placeBatch, type PlacedBatch } from './placed-batch.js';
import type { SpanNames } from './span-names.js';
import type { OriginsOfInsert, SpanOrigins } from './span-origins.js';
import type { SpanPartitions } from './span-partitions.js';
import { COPY_COLUMNS, writeSpanRow } from './span-rows.js';

const UNIQUE_VIOLATION = '23505';
/** Room that is made for each row at first. */
const USUAL_ROW_BYTES = 400;

/** Writes batches of spans, each call one transaction. */
export class SpanWriter {
  /** The id under which a call was tried before, so that trying again cannot store it twice. */
  readonly #ids = new WeakMap<readonly SpanBatch[], string>();

  constructor(
    private readonly source: DataSource,
    private readonly partitions: SpanPartitions,
    private readonly names: SpanNames,
    private readonly origins: SpanOrigins,
  ) {}

  async insert(batches: readonly SpanBatch[]): Promise<void> {
    if (batches.every(({ spans }) => spans.length === 0)) return;
    const id = this.#ids.get(batches) ?? randomUUID();
    this.#ids.set(batches, id);
    const nowUs = Date.now() * 1000;
    const placed = batches.map((batch) => placeBatch(batch, nowUs));
    await this.partitions.ensure(placed, nowUs);
    const names = this.names.unwritten(placed);
    const origins = this.origins.collect(batches);
    const runner = this.source.createQueryRunner();
    try {
      const rows = encode(placed, origins);
      await runner.startTransaction();
      await runner.query('INSERT INTO ingest_batch (id) VALUES ($1)', [id]);
      await this.origins.write(origins.unwritten, runner.manager);
      await copyRows(runner, rows);
      await this.names.write(names, runner.manager);
      await runner.commitTransaction();
      this.names.remember(names);
      this.origins.remember(origins.unwritten);
    } catch (error) {
      await runner.rollbackTransaction().catch(() => undefined);
      if (isRepeated(error)) return;
      throw new TracerError('NOT_READY', 'spans could not be stored, try again', { cause: error });
    } finally {
      await runner.release();
    }
  }
}

function encode(placed: readonly PlacedBatch[], origins: OriginsOfInsert): Buffer {
  const spans = placed.reduce((sum, { batch }) => sum + batch.spans.length, 0);
  const rows = new CopyRows(spans * USUAL_ROW_BYTES);
  for (const { batch, atUs, remotes } of placed)
    batch.spans.forEach((span, at) => {
      writeSpanRow(rows, span, { batch, atUs: atUs[at] ?? 0, remote: remotes[at], origin: origins.idOf(span) });
    });
  return rows.finish();
}

async function copyRows(runner: QueryRunner, rows: Buffer): Promise<void> {
  const client = (await runner.connect()) as PoolClient;
  const copy = client.query(copyFrom(`COPY span (${COPY_COLUMNS}) FROM STDIN (FORMAT binary)`));
  copy.end(rows);
  await finished(copy);
}

/** The batch was committed by an earlier try whose answer was lost. */
function isRepeated(error: unknown): boolean {
  const { code, table, driverError } = error as { code?: string; table?: string; driverError?: { table?: string } };
  return code === UNIQUE_VIOLATION && (table ?? driverError?.table) === 'ingest_batch';
}
