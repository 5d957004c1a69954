import { ColumnLinker, LinkColumns, TextNumbers, UNKNOWN_TEXT, type DependencyLink } from '@tracer/span-model';
import type { Tenant } from '@tracer/storage';
import type { PoolClient } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';
import { copyOut, type CopyFields } from './copy-out.js';
import { endpointOf } from './span-rows.js';
import { LONGEST_TRACE_US, SKEW_US } from './trace-times.js';

/** Spans whose columns are held at a time, about 50 bytes each. */
const SPANS_AT_A_TIME = 2_000_000;
const MOST_PASSES = 1 << 12;
const SHARED_BIT = 16;
const FAILED_BIT = 32;
const KIND_BITS = 15;

/**
 * Draws the service graph from the columns of spans, never from their records. They stream out of the database as a binary
 * COPY into arrays of numbers; when there are too many for the memory of this process, traces are told apart by the last
 * bits of their ids and read in several passes.
 */
export class LinkReader {
  constructor(private readonly source: DataSource) {}

  async dependencies(tenant: Tenant, fromUs: number, toUs: number): Promise<DependencyLink[]> {
    const names = new TextNumbers();
    const linker = new ColumnLinker(names, (service, address) => endpointOf(service ?? '', address ?? ''));
    const runner = this.source.createQueryRunner();
    await runner.startTransaction();
    try {
      // COPY takes no parameters, but its query may ask for a setting.
      await runner.query(`SELECT set_config('tracer.links_of', $1, true)`, [tenant]);
      const client = (await runner.connect()) as PoolClient;
      const passes = await passesFor(runner, fromUs, toUs);
      for (let pass = 0; pass < passes; pass++) {
        const reader = new PassReader(names);
        await copyOut(client, `COPY (${spansOf(fromUs, toUs, passes, pass)}) TO STDOUT (FORMAT binary)`, reader.take);
        linker.add(reader.columns, fromUs, toUs);
      }
      return linker.links();
    } finally {
      // Of a connection that is gone nothing is to be rolled back; its error is the one to tell.
      await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
    }
  }
}

/** Fills columns from rows. */
class PassReader {
  readonly columns = new LinkColumns();
  /** Numbers by the bytes of a text, so that a name is decoded once. */
  readonly #known = new Map<string, number>();

  constructor(private readonly names: TextNumbers) {}

  readonly take = (fields: CopyFields): void => {
    const { columns } = this;
    const row = columns.add();
    columns.traceHigh[row] = fields.high();
    columns.traceLow[row] = fields.low();
    columns.idHigh[row] = fields.high();
    columns.idLow[row] = fields.low();
    columns.parentHigh[row] = fields.high();
    columns.parentLow[row] = fields.low();
    columns.startUs[row] = fields.safeInt64();
    const bits = fields.int16();
    columns.kind[row] = bits & KIND_BITS;
    columns.shared[row] = (bits & SHARED_BIT) === 0 ? 0 : 1;
    columns.failed[row] = (bits & FAILED_BIT) === 0 ? 0 : 1;
    columns.service[row] = this.#number(fields.rawText());
    columns.remote[row] = this.#number(fields.rawText());
    columns.address[row] = this.#number(fields.rawText());
  };

  #number(raw: string | undefined): number {
    if (raw === undefined) return UNKNOWN_TEXT;
    let number = this.#known.get(raw);
    if (number === undefined) {
      number = this.names.numberOf(Buffer.from(raw, 'latin1').toString());
      this.#known.set(raw, number);
    }
    return number;
  }
}

/** Spans that may matter to traces that began between the times; of `passes` (a power of two) those of one. */
function spansOf(fromUs: number, toUs: number, passes: number, pass: number): string {
  const [first, last] = [fromUs - SKEW_US, toUs + LONGEST_TRACE_US].map((us) => BigInt(Math.trunc(us)));
  const ofPass = passes === 1 ? '' : `AND (trace_low & ${passes - 1}) = ${pass}`;
  return `SELECT trace_low, id, parent_id, start_us,
      (kind | (shared::int * ${SHARED_BIT}) | (failed::int * ${FAILED_BIT}))::int2, service, remote_service, local_address
    FROM span WHERE tenant = current_setting('tracer.links_of') AND at_us >= ${first} AND at_us <= ${last} ${ofPass}`;
}

/** By the planner's estimate, which costs nothing. */
async function passesFor(runner: QueryRunner, fromUs: number, toUs: number): Promise<number> {
  const [plan] = (await runner.query(`EXPLAIN (FORMAT JSON) ${spansOf(fromUs, toUs, 1, 0)}`)) as [
    { 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] },
  ];
  const spans = plan['QUERY PLAN'][0].Plan['Plan Rows'];
  let passes = 1;
  while (passes < MOST_PASSES && spans / passes > SPANS_AT_A_TIME) passes *= 2;
  return passes;
}
