import { TracerError } from '@tracer/base';
import type { SpanStore, Tenant, TraceIdMatch } from '@tracer/storage';
import { filledParameter, storableText, wholeParameter, type RawQuery } from '../http/query-parameters.js';
import { traceIdOf } from '../zipkin/zipkin-queries.js';
import { timeWindow } from '../zipkin/zipkin-trace-query.js';
import { jaegerTraceQuery } from './jaeger-query.js';
import { jaegerTrace } from './jaeger-trace.js';

export interface JaegerOptions {
  readonly match: TraceIdMatch;
  readonly lookbackMs: number;
  readonly mostTraces: number;
}

/** The envelope of all answers. */
export interface JaegerAnswer {
  readonly data: readonly unknown[];
  readonly total: number;
  readonly limit: 0;
  readonly offset: 0;
  readonly errors: null;
}

/** The read routes of Jaeger's query service, as its UI and Grafana use them. */
export class JaegerQueries {
  constructor(
    private readonly store: SpanStore,
    private readonly options: JaegerOptions,
  ) {}

  async services(tenant: Tenant): Promise<JaegerAnswer> {
    return answer(await this.store.serviceNames(tenant, this.#sinceUs));
  }

  /** Names only. */
  async operationNames(tenant: Tenant, service: string): Promise<JaegerAnswer> {
    return answer(await this.store.spanNames(tenant, storableText(service.toLowerCase()), this.#sinceUs));
  }

  /** Names with a kind, which is not known of a name. */
  async operations(tenant: Tenant, query: RawQuery): Promise<JaegerAnswer> {
    const service = filledParameter(query, 'service')?.toLowerCase();
    if (service === undefined) throw new TracerError('VALIDATION', 'service is required');
    const names = await this.store.spanNames(tenant, service, this.#sinceUs);
    return answer(names.map((name) => ({ name, spanKind: '' })));
  }

  /** By what they are, or several by their ids. */
  async traces(tenant: Tenant, query: RawQuery): Promise<JaegerAnswer> {
    const { match, mostTraces } = this.options;
    const given = [query['traceID']].flat().filter((id) => typeof id === 'string');
    const ids = given.map(jaegerTraceId);
    const found =
      ids.length > 0
        ? await this.store.traces(tenant, ids.slice(0, mostTraces), match)
        : await this.store.search(tenant, jaegerTraceQuery(query, mostTraces), match);
    return answer(found.map(jaegerTrace));
  }

  async trace(tenant: Tenant, id: string): Promise<JaegerAnswer> {
    const spans = await this.store.trace(tenant, jaegerTraceId(id), this.options.match);
    if (spans.length === 0) throw new TracerError('NOT_FOUND', 'trace not found');
    return answer([jaegerTrace(spans)]);
  }

  /** `endTs` and `lookback` in milliseconds. */
  async dependencies(tenant: Tenant, query: RawQuery): Promise<JaegerAnswer> {
    const endMs = wholeParameter(query, 'endTs') ?? Date.now();
    const { fromUs, toUs } = timeWindow(endMs, wholeParameter(query, 'lookback') ?? this.options.lookbackMs);
    const links = await this.store.dependencies(tenant, fromUs, toUs);
    return answer(links.map(({ parent, child, callCount }) => ({ parent, child, callCount })));
  }

  get #sinceUs(): number {
    return Math.max(0, Date.now() - this.options.lookbackMs) * 1000;
  }
}

function answer(data: readonly unknown[]): JaegerAnswer {
  return { data, total: data.length, limit: 0, offset: 0, errors: null };
}

/** Jaeger takes hexadecimal in any case, and what protobuf gateways make of ids: 8 or 16 bytes in base64. */
function jaegerTraceId(text: string): string {
  const isBase64 = /^([A-Za-z0-9+/_-]{22}==|[A-Za-z0-9+/_-]{11}=)$/.test(text);
  return traceIdOf(isBase64 ? Buffer.from(text, 'base64').toString('hex') : text.trim().toLowerCase());
}
