import { DependencyLinker, type DependencyLink, type Endpoint, type LinkPart, type SpanKind } from '@tracer/span-model';
import type { Tenant } from '@tracer/storage';
import type { DataSource, QueryRunner } from 'typeorm';
import { endpointOf } from './span-rows.js';
import { LONGEST_TRACE_US, SKEW_US } from './trace-times.js';

const TRACES_AT_A_TIME = 5_000;
const FIELD = '\x1f';
const PART = '\x1e';

interface TraceRow {
  readonly low: string;
  readonly parts: string;
}

/**
 * Draws the service graph from the columns of spans, never from their records. The database gathers the spans of each
 * trace into one text (fields and spans separated by control characters, which the columns of names do not hold), so that a million
 * spans travel as a few hundred thousand rows, a page at a time.
 */
export class LinkReader {
  readonly #endpoints = new Map<string, Endpoint | undefined>();

  constructor(private readonly source: DataSource) {}

  async dependencies(tenant: Tenant, fromUs: number, toUs: number): Promise<DependencyLink[]> {
    const linker = new DependencyLinker();
    const runner = this.source.createQueryRunner();
    await runner.startTransaction();
    try {
      await runner.query(`SET LOCAL work_mem = '64MB'`);
      await runner.query(`DECLARE links NO SCROLL CURSOR FOR ${TRACES}`, [
        tenant,
        String(fromUs - SKEW_US),
        String(toUs + LONGEST_TRACE_US),
        String(fromUs),
        String(toUs),
      ]);
      for (let rows = await nextPage(runner); rows.length > 0; rows = await nextPage(runner))
        for (const row of rows) linker.addTrace(this.#partsOf(row));
      return linker.links();
    } finally {
      await runner.rollbackTransaction();
      await runner.release();
      this.#endpoints.clear();
    }
  }

  #partsOf({ low, parts }: TraceRow): LinkPart[] {
    const traceId = low.padStart(16, '0');
    return parts.split(PART).map((part) => {
      const [id = '', parent = '', kind, shared, failed, service = '', remote = '', address = ''] = part.split(FIELD);
      return {
        traceId,
        id: id.padStart(16, '0'),
        parentId: parent === '' ? undefined : parent.padStart(16, '0'),
        kind: Number(kind) as SpanKind,
        shared: shared === '1',
        localEndpoint: this.#endpoint(service, address),
        remoteServiceName: remote === '' ? undefined : remote,
        failed: failed === '1',
      };
    });
  }

  /** One object for all that are alike: a graph has few services and many spans. */
  #endpoint(service: string, address: string): Endpoint | undefined {
    const key = service + FIELD + address;
    if (!this.#endpoints.has(key)) this.#endpoints.set(key, endpointOf(service, address));
    return this.#endpoints.get(key);
  }
}

const nextPage = (runner: QueryRunner): Promise<TraceRow[]> =>
  runner.query(`FETCH ${TRACES_AT_A_TIME} FROM links`) as Promise<TraceRow[]>;

/** $1 tenant, $2 and $3 bounds of the spans that may matter, $4 and $5 bounds of the time of their trace. */
const TRACES = `
  SELECT to_hex(trace_low) AS low,
         string_agg(to_hex(id) || chr(31) || coalesce(to_hex(parent_id), '') || chr(31) || kind || chr(31) || shared::int
                    || chr(31) || failed::int || chr(31) || coalesce(service, '') || chr(31) || coalesce(remote_service, '')
                    || chr(31) || coalesce(local_address, ''),
                    chr(30)) AS parts
  FROM span WHERE tenant = $1 AND at_us >= $2 AND at_us <= $3
  GROUP BY trace_low
  HAVING coalesce(min(start_us) FILTER (WHERE parent_id IS NULL), min(start_us)) BETWEEN $4 AND $5`;
