import { randomUUID } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { dmSourceOf, type DmArrival } from '@tracer/storage';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DataSource, QueryRunner } from 'typeorm';
import { digestOf } from '../digest.js';
import { CopyRows } from '../spans/copy-rows.js';
import { DM_COPY_COLUMNS, writeDmEventRow } from './dm-rows.js';

const UNIQUE_VIOLATION = '23505';

interface Opened {
  readonly first_seq: string;
  /** By position of the trace id among the distinct ones of the batch. */
  readonly trace_numbers: readonly string[];
  readonly source_ids: readonly (number | null)[];
}

/** Appends events, each call one transaction; concurrent ones, of other processes too, wait for each other. */
export class DmWriter {
  /** The id under which a call was tried before, so that trying again cannot store it twice. */
  readonly #ids = new WeakMap<readonly DmArrival[], string>();

  constructor(private readonly source: DataSource) {}

  async append(arrivals: readonly DmArrival[], receivedAtUs: number): Promise<void> {
    if (arrivals.length === 0) return;
    const id = this.#ids.get(arrivals) ?? randomUUID();
    this.#ids.set(arrivals, id);
    const runner = this.source.createQueryRunner();
    try {
      await runner.startTransaction();
      const traceIds = distinctTraceIds(arrivals);
      const opened = await open(runner, id, [...traceIds.values()], arrivals);
      await copy(runner, rowsOf(arrivals, traceIds, opened, receivedAtUs));
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction().catch(() => undefined);
      if (!isRepeated(error)) throw error;
    } finally {
      await runner.release();
    }
  }
}

/** Trace ids in the order of first occurrence, by their digits. */
function distinctTraceIds(arrivals: readonly DmArrival[]): Map<string, Buffer> {
  const ids = new Map<string, Buffer>();
  for (const { event } of arrivals) {
    const { traceId } = event.base;
    const key = traceId.toString('latin1');
    if (!ids.has(key)) ids.set(key, traceId);
  }
  return ids;
}

async function open(
  runner: QueryRunner,
  id: string,
  traceIds: readonly Buffer[],
  arrivals: readonly DmArrival[],
): Promise<Opened> {
  const sources = traceIds.map(dmSourceOf);
  const bytes = arrivals.reduce((sum, { wire }) => sum + wire.length, 0);
  const [opened] = (await runner.query('SELECT * FROM dm_open($1, $2, $3, $4, $5, $6, $7)', [
    id,
    traceIds.map((traceId) => digestOf(traceId).toString('hex')),
    traceIds,
    sources.map((source) => source?.source),
    sources.map((source) => source?.task),
    arrivals.length,
    bytes,
  ])) as [Opened];
  return opened;
}

function rowsOf(
  arrivals: readonly DmArrival[],
  traceIds: ReadonlyMap<string, Buffer>,
  { first_seq, trace_numbers, source_ids }: Opened,
  receivedAtUs: number,
): Buffer {
  const places = new Map(
    [...traceIds.keys()].map((key, index) => [
      key,
      { trace: BigInt(trace_numbers[index] ?? 0), source: source_ids[index] ?? undefined },
    ]),
  );
  const rows = new CopyRows();
  let seq = BigInt(first_seq);
  for (const arrival of arrivals) {
    const place = places.get(arrival.event.base.traceId.toString('latin1'));
    if (place === undefined) throw new Error('the database gave a trace id no trace');
    writeDmEventRow(rows, arrival, { ...place, seq: seq++ }, receivedAtUs);
  }
  return rows.finish();
}

async function copy(runner: QueryRunner, rows: Buffer): Promise<void> {
  const client = (await runner.connect()) as PoolClient;
  const stream = client.query(copyFrom(`COPY dm_event (${DM_COPY_COLUMNS}) FROM STDIN (FORMAT binary)`));
  stream.end(rows);
  await finished(stream);
}

/** The batch was committed by an earlier try whose answer was lost. */
function isRepeated(error: unknown): boolean {
  const { code, table } = error as { code?: string; table?: string };
  return code === UNIQUE_VIOLATION && table === 'ingest_batch';
}
