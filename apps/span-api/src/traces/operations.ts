import { TracerError } from '@tracer/base';
import type { OperationFigures, SpanQueries, SpanStore, Tenant } from '@tracer/storage';
import { wholeParameter, type RawQuery } from '../http/query-parameters.js';

const HOUR_US = 3_600_000_000;
const MINUTE_US = 60_000_000;
const MOST_ROWS = 10_000;
const MOST_BUCKETS = 1_000;

export interface Operations {
  readonly bucketUs: number;
  readonly operations: readonly (Omit<OperationFigures, 'p50Us' | 'p95Us' | 'p99Us'> & { errorRate: number })[];
  readonly truncated: boolean;
}

/** How services and their operations do. */
export class ServiceFigures {
  constructor(
    private readonly store: Pick<SpanStore, 'serviceNames'>,
    private readonly queries: Pick<SpanQueries, 'operations'>,
    private readonly lookbackMs: number,
  ) {}

  services(tenant: Tenant): Promise<string[]> {
    return this.store.serviceNames(tenant, Math.max(0, Date.now() - this.lookbackMs) * 1000);
  }

  /** Throws VALIDATION for times that are none, or too many slices. */
  async operations(tenant: Tenant, service: string, query: RawQuery): Promise<Operations> {
    const toUs = wholeParameter(query, 'toUs') ?? Date.now() * 1000;
    const fromUs = wholeParameter(query, 'fromUs') ?? toUs - HOUR_US;
    const bucketUs = wholeParameter(query, 'bucketUs') ?? MINUTE_US;
    if (fromUs < 0 || fromUs > toUs)
      throw new TracerError('VALIDATION', 'fromUs must be 0 or more, and not after toUs');
    if (bucketUs < 1 || (toUs - fromUs) / bucketUs > MOST_BUCKETS)
      throw new TracerError('VALIDATION', `bucketUs must give at most ${MOST_BUCKETS} slices of the time asked for`);
    const filter = { fromUs, toUs, serviceName: service.toLowerCase() };
    const rows = await this.queries.operations(tenant, filter, bucketUs, MOST_ROWS + 1);
    const operations = rows.slice(0, MOST_ROWS).map((row) => ({ ...row, errorRate: row.failed / row.calls }));
    return { bucketUs, operations, truncated: rows.length > MOST_ROWS };
  }
}
