import { setImmediate as nextTurn } from 'node:timers/promises';
import { reasonOf, type Log } from '@tracer/base';
import type { DecodedSpans } from '@tracer/span-model';
import type { AtsNames, IngestQueue, SpanBatch } from '@tracer/storage';

/** When a sender is told that its spans are taken. */
export type IngestAck = 'committed' | 'queued';

/** How spans came in, as metrics name it. */
export type IngestFormat =
  | 'zipkin-v1-json'
  | 'zipkin-v1-thrift'
  | 'zipkin-v2-json'
  | 'zipkin-v2-proto'
  | 'otlp-json'
  | 'otlp-proto'
  | 'otlp-grpc'
  | 'zipkin-grpc';

/** What the metrics tell about ingest. */
export interface IngestFigures {
  received(format: IngestFormat, spans: number): void;
  rejected(format: IngestFormat, spans: number): void;
  lost(what: 'attributes' | 'events' | 'links' | 'values' | 'duplicateKeys', count: number): void;
}

/** Whose spans, and from where. */
export type Sender = Omit<SpanBatch, 'spans'>;

/** Takes decoded spans of every format on the way to the store. */
export class SpanIngest {
  constructor(
    private readonly queue: Pick<IngestQueue, 'add'>,
    private readonly atsNames: AtsNames,
    private readonly ack: IngestAck,
    private readonly figures: IngestFigures,
    private readonly log: Log,
  ) {}

  /** Resolves when the spans may be acknowledged. Throws NOT_READY when they are not taken. */
  async accept(format: IngestFormat, decoded: DecodedSpans, sender: Sender): Promise<void> {
    this.#count(format, decoded);
    if (decoded.spans.length === 0) return;
    const batch = { ...sender, spans: decoded.spans };
    // Before the spans: a name without spans does no harm, spans that no list leads to would.
    await this.atsNames.record(batch);
    const stored = this.queue.add(batch);
    if (this.ack === 'committed') {
      await stored;
      return;
    }
    // A full queue refuses at once; what fails later can only be logged.
    await Promise.race([stored, nextTurn()]);
    stored.catch((error: unknown) => {
      this.log.error({ spans: batch.spans.length, reason: reasonOf(error) }, 'acknowledged spans could not be stored');
    });
  }

  #count(format: IngestFormat, { spans, rejected, losses }: DecodedSpans): void {
    this.figures.received(format, spans.length);
    if (rejected > 0) this.figures.rejected(format, rejected);
    if (!losses.any) return;
    for (const what of ['attributes', 'events', 'links', 'values', 'duplicateKeys'] as const)
      if (losses[what] > 0) this.figures.lost(what, losses[what]);
  }
}
