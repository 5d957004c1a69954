import { decodeSpanRecord } from '@tracer/span-model';
import type {
  FoundSpan,
  OperationFigures,
  SpanFilter,
  SpanOrder,
  SpanPlace,
  SpanPosition,
  SpanQueries,
  Tenant,
} from '@tracer/storage';
import type { DataSource } from 'typeorm';
import { SpanOrigins } from './span-origins.js';
import { READ_COLUMNS, signed64, traceHalves, type SpanRow } from './span-rows.js';

/** Unknown durations stand behind all others. */
const KEYS: Readonly<Record<SpanOrder, string>> = { newest: 'start_us', slowest: 'coalesce(duration_us, -1)' };

interface PageRow extends SpanRow {
  readonly seq: string;
  readonly sort_key: string;
}

interface OperationRow {
  readonly service: string;
  readonly name: string;
  readonly bucket: string;
  readonly calls: number;
  readonly failed: number;
  readonly parts: (string | null)[] | null;
}

/** Pages of spans and figures of operations, by the columns of the span table. */
export class PostgresSpanQueries implements SpanQueries {
  readonly #origins: SpanOrigins;

  constructor(private readonly source: DataSource) {
    this.#origins = new SpanOrigins(source);
  }

  async page(
    tenant: Tenant,
    filter: SpanFilter,
    { order, size, after }: { readonly order: SpanOrder; readonly size: number; readonly after?: SpanPosition },
  ): Promise<FoundSpan[]> {
    const where = new Conditions(tenant, filter);
    const key = KEYS[order];
    if (after !== undefined) where.behind(key, after, order);
    // By at_us, which the index has; it is the start wherever a page is ordered by it (see behind()).
    const orderBy = order === 'newest' ? 'at_us DESC, seq DESC' : `${key} DESC, seq DESC`;
    const rows = await this.source.query<PageRow[]>(
      `SELECT ${READ_COLUMNS}, seq, ${key} AS sort_key FROM span WHERE ${where.text} ORDER BY ${orderBy} LIMIT ${size}`,
      where.values,
    );
    const originOf = await this.#origins.load(rows.map(({ origin }) => origin));
    return rows.map(({ origin, record, sort_key: at, seq }) => {
      const { resource, scope } = originOf(origin);
      return { span: decodeSpanRecord(record, resource, scope), position: { key: Number(at), seq } };
    });
  }

  async placesOf(tenant: Tenant, traceId: string): Promise<SpanPlace[]> {
    const { low, high } = traceHalves(traceId);
    const rows = await this.source.query<{ cluster_id: string | null; namespace: string | null }[]>(
      `SELECT DISTINCT cluster_id, namespace FROM span WHERE trace_low = $1 AND tenant = $2 AND trace_high = $3`,
      [signed64(low), tenant, signed64(high)],
    );
    return rows.map((row) => ({ clusterId: row.cluster_id ?? undefined, namespace: row.namespace ?? undefined }));
  }

  async operations(tenant: Tenant, filter: SpanFilter, bucketUs: number, limit: number): Promise<OperationFigures[]> {
    const where = new Conditions(tenant, filter);
    const bucket = where.parameter(String(bucketUs));
    const rows = await this.source.query<OperationRow[]>(
      `SELECT service, coalesce(name, '') AS name, start_us / ${bucket}::bigint * ${bucket}::bigint AS bucket,
         count(*)::int AS calls, count(*) FILTER (WHERE failed)::int AS failed,
         percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY duration_us)::text[] AS parts
       FROM span WHERE ${where.text} AND service IS NOT NULL
       GROUP BY 1, coalesce(name, ''), 3 ORDER BY service COLLATE "C", coalesce(name, '') COLLATE "C", 3 LIMIT ${where.parameter(limit)}`,
      where.values,
    );
    return rows.map(({ service, name, bucket: start, calls, failed, parts }) => {
      const [p50Us, p95Us, p99Us] = (parts ?? []).map(numberOr);
      return { service, name, bucketStartUs: Number(start), calls, failed, p50Us, p95Us, p99Us };
    });
  }
}

function numberOr(text: string | null): number | undefined {
  return text === null ? undefined : Number(text);
}

/** A WHERE clause whose every value is a parameter. */
class Conditions {
  readonly values: unknown[] = [];
  readonly #parts: string[] = [];

  constructor(tenant: Tenant, filter: SpanFilter) {
    this.#add(tenant, (p) => `tenant = ${p}`);
    this.#add(String(filter.fromUs), (p) => `at_us >= ${p}`);
    this.#add(String(filter.toUs), (p) => `at_us <= ${p}`);
    // Spans without a (credible) start are stored under the time of their arrival.
    this.#parts.push('start_us = at_us');
    this.#add(textOf(filter.serviceName), (p) => `service = ${p}`);
    this.#add(textOf(filter.spanName), (p) => `name = ${p}`);
    this.#add(filter.kind, (p) => `kind = ${p}`);
    this.#add(filter.failed, (p) => `failed = ${p}`);
    this.#add(filter.minDurationUs?.toString(), (p) => `duration_us >= ${p}`);
    this.#add(filter.maxDurationUs?.toString(), (p) => `duration_us <= ${p}`);
    this.#add(textOf(filter.clusterId), (p) => `(cluster_id IS NULL OR cluster_id = ${p})`);
    this.#add(textOf(filter.namespace), (p) => `(namespace IS NULL OR namespace = ${p})`);
  }

  get text(): string {
    return this.#parts.join(' AND ');
  }

  behind(key: string, { key: at, seq }: SpanPosition, order: SpanOrder): void {
    const [first, second] = [this.parameter(String(at)), this.parameter(seq)];
    this.#parts.push(`(${order === 'newest' ? 'at_us' : key}, seq) < (${first}::bigint, ${second}::bigint)`);
  }

  parameter(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }

  #add(value: unknown, condition: (parameter: string) => string): void {
    if (value !== undefined) this.#parts.push(condition(this.parameter(value)));
  }
}

/** PostgreSQL has no NUL in text, so nothing stored has one. */
function textOf(text: string | undefined): string | undefined {
  return text?.replaceAll('\0', '\ufffd');
}
