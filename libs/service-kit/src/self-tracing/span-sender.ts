import { reasonOf, type Log } from '@tracer/base';
import { encodeOtlpJson, type Span } from '@tracer/span-model';

export interface SpanSenderOptions {
  /** OTLP over HTTP, path included. */
  readonly url: string;
  /** Bearer token; '' for none. */
  readonly token: string;
  /** Spans that may wait; what comes beyond is dropped and counted. */
  readonly queueSpans: number;
  /** How long spans gather before they are sent. */
  readonly intervalMs: number;
  readonly requestMs: number;
}

/** Marks requests that carry spans of our own: they are not traced, or each would bring forth the next. */
export const SELF_SPANS_HEADER = 'x-tracer-self-spans';

/** So many spans are sent at a time, and at once when they are there. */
const BATCH_SPANS = 512;
/** A receiver that is down is mentioned once in so long. */
const COMPLAINT_MS = 60_000;

/**
 * Sends spans in batches, one request at a time. It never holds anybody up: what does not fit or does not arrive is
 * dropped and counted.
 */
export class SpanSender {
  readonly totals = { sent: 0, dropped: 0 };
  #waiting: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #complainedAtMs = -Infinity;
  #closed = false;

  constructor(
    private readonly options: SpanSenderOptions,
    private readonly log: Log,
  ) {}

  add(span: Span): void {
    if (this.#closed || this.#waiting.length >= this.options.queueSpans) {
      this.totals.dropped++;
      return;
    }
    this.#waiting.push(span);
    if (this.#waiting.length >= BATCH_SPANS) this.#start();
    else
      this.#timer ??= setTimeout(() => {
        this.#start();
      }, this.options.intervalMs).unref();
  }

  /** Sends what waits; resolves when it is sent or given up. */
  async flush(): Promise<void> {
    this.#start();
    await this.#sending;
  }

  /** Flushes and takes no more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.flush();
    clearTimeout(this.#timer);
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = undefined));
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH_SPANS);
      const problem = await this.#send(batch);
      if (problem === undefined) this.totals.sent += batch.length;
      else this.#dropped(batch.length, problem);
    }
  }

  /** Resolves with what went wrong. */
  async #send(spans: readonly Span[]): Promise<string | undefined> {
    const { url, token, requestMs } = this.options;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          [SELF_SPANS_HEADER]: '1',
          ...(token === '' ? {} : { Authorization: `Bearer ${token}` }),
        },
        body: encodeOtlpJson(spans),
        signal: AbortSignal.timeout(requestMs),
      });
      await response.arrayBuffer();
      return response.ok ? undefined : `status ${response.status}`;
    } catch (error) {
      return reasonOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
    }
  }

  #dropped(spans: number, reason: string): void {
    this.totals.dropped += spans;
    const nowMs = performance.now();
    if (nowMs - this.#complainedAtMs < COMPLAINT_MS) return;
    this.#complainedAtMs = nowMs;
    this.log.warn({ reason, url: this.options.url, dropped: this.totals.dropped }, 'spans of our own are not taken');
  }
}
