import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@tracer/base';

/** How a request with spans went: how many the collector refused of those it took. */
export type Delivery = { readonly ok: true; readonly rejected: number; readonly note?: string } | Failure;

interface Failure {
  readonly ok: false;
  readonly reason: string;
}

export interface OtlpClientOptions {
  readonly url: string;
  readonly requestMs: number;
  /** How often a request is sent in all. */
  readonly attempts: number;
  /** Pause before the second attempt, doubled each time, with up to half of it taken off at random. */
  readonly backoffMs: number;
  readonly maxBackoffMs: number;
}

export const CLIENT_DEFAULTS = { requestMs: 10_000, attempts: 6, backoffMs: 500, maxBackoffMs: 30_000 };

/** The statuses after which OTLP tells clients to try again; every other failure is final. */
const RETRYABLE = new Set([429, 502, 503, 504]);
const MAX_ANSWER = 64 * 1024;

/** Sends OTLP/HTTP requests in JSON, again if the collector cannot take them now. */
export class OtlpClient {
  constructor(
    private readonly options: OtlpClientOptions,
    private readonly random: () => number = Math.random,
  ) {}

  /** Never rejects. Gives up early when `signal` fires. */
  async send(body: string, signal: AbortSignal): Promise<Delivery> {
    const { attempts, backoffMs, maxBackoffMs } = this.options;
    for (let attempt = 1; ; attempt++) {
      const { delivery, retryAfterMs } = await this.#post(body, signal);
      if (delivery.ok || retryAfterMs === undefined || attempt >= attempts || signal.aborted) return delivery;
      const growing = Math.min(maxBackoffMs, backoffMs * 2 ** (attempt - 1)) * (1 - this.random() / 2);
      const pauseMs = Math.min(maxBackoffMs, Math.max(growing, retryAfterMs));
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** `retryAfterMs` is there when another attempt makes sense: 0, or what the collector asks for. */
  async #post(body: string, signal: AbortSignal): Promise<{ delivery: Delivery; retryAfterMs?: number }> {
    const { url, requestMs } = this.options;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body,
        signal: AbortSignal.any([signal, AbortSignal.timeout(requestMs)]),
      });
      const text = (await response.text()).slice(0, MAX_ANSWER);
      if (response.ok) return { delivery: accepted(text) };
      const reason = `${url} answered ${response.status} ${text.slice(0, 200)}`.trim();
      const retry = RETRYABLE.has(response.status) ? { retryAfterMs: retryAfter(response.headers) } : {};
      return { delivery: { ok: false, reason }, ...retry };
    } catch (error) {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      return { delivery: { ok: false, reason: `${url}: ${reasonOf(cause) || 'no connection'}` }, retryAfterMs: 0 };
    }
  }
}

/** A collector may take a request and still refuse some of its spans; those must not be sent again. */
function accepted(text: string): Delivery {
  try {
    const { partialSuccess } = JSON.parse(text) as {
      partialSuccess?: { rejectedSpans?: string; errorMessage?: string };
    };
    const rejected = Number(partialSuccess?.rejectedSpans ?? 0);
    const note = partialSuccess?.errorMessage;
    return { ok: true, rejected: rejected > 0 ? rejected : 0, ...(note ? { note } : {}) };
  } catch {
    // An empty body, or one that is not JSON: the status says that all is well.
    return { ok: true, rejected: 0 };
  }
}

/** `Retry-After` in seconds or as a date; 0 without one. */
function retryAfter(headers: Headers): number {
  const text = headers.get('retry-after') ?? '';
  if (/^\d+$/.test(text)) return Number(text) * 1000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? 0 : Math.max(0, atMs - Date.now());
}
