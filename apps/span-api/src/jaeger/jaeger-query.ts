import { TracerError } from '@tracer/base';
import type { TraceQuery } from '@tracer/storage';
import { filledParameter, wholeParameter, type RawQuery } from '../http/query-parameters.js';

const DEFAULT_LIMIT = 20;
const HOUR_US = 3_600_000_000;
const TAGS = 100;

const UNIT_US: Readonly<Record<string, number>> = {
  ns: 1e-3,
  us: 1,
  µs: 1,
  ms: 1_000,
  s: 1_000_000,
  m: 60_000_000,
  h: HOUR_US,
};
const DURATION = /^(\d{1,15}(\.\d{1,9})?(ns|us|µs|ms|s|m|h))+$/;
const DURATION_PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g;

/** A duration as Go writes them, `1.2s`, `100ms`, `1h5m`, in whole microseconds; undefined when there is none. */
export function goDurationUs(query: RawQuery, name: string): number | undefined {
  const text = filledParameter(query, name);
  if (text === undefined) return undefined;
  if (text.length > 100 || !DURATION.test(text))
    throw new TracerError('VALIDATION', `${name} must be a duration such as 1.2s or 100ms`);
  let us = 0;
  for (const [, number, unit] of text.matchAll(DURATION_PART)) us += Number(number) * (UNIT_US[unit ?? ''] ?? 0);
  return Math.min(Math.round(us), Number.MAX_SAFE_INTEGER);
}

/** Reads the parameters of Jaeger's search. Throws VALIDATION naming the parameter. */
export function jaegerTraceQuery(query: RawQuery, mostTraces: number, nowUs = Date.now() * 1000): TraceQuery {
  const serviceName = filledParameter(query, 'service')?.toLowerCase();
  if (serviceName === undefined) throw new TracerError('VALIDATION', 'service is required');
  const toUs = wholeParameter(query, 'end') ?? nowUs;
  const fromUs = wholeParameter(query, 'start') ?? toUs - HOUR_US;
  const limit = wholeParameter(query, 'limit') ?? DEFAULT_LIMIT;
  if (limit < 1) throw new TracerError('VALIDATION', 'limit must be 1 or more');
  const maxDurationUs = goDurationUs(query, 'maxDuration');
  const parts = {
    spanName: filledParameter(query, 'operation')?.toLowerCase(),
    minDurationUs: goDurationUs(query, 'minDuration') ?? (maxDurationUs === undefined ? undefined : 0),
    maxDurationUs,
    annotationQuery: tagTerms(query),
  };
  const given = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined));
  return { ...given, serviceName, fromUs: Math.max(0, fromUs), toUs, limit: Math.min(limit, mostTraces) };
}

/** `tags={"http.method":"GET"}` and any number of `tag=key:value`. */
function tagTerms(query: RawQuery): TraceQuery['annotationQuery'] {
  const terms = [...jsonTags(filledParameter(query, 'tags')), ...colonTags(query['tag'])].slice(0, TAGS);
  return terms.length === 0 ? undefined : terms;
}

function jsonTags(text: string | undefined): { key: string; value: string }[] {
  if (text === undefined) return [];
  const tags = parsed(text);
  if (typeof tags !== 'object' || tags === null || Array.isArray(tags))
    throw new TracerError('VALIDATION', 'tags must be a JSON object of texts');
  return Object.entries(tags).map(([key, value]) => ({ key, value: String(value) }));
}

function colonTags(given: unknown): { key: string; value: string }[] {
  return [given].flat().flatMap((text) => {
    if (typeof text !== 'string') return [];
    const at = text.indexOf(':');
    if (at < 1) throw new TracerError('VALIDATION', 'tag must be key:value');
    return [{ key: text.slice(0, at), value: text.slice(at + 1) }];
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
