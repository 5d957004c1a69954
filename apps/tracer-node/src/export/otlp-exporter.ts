import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@tracer/base';
import { eventsIn } from '@tracer/service-kit';
import { nowUs, type ExportCounts, type SessionDefinition } from '../sessions/session.js';
import type { RunExport, RunExporter } from '../sessions/session-host.js';
import type { Delivery } from './otlp-client.js';
import { exportRequest, skippedBy, spanOfLine, spanOfRun, type OtlpSpan, type SpanParent } from './otlp-span.js';

export interface OtlpExporterOptions {
  readonly client: { send(body: string, signal: AbortSignal): Promise<Delivery> };
  readonly node: string;
  readonly version: string;
  /** Lines that wait to be sent, over all sessions. */
  readonly queueBytes: number;
  readonly log: Log;
}

interface Totals {
  sent: number;
  dropped: number;
  lastError?: string;
}

/** Lines, or the end of a run, in the order in which they came. */
interface Item {
  readonly run: ExportedRun;
  readonly lines: Buffer;
  readonly isEnd: boolean;
}

/** As many spans as the batch processors of OpenTelemetry send at a time. */
const BATCH_SPANS = 512;
/** Time for a batch to fill: events come in small portions. */
const LINGER_MS = 200;

/**
 * Sends the events of sessions to an OTLP collector: a span per run, opened at its start and sent at its end, and below
 * it a span per event. One request is under way at a time; what does not fit into the queue meanwhile is dropped and
 * counted, so a collector that is slow or gone costs nothing but its own spans.
 *
 *   lines ─► queue, bounded in bytes ─► batches of 512 spans ─► one request after another, with retries
 */
export class OtlpExporter implements RunExporter {
  readonly totals: Totals = { sent: 0, dropped: 0 };
  readonly #options: OtlpExporterOptions;
  readonly #queue: Item[] = [];
  readonly #giveUp = new AbortController();
  #queuedBytes = 0;
  #sending: Promise<void> | undefined;
  #closed = false;

  constructor(options: OtlpExporterOptions) {
    this.#options = options;
  }

  begin(session: SessionDefinition): RunExport {
    return new ExportedRun(session, this.#options.node, (item) => {
      this.#enqueue(item);
    });
  }

  /** Sends what waits, for at most `deadlineMs`; what is left then is dropped and counted. */
  async close(deadlineMs: number): Promise<void> {
    this.#closed = true;
    const late = setTimeout(() => {
      this.#giveUp.abort();
    }, deadlineMs);
    while (this.#sending !== undefined) await this.#sending;
    clearTimeout(late);
  }

  #enqueue(item: Item): void {
    // The end of a run is let in always: it is small, and without it the other spans have no parent.
    if (!item.isEnd && this.#queuedBytes + item.lines.length > this.#options.queueBytes) {
      this.#drop(item.run, eventsIn(item.lines), 'the queue was full');
      return;
    }
    this.#queue.push(item);
    this.#queuedBytes += item.lines.length;
    this.#sending ??= this.#sendAll();
  }

  async #sendAll(): Promise<void> {
    if (!this.#closed) await sleep(LINGER_MS, undefined, { signal: this.#giveUp.signal }).catch(() => undefined);
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch();
      if (batch.spans.length === 0) continue;
      const body = exportRequest(batch.spans, this.#options.node, this.#options.version);
      const delivery = await this.#options.client.send(body, this.#giveUp.signal);
      this.#account(batch.perRun, delivery);
    }
    this.#sending = undefined;
  }

  #nextBatch(): { spans: OtlpSpan[]; perRun: Map<ExportedRun, number> } {
    const spans: OtlpSpan[] = [];
    const perRun = new Map<ExportedRun, number>();
    while (spans.length < BATCH_SPANS) {
      const item = this.#queue.shift();
      if (item === undefined) break;
      this.#queuedBytes -= item.lines.length;
      const room = BATCH_SPANS - spans.length;
      const { taken, skipped, rest } = item.run.spansOf(item.lines, room);
      if (skipped > 0) this.#drop(item.run, skipped, 'events came faster than they could be handed over');
      if (rest.length > 0) {
        this.#queue.unshift({ ...item, lines: rest });
        this.#queuedBytes += rest.length;
      } else if (item.isEnd) taken.push(item.run.ownSpan());
      spans.push(...taken);
      perRun.set(item.run, (perRun.get(item.run) ?? 0) + taken.length);
    }
    return { spans, perRun };
  }

  #account(perRun: ReadonlyMap<ExportedRun, number>, delivery: Delivery): void {
    let rejected = delivery.ok ? delivery.rejected : Infinity;
    for (const [run, spans] of perRun) {
      const lost = Math.min(spans, rejected);
      rejected -= lost;
      run.totals.sent += spans - lost;
      this.totals.sent += spans - lost;
      if (lost > 0) this.#drop(run, lost, delivery.ok ? (delivery.note ?? 'refused') : delivery.reason);
    }
  }

  #drop(run: ExportedRun, spans: number, reason: string): void {
    if (this.totals.lastError !== reason) this.#options.log.warn({ reason }, 'spans are not exported');
    run.totals.dropped += spans;
    run.totals.lastError = reason;
    this.totals.dropped += spans;
    this.totals.lastError = reason;
  }
}

class ExportedRun implements RunExport {
  readonly totals: Totals = { sent: 0, dropped: 0 };
  readonly #parent: SpanParent = { traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') };
  readonly #startUs = nowUs();
  #endUs = 0;
  #reason = '';

  constructor(
    private readonly session: SessionDefinition,
    private readonly node: string,
    private readonly enqueue: (item: Item) => void,
  ) {}

  lines(lines: Buffer): void {
    this.enqueue({ run: this, lines, isEnd: false });
  }

  end(reason: string): void {
    if (this.#endUs > 0) return;
    this.#endUs = nowUs();
    this.#reason = reason;
    this.enqueue({ run: this, lines: Buffer.alloc(0), isEnd: true });
  }

  counts(): ExportCounts {
    return { ...this.totals };
  }

  /** The first `limit` spans of the lines, how many events those say are missing, and the lines that are left. */
  spansOf(lines: Buffer, limit: number): { taken: OtlpSpan[]; skipped: number; rest: Buffer } {
    const taken: OtlpSpan[] = [];
    let skipped = 0;
    let at = 0;
    while (at < lines.length && taken.length < limit) {
      const newline = lines.indexOf(0x0a, at);
      const end = newline < 0 ? lines.length : newline;
      const span = spanOfLine(lines.toString('utf8', at, end), this.#parent, randomBytes(8).toString('hex'));
      if (span !== undefined) {
        taken.push(span);
        skipped += skippedBy(span);
      }
      at = end + 1;
    }
    return { taken, skipped, rest: lines.subarray(at) };
  }

  /** Attributes are named as the published agent names them. */
  ownSpan(): OtlpSpan {
    const { id, context, hook, podPattern, group } = this.session;
    return spanOfRun({
      ...this.#parent,
      name: context === '' ? hook : context,
      startUs: this.#startUs,
      endUs: this.#endUs,
      attributes: {
        node: this.node,
        pod: podPattern,
        traceJob: hook,
        traceSession: id,
        traceGroup: group,
        reason: this.#reason,
      },
    });
  }
}
