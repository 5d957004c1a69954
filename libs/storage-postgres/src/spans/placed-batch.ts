import { remoteEndpointOf, type Span } from '@tracer/span-model';
import type { SpanBatch } from '@tracer/storage';

/** A start more than a day ahead is a broken clock; such spans are stored by the time they came. */
const AHEAD_US = 86_400_000_000;

/** A batch with what both its rows and its names need of each span, found once. */
export interface PlacedBatch {
  readonly batch: SpanBatch;
  /** When each span is stored: its start, or the time it came. Epoch microseconds; a double holds them exactly. */
  readonly atUs: Float64Array;
  /** Lower-case name of the service on the other side of each span. */
  readonly remotes: readonly (string | undefined)[];
}

export function placeBatch(batch: SpanBatch, nowUs: number): PlacedBatch {
  const atUs = Float64Array.from(batch.spans, (span) => storageTimeUs(span, nowUs));
  return { batch, atUs, remotes: batch.spans.map((span) => remoteEndpointOf(span)?.lowerServiceName) };
}

function storageTimeUs({ startNs }: Span, nowUs: number): number {
  if (startNs === undefined) return nowUs;
  const startUs = Number(startNs / 1000n);
  return startUs > nowUs + AHEAD_US ? nowUs : startUs;
}
