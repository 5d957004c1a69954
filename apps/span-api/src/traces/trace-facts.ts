import { SpanKind, type Span } from '@tracer/span-model';

/** What a trace is in a line. */
export interface TraceFacts {
  readonly spanCount: number;
  readonly errorCount: number;
  /** Sorted, as they were sent. */
  readonly services: readonly string[];
  readonly startUs?: number;
  readonly durationUs?: number;
}

const KIND_NAMES = new Map<SpanKind, string>(
  Object.entries(SpanKind).map(([name, number]) => [number, name.toUpperCase()]),
);

export function kindName(kind: SpanKind): string {
  return KIND_NAMES.get(kind) ?? 'UNSPECIFIED';
}

/** The number of a name as `kindName` gives them. */
export function kindOf(name: string): SpanKind | undefined {
  return Object.entries(SpanKind).find(([known]) => known === name.toLowerCase())?.[1];
}

/** Counts over the spans of a trace, merged or not. */
export function traceFacts(spans: readonly Span[]): TraceFacts {
  const services = new Set(spans.map((span) => span.localServiceName).filter((name) => name !== undefined));
  const errorCount = spans.filter((span) => span.failed).length;
  const counts = { spanCount: spans.length, errorCount, services: [...services].sort() };
  const timed = spans.filter((span): span is Span & { startNs: bigint } => span.startNs !== undefined);
  if (timed.length === 0) return counts;
  let startNs = timed[0]?.startNs ?? 0n;
  let endNs = startNs;
  for (const span of timed) {
    const spanEndNs = span.endNs ?? span.startNs;
    if (span.startNs < startNs) startNs = span.startNs;
    if (spanEndNs > endNs) endNs = spanEndNs;
  }
  return { ...counts, startUs: Number(startNs / 1000n), durationUs: Number((endNs - startNs) / 1000n) };
}
