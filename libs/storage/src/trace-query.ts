import { remoteEndpointOf, type Span } from '@tracer/span-model';

/** Zipkin's search: every part is optional, names are lower case, absent parts match everything. */
export interface TraceQuery {
  readonly serviceName?: string;
  readonly remoteServiceName?: string;
  readonly spanName?: string;
  /** All must hold somewhere in the trace: an exact tag, or (without a value) an annotation or a tag of that name. */
  readonly annotationQuery?: readonly { readonly key: string; readonly value?: string }[];
  /** Of any span, in microseconds, inclusive. */
  readonly minDurationUs?: number;
  readonly maxDurationUs?: number;
  /** Epoch microseconds, inclusive: the trace's own time must lie between them. */
  readonly fromUs: number;
  readonly toUs: number;
  readonly limit: number;
}

/**
 * When a trace began, in epoch microseconds: the time of its root (a span without a parent), else its earliest. Undefined
 * when no span has a time; such a trace is found by id only.
 */
export function traceTimeUs(spans: readonly Span[]): number | undefined {
  let earliest: bigint | undefined;
  for (const { startNs, parentId } of spans) {
    if (startNs === undefined) continue;
    if (parentId === undefined) return Number(startNs / 1000n);
    if (earliest === undefined || startNs < earliest) earliest = startNs;
  }
  return earliest === undefined ? undefined : Number(earliest / 1000n);
}

/**
 * Zipkin's rule for one trace. A service name constrains all other parts: each must hold in a span of that service, not
 * necessarily the same one. Without it each part must hold in any span.
 */
export function traceMatches(spans: readonly Span[], query: TraceQuery): boolean {
  const timeUs = traceTimeUs(spans);
  if (timeUs === undefined || timeUs < query.fromUs || timeUs > query.toUs) return false;
  const { serviceName } = query;
  const candidates = serviceName === undefined ? spans : spans.filter((span) => span.localServiceName === serviceName);
  return candidates.length > 0 && conditionsOf(query).every((holds) => candidates.some(holds));
}

type Condition = (span: Span) => boolean;

function conditionsOf({ remoteServiceName, spanName, annotationQuery = [], ...query }: TraceQuery): Condition[] {
  const conditions: Condition[] = annotationQuery.map(
    ({ key, value }) =>
      (span) =>
        hasAnnotation(span, key, value),
  );
  if (remoteServiceName !== undefined)
    conditions.push((span) => remoteEndpointOf(span)?.lowerServiceName === remoteServiceName);
  if (spanName !== undefined) conditions.push(({ lowerName }) => lowerName === spanName);
  if (query.minDurationUs !== undefined) conditions.push((span) => durationFits(span, query));
  return conditions;
}

function hasAnnotation({ attributes, events }: Span, key: string, value: string | undefined): boolean {
  if (value !== undefined) return attributes.get(key) === value;
  return attributes.has(key) || events.some(({ name }) => name === key);
}

function durationFits(
  { durationNs }: Span,
  { minDurationUs = 0, maxDurationUs = Infinity }: Partial<TraceQuery>,
): boolean {
  if (durationNs === undefined) return false;
  const durationUs = Number(durationNs / 1000n);
  return durationUs >= minDurationUs && durationUs <= maxDurationUs;
}
