import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SuiteStage } from './suite-stage.js';

const SPANS_A_TRACE = 20;
const TRACES_A_QUESTION = 40;

/** What became of a load. */
export interface LoadResult {
  readonly acknowledged: number;
  readonly refused: number;
  /** Acknowledged spans that are not there. The one figure that must be 0. */
  readonly lost: number;
}

/** Sends spans through the gateway as fast as it takes them and remembers which were acknowledged. */
export class SpanLoad {
  readonly #acknowledged: string[] = [];
  readonly #statuses = new Map<string, number>();
  #refused = 0;
  #stopped = false;
  readonly #senders: Promise<void>[];

  constructor(
    private readonly stage: SuiteStage,
    senders = 2,
  ) {
    stage.background.add(() => (this.#stopped = true));
    this.#senders = Array.from({ length: senders }, () => this.#send());
  }

  /** Resolves when so many more traces were acknowledged. */
  async more(traces: number): Promise<void> {
    const wanted = this.#acknowledged.length + traces;
    await this.stage.until(`${traces} more traces are acknowledged`, () => this.#acknowledged.length >= wanted);
  }

  get refusals(): number {
    return this.#refused;
  }

  /** How often each kind of refusal was met: `503`, `cut`. */
  get refusalKinds(): string {
    return [...this.#statuses].map(([kind, count]) => `${kind} × ${count}`).join(', ') || 'none';
  }

  /** Ends the load and reads every acknowledged trace back. */
  async finish(): Promise<LoadResult> {
    this.#stopped = true;
    await Promise.all(this.#senders);
    let found = 0;
    for (let at = 0; at < this.#acknowledged.length; at += TRACES_A_QUESTION) {
      const ids = this.#acknowledged.slice(at, at + TRACES_A_QUESTION);
      const traces = await this.#read(ids);
      found += traces.reduce((sum, spans) => sum + Math.min(spans.length, SPANS_A_TRACE), 0);
    }
    const acknowledged = this.#acknowledged.length * SPANS_A_TRACE;
    return { acknowledged, refused: this.#refused, lost: acknowledged - found };
  }

  /** Zipkin's route for many traces refuses a single id, and the last question may be about one. */
  async #read(ids: readonly string[]): Promise<unknown[][]> {
    if (ids.length === 1) return [await this.stage.json<unknown[]>(`/api/v2/trace/${ids[0]}`)];
    return this.stage.json<unknown[][]>(`/api/v2/traceMany?traceIds=${ids.join(',')}`);
  }

  async #send(): Promise<void> {
    while (!this.#stopped) {
      const traceId = randomBytes(16).toString('hex');
      const outcome = await this.stage
        .fetch('/api/v2/spans', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(spansOf(traceId)),
        })
        .then(async (response) => {
          await response.arrayBuffer();
          return String(response.status);
        })
        .catch(() => 'cut');
      if (outcome === '202') this.#acknowledged.push(traceId);
      else {
        this.#refused++;
        this.#statuses.set(outcome, (this.#statuses.get(outcome) ?? 0) + 1);
        await sleep(50);
      }
    }
  }
}

function spansOf(traceId: string): object[] {
  return Array.from({ length: SPANS_A_TRACE }, (_, at) => ({
    traceId,
    id: randomBytes(8).toString('hex'),
    name: `step ${at}`,
    timestamp: Date.now() * 1000,
    duration: 1000 + at,
    localEndpoint: { serviceName: 'fault-load' },
    tags: { filling: 'x'.repeat(100) },
  }));
}
