import { decodeSpanRecord, TraceOutline, type OutlineColumns, type Span } from '@tracer/span-model';
import type { StoredOutline, Tenant, TraceIdMatch, TraceReads } from '@tracer/storage';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { copyOut, type CopyFields } from './copy-out.js';
import { SpanOrigins } from './span-origins.js';
import { READ_COLUMNS, signed64, traceHalves, type SpanRow } from './span-rows.js';

const SHARED_BIT = 1;
const FAILED_BIT = 2;

interface NumberedRow extends SpanRow {
  readonly seq: string;
}

/** Parts of large traces, by the columns of spans; records are read for those only that are asked for. */
export class PostgresTraceReads implements TraceReads {
  readonly #origins: SpanOrigins;

  constructor(private readonly source: DataSource) {
    this.#origins = new SpanOrigins(source);
  }

  async outline(tenant: Tenant, traceId: string, fromSpans: number): Promise<StoredOutline | undefined> {
    const { low, high } = traceHalves(traceId);
    const [{ spans }] = await this.source.query<[{ spans: number }]>(
      `SELECT count(*)::int AS spans
       FROM (SELECT FROM span WHERE trace_low = $1 AND tenant = $2 AND trace_high = $3 LIMIT $4) first`,
      [signed64(low), tenant, signed64(high), fromSpans],
    );
    if (spans < fromSpans) return undefined;
    const rows = await this.#outlineRows(tenant, signed64(low), signed64(high));
    const outline = TraceOutline.of(rows.columns());
    return outline === undefined
      ? undefined
      : { outline, services: rows.services(), seqs: Float64Array.from(rows.seqs) };
  }

  async spansAt(tenant: Tenant, traceId: string, seqs: readonly number[]): Promise<Span[]> {
    if (seqs.length === 0) return [];
    const rows = await this.source.query<NumberedRow[]>(
      `SELECT ${READ_COLUMNS}, seq FROM span WHERE trace_low = $1 AND tenant = $2 AND seq = ANY ($3::bigint[])`,
      [signed64(traceHalves(traceId).low), tenant, seqs],
    );
    const spans = await this.#spans(rows);
    const bySeq = new Map(rows.map(({ seq }, at) => [Number(seq), spans[at]]));
    return seqs.map((seq) => bySeq.get(seq)).filter((span) => span !== undefined);
  }

  async *pages(tenant: Tenant, traceId: string, { strict }: TraceIdMatch, size: number): AsyncGenerator<Span[]> {
    const { low, high } = traceHalves(traceId);
    // Each page is a query of its own: a slow reader must not hold a connection.
    for (let after = '0', length = size; length === size;) {
      const rows = await this.source.query<NumberedRow[]>(
        `SELECT ${READ_COLUMNS}, seq FROM span
         WHERE trace_low = $1 AND tenant = $2 AND (trace_high = $3 OR NOT $4) AND seq > $5 ORDER BY seq LIMIT $6`,
        [signed64(low), tenant, signed64(high), strict, after, size],
      );
      length = rows.length;
      after = rows.at(-1)?.seq ?? after;
      if (length > 0) yield await this.#spans(rows);
    }
  }

  async #spans(rows: readonly SpanRow[]): Promise<Span[]> {
    const originOf = await this.#origins.load(rows.map(({ origin }) => origin));
    return rows.map(({ origin, record }) => {
      const { resource, scope } = originOf(origin);
      return decodeSpanRecord(record, resource, scope);
    });
  }

  /** `low` and `high` are numbers of ours. */
  async #outlineRows(tenant: Tenant, low: string, high: string): Promise<OutlineRows> {
    const rows = new OutlineRows();
    const runner = this.source.createQueryRunner();
    await runner.startTransaction();
    try {
      // COPY takes no parameters, but its query may ask for a setting.
      await runner.query(`SELECT set_config('tracer.outline_of', $1, true)`, [tenant]);
      const client = (await runner.connect()) as PoolClient;
      const columns = `id, parent_id, start_us, duration_us, seq, (shared::int * ${SHARED_BIT} + failed::int * ${FAILED_BIT})::int2, service`;
      const where = `trace_low = ${low} AND tenant = current_setting('tracer.outline_of') AND trace_high = ${high}`;
      await copyOut(client, `COPY (SELECT ${columns} FROM span WHERE ${where}) TO STDOUT (FORMAT binary)`, rows.take);
    } finally {
      // Of a connection that is gone nothing is to be rolled back; its error is the one to tell.
      await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
    }
    return rows;
  }
}

/** Columns as they grow. */
class OutlineRows {
  readonly seqs: number[] = [];
  readonly #idHigh: number[] = [];
  readonly #idLow: number[] = [];
  readonly #parentHigh: number[] = [];
  readonly #parentLow: number[] = [];
  readonly #startUs: number[] = [];
  readonly #durationUs: number[] = [];
  readonly #shared: number[] = [];
  readonly #failed: number[] = [];
  readonly #services = new Set<string>();

  readonly take = (fields: CopyFields): void => {
    this.#idHigh.push(fields.high());
    this.#idLow.push(fields.low());
    this.#parentHigh.push(fields.high());
    this.#parentLow.push(fields.low());
    this.#startUs.push(fields.safeInt64());
    this.#durationUs.push(fields.safeInt64());
    this.seqs.push(fields.safeInt64());
    const bits = fields.int16();
    this.#shared.push((bits & SHARED_BIT) === 0 ? 0 : 1);
    this.#failed.push((bits & FAILED_BIT) === 0 ? 0 : 1);
    const service = fields.rawText();
    if (service !== undefined) this.#services.add(service);
  };

  columns(): OutlineColumns {
    return {
      length: this.seqs.length,
      idHigh: Int32Array.from(this.#idHigh),
      idLow: Int32Array.from(this.#idLow),
      parentHigh: Int32Array.from(this.#parentHigh),
      parentLow: Int32Array.from(this.#parentLow),
      startUs: Float64Array.from(this.#startUs),
      durationUs: Float64Array.from(this.#durationUs),
      shared: Uint8Array.from(this.#shared),
      failed: Uint8Array.from(this.#failed),
    };
  }

  services(): string[] {
    return Array.from(this.#services, (raw) => Buffer.from(raw, 'latin1').toString()).sort();
  }
}
