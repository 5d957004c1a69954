import { decodeSpanRecord, lowTraceId, type Span } from '@tracer/span-model';
import { traceMatches, traceTimeUs, type Tenant, type TraceIdMatch, type TraceQuery } from '@tracer/storage';
import type { DataSource } from 'typeorm';
import { LONGEST_TRACE_US, SKEW_US } from './trace-times.js';
import type { SpanOrigins } from './span-origins.js';
import { READ_COLUMNS, signed64, traceHalves, type SpanRow } from './span-rows.js';

/** Candidate spans read at a time: first few, because a page of ten traces is the common case, then more. */
const FIRST_CANDIDATES = 200;
const MOST_CANDIDATES = 5_000;

interface Candidate {
  readonly low: string;
  readonly high: string;
  readonly at_us: string;
}

/** Reads traces by id, and finds them. */
export class SpanReader {
  constructor(
    private readonly source: DataSource,
    private readonly origins: SpanOrigins,
  ) {}

  /** Spans of the traces, those of one trace in the order in which they were stored. */
  async traces(tenant: Tenant, traceIds: readonly string[], { strict }: TraceIdMatch): Promise<Span[][]> {
    const lows = [...new Set(traceIds.map((traceId) => signed64(traceHalves(traceId).low)))];
    const rows = await this.source.query<SpanRow[]>(
      `SELECT ${READ_COLUMNS} FROM span WHERE trace_low = ANY ($1::bigint[]) AND tenant = $2 ORDER BY seq`,
      [lows, tenant],
    );
    const keyOf = strict ? (traceId: string) => traceId : lowTraceId;
    const wanted = new Map<string, Span[]>(traceIds.map((traceId) => [keyOf(traceId), []]));
    const originOf = await this.origins.load(rows.map(({ origin }) => origin));
    for (const { origin, record } of rows) {
      const { resource, scope } = originOf(origin);
      const span = decodeSpanRecord(record, resource, scope);
      wanted.get(keyOf(span.traceId))?.push(span);
    }
    return [...wanted.values()].filter((spans) => spans.length > 0);
  }

  /**
   * Walks spans that could lead to a match from the newest to older ones, reads their traces whole and applies the exact
   * rule to each, until enough traces are found that are newer than everything that is left.
   */
  async search(tenant: Tenant, query: TraceQuery, match: TraceIdMatch): Promise<Span[][]> {
    const found: { readonly timeUs: number; readonly spans: Span[] }[] = [];
    const seen = new Set<string>();
    let beforeUs = query.toUs + LONGEST_TRACE_US;
    for (let size = FIRST_CANDIDATES; ; size = Math.min(size * 4, MOST_CANDIDATES)) {
      const candidates = await this.#candidates(tenant, query, beforeUs, size);
      for (const spans of await this.#unseenTraces(tenant, candidates, seen, match))
        if (traceMatches(spans, query)) found.push({ timeUs: traceTimeUs(spans) ?? 0, spans });
      found.sort((a, b) => b.timeUs - a.timeUs);
      const last = candidates.at(-1);
      if (last === undefined || candidates.length < size) break;
      // More spans of one microsecond than fit a page: the rest of them is passed over, or the walk would stand still.
      beforeUs = Math.min(Number(last.at_us), size === MOST_CANDIDATES ? beforeUs - 1 : beforeUs);
      const enough = found[query.limit - 1];
      if (enough !== undefined && enough.timeUs >= beforeUs) break;
    }
    return found.slice(0, query.limit).map(({ spans }) => spans);
  }

  #unseenTraces(
    tenant: Tenant,
    candidates: readonly Candidate[],
    seen: Set<string>,
    match: TraceIdMatch,
  ): Promise<Span[][]> {
    const fresh = new Set(candidates.map(({ low, high }) => traceIdOf(low, high)).filter((id) => !seen.has(id)));
    for (const id of fresh) seen.add(id);
    return fresh.size === 0 ? Promise.resolve([]) : this.traces(tenant, [...fresh], match);
  }

  /** Newest first. Rows of the very moment `beforeUs` come again: more than one page may hold that moment. */
  async #candidates(tenant: Tenant, query: TraceQuery, beforeUs: number, size: number): Promise<Candidate[]> {
    const values: unknown[] = [tenant, String(query.fromUs - SKEW_US), String(beforeUs)];
    const conditions = conditionsOf(query, values);
    return await this.source.query<Candidate[]>(
      `SELECT to_hex(trace_low) AS low, to_hex(trace_high) AS high, at_us FROM span
       WHERE tenant = $1 AND at_us >= $2 AND at_us <= $3 ${conditions} ORDER BY at_us DESC LIMIT ${size}`,
      values,
    );
  }
}

/** What one span of a match must fulfil; the most selective part is enough, the exact rule decides afterwards. */
function conditionsOf(query: TraceQuery, values: unknown[]): string {
  const conditions: string[] = [];
  const add = (condition: (parameter: string) => string, value: unknown): void => {
    values.push(value);
    conditions.push(`AND ${condition(`$${values.length}`)}`);
  };
  if (query.serviceName !== undefined) add((p) => `service = ${p}`, query.serviceName);
  if (query.minDurationUs !== undefined) {
    add((p) => `duration_us >= ${p}`, String(query.minDurationUs));
    if (query.maxDurationUs !== undefined) add((p) => `duration_us <= ${p}`, String(query.maxDurationUs));
  } else if (query.spanName !== undefined) add((p) => `name = ${p}`, query.spanName);
  else if (query.remoteServiceName !== undefined) add((p) => `remote_service = ${p}`, query.remoteServiceName);
  return conditions.join(' ');
}

function traceIdOf(low: string, high: string): string {
  const lower = low.padStart(16, '0');
  return high === '0' ? lower : high.padStart(16, '0') + lower;
}
