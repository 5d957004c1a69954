import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { SpanApiProcess } from './fixtures/span-api-process.js';

// span-api from dist/ on a PostgreSQL of its own; both are killed without warning while spans come in.
const api = new SpanApiProcess(27_183);
const { base } = api;
const KILLS = 20;
const SENDERS = 3;
const SPANS = 20;

/** Sends traces of 20 spans until told to stop, and notes what became of them. */
class Sender {
  readonly acknowledged: string[] = [];
  readonly unanswered: string[] = [];
  #stopped = false;

  async run(): Promise<void> {
    while (!this.#stopped) {
      const traceId = randomBytes(16).toString('hex').replace(/^./, '7');
      const status = await this.#send(traceId);
      if (status === 202) this.acknowledged.push(traceId);
      else {
        this.unanswered.push(traceId);
        await sleep(30);
      }
    }
  }

  stop(): void {
    this.#stopped = true;
  }

  async #send(traceId: string): Promise<number> {
    const spans = Array.from({ length: SPANS }, (_, index) => ({
      traceId,
      id: (index + 1).toString(16).padStart(16, '0'),
      name: 'work',
      timestamp: Date.now() * 1000,
      duration: 5,
      localEndpoint: { serviceName: 'sender' },
    }));
    try {
      const answer = await fetch(`${base}/api/v2/spans`, { method: 'POST', body: JSON.stringify(spans) });
      await answer.arrayBuffer();
      return answer.status;
    } catch {
      return 0;
    }
  }
}

/** How many spans each trace has, and how many of them differ. */
async function stored(traceIds: readonly string[]): Promise<Map<string, [spans: number, distinct: number]>> {
  const found = new Map<string, [number, number]>();
  for (let at = 0; at < traceIds.length; at += 100) {
    // The second id makes sure that there are two.
    const ids = [...traceIds.slice(at, at + 100), '1'].join(',');
    const traces = (await (await fetch(`${base}/api/v2/traceMany?traceIds=${ids}`)).json()) as {
      traceId: string;
      id: string;
    }[][];
    for (const spans of traces)
      found.set(spans[0]?.traceId ?? '', [spans.length, new Set(spans.map(({ id }) => id)).size]);
  }
  return found;
}

beforeAll(() => api.start(), 180_000);
afterAll(() => api.stop());

describe('span-api under load', () => {
  it('has every span that it acknowledged, once, after 20 kills of itself and of the database', async () => {
    const senders = Array.from({ length: SENDERS }, () => new Sender());
    const sending = senders.map((sender) => sender.run());
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(150 + (kill % 7) * 40);
      if (kill % 2 === 0) {
        await api.endApi('SIGKILL');
        api.startApi();
      } else {
        await api.killPostgres();
      }
      await api.ready();
    }
    await sleep(300);
    for (const sender of senders) sender.stop();
    await Promise.all(sending);
    const acknowledged = senders.flatMap((sender) => sender.acknowledged);
    const unanswered = senders.flatMap((sender) => sender.unanswered);
    expect(acknowledged.length).toBeGreaterThan(KILLS);
    expect(unanswered.length).toBeGreaterThan(0);
    const kept = await stored(acknowledged);
    expect(acknowledged.filter((traceId) => !kept.has(traceId))).toEqual([]);
    // What was not acknowledged is there whole or not at all, never twice.
    for (const counts of [...kept.values(), ...(await stored(unanswered)).values()])
      expect(counts).toEqual([SPANS, SPANS]);
  }, 600_000);

  it('stops when asked', async () => {
    expect(await api.endApi('SIGTERM')).toBe(0);
    await api.start();
  }, 180_000);
});
