import { TracerError } from '@tracer/base';
import type { TraceQuery } from '@tracer/storage';
import { filledParameter, wholeParameter, type RawQuery } from '../http/query-parameters.js';

export interface ZipkinQueryDefaults {
  readonly lookbackMs: number;
  /** Most traces of one answer. */
  readonly mostTraces: number;
}

const DEFAULT_LIMIT = 10;
const ANNOTATION_TERMS = 100;
/** So far back that everything is included, and still exact in microseconds. */
const LONGEST_LOOKBACK_MS = 4_000_000_000_000;

function check(holds: boolean, text: string): void {
  if (!holds) throw new TracerError('VALIDATION', text);
}

/** The window that ends at `endTs` and is `lookback` long, in microseconds. */
export interface TimeWindow {
  readonly fromUs: number;
  readonly toUs: number;
}

export function timeWindow(endTsMs: number, lookbackMs: number): TimeWindow {
  const endMs = Math.min(endTsMs, LONGEST_LOOKBACK_MS);
  return { fromUs: Math.max(0, endMs - lookbackMs) * 1000, toUs: endMs * 1000 };
}

/** Reads the parameters of Zipkin's search. Throws VALIDATION with Zipkin's texts. */
export function zipkinTraceQuery(query: RawQuery, defaults: ZipkinQueryDefaults, nowMs = Date.now()): TraceQuery {
  const endTs = wholeParameter(query, 'endTs') ?? nowMs;
  const limit = wholeParameter(query, 'limit') ?? DEFAULT_LIMIT;
  const lookback = wholeParameter(query, 'lookback') ?? defaults.lookbackMs;
  const minDurationUs = wholeParameter(query, 'minDuration');
  const maxDurationUs = wholeParameter(query, 'maxDuration');
  check(endTs > 0, 'endTs <= 0');
  check(limit > 0, 'limit <= 0');
  check(lookback > 0, 'lookback <= 0');
  if (minDurationUs !== undefined) {
    check(minDurationUs > 0, 'minDuration <= 0');
    check(maxDurationUs === undefined || maxDurationUs >= minDurationUs, 'maxDuration < minDuration');
  } else check(maxDurationUs === undefined, 'maxDuration is only valid with minDuration');
  const spanName = lowerName(query, 'spanName');
  const parts = {
    serviceName: lowerName(query, 'serviceName'),
    remoteServiceName: lowerName(query, 'remoteServiceName'),
    spanName: spanName === 'all' ? undefined : spanName,
    minDurationUs,
    maxDurationUs,
    annotationQuery: annotationTerms(filledParameter(query, 'annotationQuery')),
  };
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
  return { ...given, ...timeWindow(endTs, lookback), limit: Math.min(limit, defaults.mostTraces) };
}

export function lowerName(query: RawQuery, name: string): string | undefined {
  return filledParameter(query, name)?.toLowerCase();
}

/** `error and http.method=GET`: terms that must all hold. Of several for one key the last counts, as with Zipkin. */
function annotationTerms(text: string | undefined): TraceQuery['annotationQuery'] {
  const terms = new Map<string, { key: string; value?: string }>();
  for (const term of text?.split(' and ').slice(0, ANNOTATION_TERMS) ?? []) {
    const at = term.indexOf('=');
    const key = (at < 0 ? term : term.slice(0, at)).trim();
    const value = at < 0 ? '' : term.slice(at + 1).trim();
    if (key !== '') terms.set(key, value === '' ? { key } : { key, value });
  }
  return terms.size === 0 ? undefined : [...terms.values()];
}
