import { once } from 'node:events';
import { statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SpanWorld } from './fixtures/span-world.js';

// The client takes these when it is loaded: its timer ticks when a test says so, and its requests can be waited for.
const { fetch: realFetch, setInterval: realInterval } = globalThis;
const underWay = new Set<Promise<unknown>>();
let tick = (): void => undefined;
globalThis.fetch = (...request) => {
  const answer = realFetch(...request);
  underWay.add(answer);
  return answer;
};
globalThis.setInterval = ((act: () => void) => {
  tick = act;
  return { unref: () => undefined };
}) as unknown as typeof setInterval;
const { RemoteTrace } = await import('../../clients/perf-tracer-js/remote-trace.mjs');
Object.assign(globalThis, { fetch: realFetch, setInterval: realInterval });

/** Resolves when every request of the client was answered and it has drawn its conclusions. */
async function answered(): Promise<void> {
  await Promise.allSettled(underWay);
  underWay.clear();
  await new Promise((resolve) => setImmediate(resolve));
}

interface Seen {
  readonly path: string;
  readonly type: string | undefined;
  readonly body: Record<string, unknown> & { runs?: SentRun[] };
}

interface SentRun {
  readonly trace_tag: string;
  readonly trace_id: string | null;
  readonly steps: { step_name: string; track_duration: boolean; offset_ms: number }[];
  readonly end_ms: number;
  readonly sent_ms: number;
}

interface Run {
  readonly trace_id: string;
  readonly duration_seconds: number;
  readonly steps: { step_name: string; track_duration: boolean; duration_seconds: number }[];
}

describe('the client, by what it sends', () => {
  let server: Server;
  let url: string;
  /** What the next requests are answered with, and all after them. */
  let answers: number[];
  let status: number;
  const seen: Seen[] = [];

  beforeEach(async () => {
    answers = [];
    status = 200;
    seen.length = 0;
    server = createServer((request, response) => {
      void request.toArray().then((chunks) => {
        const body = JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as Seen['body'];
        seen.push({ path: request.url ?? '', type: request.headers['content-type'], body });
        response.writeHead(answers.shift() ?? status).end('{}');
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/tracing`;
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });
  it('is under 2 kB', () => {
    expect(statSync(new URL('../../clients/perf-tracer-js/remote-trace.mjs', import.meta.url)).size).toBeLessThan(
      2_048,
    );
  });

  it('sends each action as the published client does', async () => {
    const trace = new RemoteTrace('my-feature', { url });
    await trace.start();
    await trace.step('a');
    await trace.step('b', { track: false });
    await new RemoteTrace('my-feature', { url, id: '7' }).step('c', { end: true });
    await trace.end();
    const none = { trace_tag: 'my-feature', trace_id: null };
    expect(seen).toEqual([
      { path: '/api/tracing/start', type: 'application/json', body: none },
      {
        path: '/api/tracing/step',
        type: 'application/json',
        body: { ...none, step_name: 'a', track_duration: true, end_trace: false },
      },
      {
        path: '/api/tracing/step',
        type: 'application/json',
        body: { ...none, step_name: 'b', track_duration: false, end_trace: false },
      },
      {
        path: '/api/tracing/step',
        type: 'application/json',
        body: { trace_tag: 'my-feature', trace_id: '7', step_name: 'c', track_duration: true, end_trace: true },
      },
      { path: '/api/tracing/end', type: 'application/json', body: none },
    ]);
    expect([trace.name, trace.id, trace.url]).toEqual(['my-feature', null, url]);
  });

  it('times a batch itself and sends it when told to', async () => {
    const trace = new RemoteTrace('feature', { url, id: 'x', batch: true });
    await trace.step('before the start: nothing');
    await trace.end();
    await trace.start();
    await sleep(30);
    await trace.step('waited', { track: false });
    await trace.step('done', { end: true });
    await trace.end();
    await sleep(20);
    await answered();
    expect(seen).toHaveLength(0);
    RemoteTrace.flush();
    await answered();
    expect(seen).toHaveLength(1);
    const [run, ...others] = seen[0]?.body.runs ?? [];
    expect([seen[0]?.path, others]).toEqual(['/api/tracing/batch', []]);
    expect(run).toMatchObject({
      trace_tag: 'feature',
      trace_id: 'x',
      steps: [
        { step_name: 'waited', track_duration: false },
        { step_name: 'done', track_duration: true },
      ],
    });
    const times = [29, run?.steps[0]?.offset_ms, run?.steps[1]?.offset_ms, run?.end_ms, (run?.sent_ms ?? 0) - 19].map(
      Number,
    );
    expect(times).toEqual([...times].sort((a, b) => a - b));
    RemoteTrace.flush();
    await answered();
    expect(seen).toHaveLength(1);
  });

  it('sends what is finished from time to time', async () => {
    const trace = new RemoteTrace('now and then', { url, batch: true });
    await trace.start();
    tick();
    await answered();
    expect(seen).toHaveLength(0);
    await trace.end();
    tick();
    await answered();
    expect(seen[0]?.body.runs).toMatchObject([{ trace_tag: 'now and then', steps: [] }]);
  });

  it('sends twenty runs together by itself', async () => {
    const trace = new RemoteTrace('many', { url, batch: true });
    for (let count = 0; count < 20; count++) {
      await trace.start();
      await trace.end();
    }
    await answered();
    expect(seen.map(({ body }) => body.runs?.length)).toEqual([20]);
  });

  it('keeps what a server could not take, but not what it refused', async () => {
    const trace = new RemoteTrace('again', { url, batch: true });
    await trace.start();
    await trace.end();
    answers = [503, 500, 422];
    for (const sent of [1, 2, 3, 3]) {
      RemoteTrace.flush();
      await answered();
      expect(seen).toHaveLength(sent);
    }
    const runs = seen.map(({ body }) => body.runs?.[0]);
    expect(Number(runs[2]?.sent_ms)).toBeGreaterThan(Number(runs[0]?.sent_ms));
    expect(runs[2]?.end_ms).toBe(runs[0]?.end_ms);
  });

  it('bounds what it keeps while the server takes nothing', async () => {
    status = 503;
    const trace = new RemoteTrace('lost', { url, batch: true });
    for (let count = 0; count < 1_000; count++) {
      await trace.start();
      await trace.end();
      if (count % 20 === 19) await answered();
    }
    status = 200;
    const before = seen.length;
    for (let times = 0; times < 8; times++) RemoteTrace.flush();
    await answered();
    const kept = seen.slice(before).reduce((sum, { body }) => sum + (body.runs?.length ?? 0), 0);
    expect(kept).toBeGreaterThan(300);
    expect(kept).toBeLessThan(600);
  });

  it('tells the caller of an unbatched action that nobody listens', async () => {
    await expect(new RemoteTrace('lost', { url: 'http://127.0.0.1:9/api/tracing' }).start()).rejects.toThrow();
  });
});

describe('the client with the service', () => {
  const world = new SpanWorld();
  beforeAll(() => world.start(), 60_000);
  afterAll(() => world.close());

  it('follows a feature, step by step and in batches', async () => {
    const url = `http://127.0.0.1:${world.port}/api/tracing`;
    for (const batch of [false, true]) {
      const trace = new RemoteTrace('client', { url, batch, id: String(batch) });
      await trace.start();
      await trace.step('one');
      await sleep(20);
      await trace.step('pause', { track: false });
      await trace.step('two', { end: true });
    }
    RemoteTrace.flush();
    let runs: Run[] = [];
    while (runs.length < 2) {
      await sleep(20);
      runs = await world.json<Run[]>('/api/traces/client');
    }
    expect(runs.map(({ trace_id, steps }) => [trace_id, steps.map(({ step_name }) => step_name)])).toEqual([
      ['false', ['one', 'pause', 'two']],
      ['true', ['one', 'pause', 'two']],
    ]);
    for (const { steps, duration_seconds } of runs) {
      expect(steps[1]?.duration_seconds).toBeGreaterThan(0.015);
      const counted = steps.filter((step) => step.track_duration).reduce((sum, step) => sum + step.duration_seconds, 0);
      // In a batch the run ends a little after its last step.
      expect(duration_seconds).toBeGreaterThan(counted - 0.000_01);
    }
  });
});
