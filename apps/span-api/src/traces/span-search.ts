import { TracerError } from '@tracer/base';
import { mergeTrace, type Span } from '@tracer/span-model';
import type { FoundSpan, SpanFilter, SpanOrder, SpanPosition, SpanQueries, SpanStore, Tenant } from '@tracer/storage';
import { wishHolds, type AttributeWish } from './attribute-condition.js';
import { cursorText, readCursor, type SearchCursor } from './search-cursor.js';
import { kindName, kindOf, traceFacts, type TraceFacts } from './trace-facts.js';

/** What spans to look for; all parts must hold in one span. */
export interface SpanSearchQuery extends AttributeWish {
  readonly service?: string | undefined;
  readonly name?: string | undefined;
  readonly kind?: string | undefined;
  readonly status?: 'ok' | 'error' | undefined;
  readonly minDurationUs?: number | undefined;
  readonly maxDurationUs?: number | undefined;
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  readonly sort?: 'start' | 'duration' | undefined;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
}

export interface SpanName {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
}

export interface TraceSummary extends TraceFacts {
  readonly traceId: string;
  readonly root?: SpanName;
  /** The first of the spans that match. */
  readonly match: SpanName;
  readonly matchedSpans: number;
}

export interface SpanSearchResult {
  readonly traces: readonly TraceSummary[];
  readonly scannedSpans: number;
  readonly matchedSpans: number;
  /** False when there may be more; `next` goes on there. */
  readonly complete: boolean;
  readonly next?: string;
}

const DAY_US = 86_400_000_000;
const DEFAULT_LIMIT = 20;
const PAGE_SPANS = 500;
const LARGEST_PAGE_SPANS = 5_000;
/** Spans looked at for one answer; a rare attribute would else read everything. */
const SCANNED_SPANS = 100_000;

/** Finds traces by their single spans, page by page. */
export class SpanSearch {
  constructor(
    private readonly store: Pick<SpanStore, 'traces'>,
    private readonly queries: Pick<SpanQueries, 'page'>,
  ) {}

  /** Throws VALIDATION for a cursor of another search, or bounds that leave nothing. */
  async find(tenant: Tenant, query: SpanSearchQuery, nowUs = Date.now() * 1000): Promise<SpanSearchResult> {
    const order: SpanOrder = query.sort === 'duration' ? 'slowest' : 'newest';
    const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, order);
    const filter = filterOf(query, query.toUs ?? cursor?.toUs ?? nowUs);
    const walk = new Walk(query, filter, order, cursor);
    while (!walk.isOver()) {
      const page = await this.queries.page(tenant, filter, walk.nextPage);
      for (let from = 0; from < page.length && !walk.isOver();) {
        const { to, traceIds } = walk.nextTraces(page, from);
        const traces = traceIds.length === 0 ? [] : await this.store.traces(tenant, traceIds, { strict: true });
        walk.take(page.slice(from, to), traces);
        from = to;
      }
      walk.endPage(page.length);
    }
    return walk.result;
  }
}

function filterOf(query: SpanSearchQuery, toUs: number): SpanFilter {
  const { minDurationUs, maxDurationUs } = query;
  const fromUs = query.fromUs ?? Math.max(0, toUs - DAY_US);
  if (fromUs > toUs) throw new TracerError('VALIDATION', 'fromUs must not be after toUs');
  if ((minDurationUs ?? 0) > (maxDurationUs ?? Infinity))
    throw new TracerError('VALIDATION', 'minDurationUs must not be above maxDurationUs');
  const parts = {
    serviceName: query.service?.toLowerCase(),
    spanName: query.name?.toLowerCase(),
    kind: query.kind === undefined ? undefined : kindOf(query.kind),
    failed: query.status === undefined ? undefined : query.status === 'error',
    minDurationUs,
    maxDurationUs,
  };
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
  return { ...given, fromUs, toUs };
}

/** The state of one search: what was seen, what is shown, and where it stands. */
class Walk {
  #over = false;
  readonly #shown: TraceSummary[] = [];
  readonly #decided: Set<string>;
  readonly #limit: number;
  #scanned = 0;
  #matched = 0;
  #size = PAGE_SPANS;
  #position: SpanPosition | undefined;
  #tied: string[];
  #complete = false;

  constructor(
    private readonly query: SpanSearchQuery,
    private readonly filter: SpanFilter,
    private readonly order: SpanOrder,
    private readonly cursor: SearchCursor | undefined,
  ) {
    this.#limit = query.limit ?? DEFAULT_LIMIT;
    this.#position = cursor?.position;
    this.#tied = [...(cursor?.tied ?? [])];
    this.#decided = new Set(this.#tied);
  }

  isOver(): boolean {
    return this.#over;
  }

  get nextPage(): { order: SpanOrder; size: number; after?: SpanPosition } {
    const after = this.#position;
    return { order: this.order, size: this.#size, ...(after === undefined ? {} : { after }) };
  }

  get result(): SpanSearchResult {
    const counts = { scannedSpans: this.#scanned, matchedSpans: this.#matched };
    const position = this.#position;
    if (this.#complete || position === undefined) return { traces: this.#shown, ...counts, complete: true };
    const next = cursorText({ order: this.order, position, toUs: this.filter.toUs, tied: this.#tied });
    return { traces: this.#shown, ...counts, complete: false, next };
  }

  matches(span: Span): boolean {
    return wishHolds(span, this.query);
  }

  /** A part of the page that leads to as many traces as are wanted still, and those that are to be read. */
  nextTraces(page: readonly FoundSpan[], from: number): { readonly to: number; readonly traceIds: string[] } {
    const traceIds = new Set<string>();
    let to = from;
    for (; to < page.length && traceIds.size < this.#limit - this.#shown.length; to++) {
      const span = page[to]?.span;
      if (span !== undefined && !this.#decided.has(span.traceId) && this.matches(span)) traceIds.add(span.traceId);
    }
    return { to, traceIds: [...traceIds] };
  }

  /** Goes through a part of a page, given the traces of those spans that match. */
  take(page: readonly FoundSpan[], traces: readonly (readonly Span[])[]): void {
    const byId = new Map(traces.map((spans) => [spans[0]?.traceId ?? '', spans]));
    for (const { span, position } of page) {
      this.#scanned++;
      if (position.key !== this.#position?.key) this.#tied = [];
      this.#position = position;
      if (!this.matches(span)) continue;
      this.#matched++;
      this.#show(span, byId.get(span.traceId));
      if (this.#shown.length < this.#limit) continue;
      this.#over = true;
      return;
    }
  }

  endPage(length: number): void {
    if (this.#over) return;
    this.#complete = length < this.#size;
    this.#over = this.#complete || this.#scanned >= SCANNED_SPANS;
    this.#size = Math.min(this.#size * 4, LARGEST_PAGE_SPANS);
  }

  /** Shows the trace, unless an answer before did so for an earlier span of it. */
  #show(span: Span, spans: readonly Span[] | undefined): void {
    const { traceId } = span;
    if (spans === undefined || this.#decided.has(traceId)) return;
    this.#decided.add(traceId);
    const matching = spans.filter((each) => this.#fits(each));
    const cursorKey = this.cursor?.position.key;
    if (cursorKey !== undefined && matching.some((each) => this.#keyOf(each) > cursorKey)) return;
    this.#tied.push(traceId);
    const root = spans.find(({ parentId }) => parentId === undefined);
    this.#shown.push({
      traceId,
      ...(root === undefined ? {} : { root: nameOf(root) }),
      match: nameOf(span),
      matchedSpans: Math.max(1, matching.length),
      ...traceFacts(mergeTrace(spans)),
    });
  }

  #keyOf(span: Span): number {
    const ns = this.order === 'newest' ? span.startNs : span.durationNs;
    return ns === undefined ? -1 : Number(ns / 1000n);
  }

  /** The conditions of the database, for a span that was read with its trace. */
  #fits(span: Span): boolean {
    const { fromUs, toUs, minDurationUs = -Infinity, maxDurationUs = Infinity, ...equal } = this.filter;
    const startUs = span.startNs === undefined ? NaN : Number(span.startNs / 1000n);
    const durationAsked = this.filter.minDurationUs !== undefined || this.filter.maxDurationUs !== undefined;
    const durationUs = span.durationNs === undefined ? NaN : Number(span.durationNs / 1000n);
    return [
      startUs >= fromUs && startUs <= toUs,
      !durationAsked || (durationUs >= minDurationUs && durationUs <= maxDurationUs),
      isWanted(span.localServiceName, equal.serviceName),
      isWanted(span.lowerName, equal.spanName),
      isWanted(span.kind, equal.kind),
      isWanted(span.failed, equal.failed),
      this.matches(span),
    ].every(Boolean);
  }
}

function isWanted<T>(value: T, wanted: T | undefined): boolean {
  return wanted === undefined || value === wanted;
}

function nameOf(span: Span): SpanName {
  return { service: span.localEndpoint?.serviceName ?? '', name: span.name, kind: kindName(span.kind) };
}
