import { randomUUID } from 'node:crypto';
import { finished } from 'node:stream/promises';
import { dmSourceOf, type DmArrival, type DmSource } from '@tracer/storage';
import type { PoolClient } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import type { DataSource, QueryRunner } from 'typeorm';
import { digestOf } from '../digest.js';
import { CopyRows } from '../spans/copy-rows.js';
import { DM_COPY_COLUMNS, writeDmEventRow } from './dm-rows.js';

const UNIQUE_VIOLATION = '23505';

/** What an append finds: where it begins, which of its traces are there, and the ids of its sources. */
interface Opened {
  readonly first_seq: string;
  readonly first_trace: string;
  /** By position of the trace id among the distinct ones of the batch; null for those that are new. */
  readonly known: readonly (string | null)[];
  readonly source_ids: readonly number[];
}

/** The distinct trace ids of a batch, in the order of first occurrence, and where they come from. */
interface BatchTraces {
  /** Positions by trace id in latin1. */
  readonly places: ReadonlyMap<string, number>;
  readonly ids: readonly Buffer[];
  /** Position of the source of each trace among `sources`. */
  readonly from: readonly (number | undefined)[];
  readonly sources: readonly DmSource[];
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
      const traces = tracesOf(arrivals);
      const opened = await open(runner, id, traces, arrivals);
      await copy(runner, rowsOf(arrivals, traces, opened, receivedAtUs));
      await runner.commitTransaction();
    } catch (error) {
      await runner.rollbackTransaction().catch(() => undefined);
      if (!isRepeated(error)) throw error;
    } finally {
      await runner.release();
    }
  }
}

function tracesOf(arrivals: readonly DmArrival[]): BatchTraces {
  const [places, sourcePlaces] = [new Map<string, number>(), new Map<string, number>()];
  const [ids, from, sources]: [Buffer[], (number | undefined)[], DmSource[]] = [[], [], []];
  for (const { event } of arrivals) {
    const { traceId } = event.base;
    const key = traceId.toString('latin1');
    if (places.has(key)) continue;
    places.set(key, ids.length);
    ids.push(traceId);
    const source = dmSourceOf(traceId);
    from.push(source && placeOf(source, sources, sourcePlaces));
  }
  return { places, ids, from, sources };
}

function placeOf(source: DmSource, sources: DmSource[], places: Map<string, number>): number {
  // Neither part has a NUL.
  const key = `${source.source}\0${source.task}`;
  const place = places.get(key) ?? sources.push(source) - 1;
  places.set(key, place);
  return place;
}

async function open(
  runner: QueryRunner,
  id: string,
  { ids, from, sources }: BatchTraces,
  arrivals: readonly DmArrival[],
): Promise<Opened> {
  const [opened] = (await runner.query('SELECT * FROM dm_append($1, $2, $3, $4, $5, $6, $7, $8)', [
    id,
    ids.map((traceId) => digestOf(traceId).toString('hex')),
    ids,
    // PostgreSQL counts from 1.
    from.map((place) => (place === undefined ? null : place + 1)),
    sources.map(({ source }) => source),
    sources.map(({ task }) => task),
    arrivals.length,
    arrivals.reduce((sum, { wire }) => sum + wire.length, 0),
  ])) as [Opened];
  return opened;
}

function rowsOf(
  arrivals: readonly DmArrival[],
  { places, from }: BatchTraces,
  { first_seq, first_trace, known, source_ids }: Opened,
  receivedAtUs: number,
): Buffer {
  let fresh = BigInt(first_trace);
  const traces = known.map((number) => (number === null ? fresh++ : BigInt(number)));
  const rows = new CopyRows();
  let seq = BigInt(first_seq);
  for (const arrival of arrivals) {
    const place = places.get(arrival.event.base.traceId.toString('latin1')) ?? -1;
    const trace = traces[place];
    if (trace === undefined) throw new Error('the database gave a trace id no trace');
    const source = source_ids[from[place] ?? -1];
    writeDmEventRow(rows, arrival, { trace, seq: seq++, source }, receivedAtUs);
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
