import { TracerError } from '@tracer/base';
import { atsSpanStrings, type Span } from '@tracer/span-model';
import {
  atsCallOf,
  atsOutcomeOf,
  type AtsCall,
  type AtsNameFilter,
  type AtsNames,
  type SpanPosition,
  type SpanQueries,
  type SpanStore,
  type Tenant,
  type TraceIdMatch,
} from '@tracer/storage';
import { storableText, type RawQuery } from '../http/query-parameters.js';
import { isProjectId, type ClusterScope } from '../http/tenant.js';
import { traceIdOf } from '../zipkin/zipkin-queries.js';
import { ATPS_OK, atsAnswer, atsEmpty, PROJECT_INVALID, type AtsAnswer } from './ats-answer.js';
import { atsTraceQuery, monitorGroupOf, requiredText, type AtsTraceQuery } from './ats-trace-query.js';

export interface AtsStores {
  readonly store: SpanStore;
  readonly queries: SpanQueries;
  readonly names: AtsNames;
}

export interface AtsOptions {
  readonly match: TraceIdMatch;
  /** How far back the lists reach. */
  readonly lookbackMs: number;
  /** With which HTTP status "no data" is said. */
  readonly emptyStatus: number;
}

/** Who asks, and for which part of the project. */
export interface AtsCaller {
  readonly projectId: string;
  readonly scope: ClusterScope;
}

/** Spans looked at in one search at most; a rare combination of conditions would else read everything. */
const SCANNED_SPANS = 200_000;
const PAGE_SPANS = 1_000;

/** The six questions of ATS. Throws VALIDATION; "no data" is an answer. */
export class AtsQueries {
  constructor(
    private readonly stores: AtsStores,
    private readonly options: AtsOptions,
  ) {}

  async monitorGroups(caller: AtsCaller): Promise<AtsAnswer> {
    return atsAnswer(await this.stores.names.monitorGroups(this.#nameFilter(caller, {})), ATPS_OK);
  }

  async applications(caller: AtsCaller, query: RawQuery): Promise<AtsAnswer> {
    return this.#list(await this.stores.names.applications(this.#nameFilter(caller, query)));
  }

  async instances(caller: AtsCaller, application: string, query: RawQuery): Promise<AtsAnswer> {
    const filter = this.#nameFilter(caller, query);
    return this.#list(await this.stores.names.names('instance', nameOf(application), filter));
  }

  async transactions(caller: AtsCaller, application: string, query: RawQuery): Promise<AtsAnswer> {
    const filter = this.#nameFilter(caller, query);
    if (filter.monitorGroup === undefined) throw new TracerError('VALIDATION', 'monitorGroup is required.');
    return this.#list(await this.stores.names.names('transaction', nameOf(application), filter));
  }

  /** The spans of a trace, each a JSON text of its own. */
  async spans(caller: AtsCaller, query: RawQuery): Promise<AtsAnswer> {
    const tenant = tenantOf(caller);
    const traceId = traceIdOf(requiredText(query, 'traceId').trim());
    const spans = await this.stores.store.trace(tenant, traceId, this.options.match);
    if (!(await this.#isFrom(tenant, traceId, caller.scope))) return this.#list([]);
    return this.#list(atsSpanStrings(spans));
  }

  /** A trace belongs to every place that one of its spans was sent from, or to all when a sender named none. */
  async #isFrom(tenant: Tenant, traceId: string, { clusterId, namespace }: ClusterScope): Promise<boolean> {
    if (clusterId === undefined && namespace === undefined) return true;
    const places = await this.stores.queries.placesOf(tenant, traceId);
    return places.some(
      (place) =>
        (place.clusterId ?? clusterId) === (clusterId ?? place.clusterId) &&
        (place.namespace ?? namespace) === (namespace ?? place.namespace),
    );
  }

  async traces(caller: AtsCaller, query: RawQuery): Promise<AtsAnswer> {
    const tenant = tenantOf(caller);
    const search = atsTraceQuery(query);
    const traceIds = await this.#findTraces(tenant, search, caller.scope);
    if (traceIds.length === 0) return atsEmpty(this.options.emptyStatus);
    const traces = await this.stores.store.traces(tenant, traceIds, this.options.match);
    const traceChains = traces.map((spans) => chainOf(spans, search)).filter((chain) => chain !== undefined);
    traceChains.sort((a, b) => b.startTime - a.startTime);
    return atsAnswer({ count: traceChains.length, traceChains });
  }

  /** Ids of the newest traces with a matching span. */
  async #findTraces(tenant: Tenant, search: AtsTraceQuery, scope: ClusterScope): Promise<string[]> {
    const { application: serviceName, fromUs, toUs, minDurationUs } = search;
    const filter = { serviceName, fromUs, toUs, ...scope, ...(minDurationUs > 0 ? { minDurationUs } : {}) };
    const found = new Set<string>();
    let after: SpanPosition | undefined;
    for (let scanned = 0; scanned < SCANNED_SPANS; scanned += PAGE_SPANS) {
      const options = { order: 'newest', size: PAGE_SPANS, ...(after === undefined ? {} : { after }) } as const;
      const page = await this.stores.queries.page(tenant, filter, options);
      for (const { span } of page) if (found.size < search.limit && matches(span, search)) found.add(span.traceId);
      after = page.at(-1)?.position;
      if (found.size >= search.limit || page.length < PAGE_SPANS) break;
    }
    return [...found];
  }

  #nameFilter(caller: AtsCaller, query: RawQuery): AtsNameFilter {
    const tenant = tenantOf(caller);
    const monitorGroup = monitorGroupOf(query);
    const sinceUs = Math.max(0, Date.now() - this.options.lookbackMs) * 1000;
    return { tenant, sinceUs, ...caller.scope, ...(monitorGroup === undefined ? {} : { monitorGroup }) };
  }

  #list(values: readonly string[]): AtsAnswer {
    return values.length === 0 ? atsEmpty(this.options.emptyStatus) : atsAnswer(values);
  }
}

function tenantOf({ projectId }: AtsCaller): Tenant {
  if (!isProjectId(projectId)) throw new TracerError('VALIDATION', PROJECT_INVALID);
  return projectId;
}

/** `name` of `name` or `name:port`. */
function nameOf(application: string): string {
  return storableText(application.replace(/:\d+$/, '').toLowerCase());
}

function matches(span: Span, search: AtsTraceQuery): boolean {
  const call = atsCallOf(span);
  return call?.application === search.application && timeFits(span, search) && callFits(span, call, search);
}

function timeFits({ startNs, durationNs = 0n }: Span, { fromUs, toUs, minDurationUs }: AtsTraceQuery): boolean {
  if (startNs === undefined) return false;
  const startUs = Number(startNs / 1000n);
  return startUs >= fromUs && startUs <= toUs && Number(durationNs / 1000n) >= minDurationUs;
}

function callFits(span: Span, call: AtsCall, search: AtsTraceQuery): boolean {
  const { monitorGroup = call.monitorGroup, instance = call.instance, transaction = call.transaction } = search;
  return (
    monitorGroup === call.monitorGroup &&
    instance.toLowerCase() === call.instance.toLowerCase() &&
    transaction === call.transaction &&
    (!search.failedOnly || atsOutcomeOf(span).failed)
  );
}

/** The earliest call of a trace that matches: how the trace entered the application. Times in microseconds. */
function chainOf(spans: readonly Span[], search: AtsTraceQuery) {
  const calls = spans.filter((span) => matches(span, search));
  calls.sort((a, b) => Number((a.startNs ?? 0n) - (b.startNs ?? 0n)));
  const [entry] = calls;
  const call = entry && atsCallOf(entry);
  if (entry === undefined || call === undefined) return undefined;
  const { type, status } = atsOutcomeOf(entry);
  const startTime = Number((entry.startNs ?? 0n) / 1000n);
  const duration = Number((entry.durationNs ?? 0n) / 1000n);
  const { application, instance, transaction } = call;
  const endTime = startTime + duration;
  return { traceId: entry.traceId, type, status, duration, application, instance, transaction, startTime, endTime };
}
