import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDemoPod } from '../host/fixtures/demo-pod.js';
import { ordinaryRequests, RawConnection } from './connections.js';
import type { Fault } from './fault.js';
import { KernelSession } from './kernel-session.js';
import { mib, seconds, type SuiteStage } from './suite-stage.js';
import { writeTrace } from './trace-files.js';

const SERVICES = ['tracer-svc', 'tracer-node', 'trace-indexer', 'span-api'] as const;
const BIG_EVENTS = 300_000;
const BIG_PATH = '/api/v1/events/stream?file=big.pfw.gz';
/** Caches of decoded text, threads, and what is under way for each reader; far less than the readers would take. */
const BOUND_BYTES = 900 * 2 ** 20;
/** What garbage collection leaves about while nothing moves. */
const STANDSTILL_BYTES = 100 * 2 ** 20;

const slowReaders: Fault = {
  name: 'readers that stop reading',
  must: 'memory stays bounded, others are served, and a reader that goes on gets every byte',
  async run(stage, { factor }) {
    writeTrace(stage.traces, 'big.pfw.gz', BIG_EVENTS);
    await stage.until(
      'the big file is ready',
      async () => (await stage.fetch('/api/v1/files/info?file=big.pfw.gz')).ok,
    );
    const before = stage.rssBytes(...SERVICES);
    const readers = Array.from({ length: 40 }, () => new RawConnection(stage).get(stage, BIG_PATH));
    const patient = await stage.fetch(BIG_PATH);
    await stage.until('all have begun', () => readers.every(({ received }) => received > 0));
    for (const reader of readers) reader.pause();
    await sleep(3_000 * factor);
    const others = await ordinaryRequests(stage, 30);
    const held = stage.rssBytes(...SERVICES) - before;
    await sleep(3_000 * factor);
    const later = stage.rssBytes(...SERVICES) - before;
    for (const reader of readers) reader.end();
    const events = (await patient.text()).split('\n').filter((line) => line.startsWith('{"id"')).length;
    assert.equal(events, BIG_EVENTS);
    assert.ok(held < BOUND_BYTES, `${mib(held)} are held for ${readers.length} readers`);
    assert.ok(later - held < STANDSTILL_BYTES, `${mib(held)}, later ${mib(later)} are held`);
    return `${readers.length} readers of 50 MB each: ${mib(held)} more memory in all services together, caches included, and ${mib(later)} ${3 * factor} s later; meanwhile ${others}; the one that went on got ${events} of ${BIG_EVENTS} events`;
  },
};

const manyStreams: Fault = {
  name: '1000 concurrent streams',
  must: 'each gets events, others are served, all end with the session, memory stays bounded',
  async run(stage) {
    // One event a second: what is tried is the number of streams, not the number of events.
    const pod = await startDemoPod({ name: 'streams-1', command: ['sh', '-c', 'while :; do sleep 1; done'] });
    const session = await KernelSession.start(stage, 'streams-1', '-s execve', 1);
    const before = stage.rssBytes(...SERVICES);
    const startedAt = performance.now();
    const streams: RawConnection[] = [];
    for (let at = 0; at < 1000; at++) {
      streams.push(new RawConnection(stage).get(stage, `/v1/trace-session/${session.id}/events`));
      // The queue of connections that are not accepted yet is finite.
      if (at % 100 === 99) await sleep(50);
    }
    await stage.until('every stream has events', () => streams.every(({ events }) => events > 0));
    const tookMs = performance.now() - startedAt;
    const others = await ordinaryRequests(stage, 15);
    const held = stage.rssBytes(...SERVICES) - before;
    await session.stop();
    await stage.until('every stream has ended', () =>
      streams.every(({ tail, closed }) => closed || tail.endsWith('0\r\n\r\n')),
    );
    const refused = streams.filter(({ head }) => !head.startsWith('HTTP/1.1 200')).length;
    for (const stream of streams) stream.end();
    await session.remove();
    await pod.stop();
    assert.equal(refused, 0);
    assert.ok(held < 600 * 2 ** 20, `${mib(held)} are held for 1000 streams`);
    const events = streams.reduce((sum, one) => sum + one.events, 0);
    return `all 1000 had events after ${seconds(tookMs)}; ${events} events delivered; ${mib(held)} more memory; meanwhile ${others}`;
  },
};

const halfOpen: Fault = {
  name: 'half-open connections',
  must: 'others are served, memory stays bounded; connections that never finish their request are closed',
  async run(stage, { factor }) {
    const before = stage.rssBytes(...SERVICES);
    const silent = Array.from({ length: 200 }, () => new RawConnection(stage));
    const headless = Array.from({ length: 200 }, () => new RawConnection(stage));
    for (const { socket } of headless) socket.write('GET /v1/pods HTTP/1.1\r\nHost: localhost\r\n');
    const bodiless = Array.from({ length: 200 }, () => new RawConnection(stage));
    for (const { socket } of bodiless)
      socket.write(
        `POST /api/v2/spans HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${stage.token}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[`,
      );
    const all = [...silent, ...headless, ...bodiless];
    await sleep(1_000);
    const others = await ordinaryRequests(stage, 30);
    const held = stage.rssBytes(...SERVICES) - before;
    assert.ok(held < 200 * 2 ** 20, `${mib(held)} are held for ${all.length} connections`);
    let closing = 'closing after 60 s is asserted by the long run only';
    if (factor > 1) {
      const tookMs = await stage.until('headless requests are closed', () => headless.every(({ closed }) => closed));
      closing = `unfinished heads were closed after ${seconds(tookMs)}`;
    }
    for (const one of all) one.end();
    return `${all.length} connections: ${mib(held)} more memory; meanwhile ${others}; ${closing}`;
  },
};

const ODD_REQUESTS: readonly ((token: string) => string)[] = [
  ...[
    '/api/v1/events?limit=abc',
    '/api/v2/trace/zz',
    '/v1/trace-session/x',
    '/api/v1/viz/events?begin=1',
    '/%zz',
    '/nothing',
  ].map(
    (path) => (token: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\n\r\n`,
  ),
  ...(
    [
      ['/api/v2/spans', 'application/json', '[{"traceId":"zz"}]'],
      ['/api/v2/spans', 'application/x-protobuf', '\u0001\u00ff\u00ff'],
      ['/api/v1/spans', 'application/x-thrift', '\u000c\u00ff\u00ff\u00ff\u00ff'],
      ['/v1/traces', 'application/x-protobuf', '\u000a\u00ff\u00ff\u00ff\u007f'],
      ['/v1/trace-session', 'application/json', '{"pod":'],
      ['/api/v1/query', 'application/json', '{"group_by":{"a":1}}'],
    ] as const
  ).map(
    ([path, type, body]) =>
      (token: string) =>
        `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  ),
];

/** Unanswered requests of one connection. */
const UNDER_WAY = 48;

/** One kind of wrong request on a kept connection, many at a time; counts the statuses of what comes back. */
async function lane(stage: SuiteStage, request: string, statuses: Map<string, number>, untilMs: number): Promise<void> {
  const bytes = Buffer.from(request, 'latin1');
  let connection: RawConnection | undefined;
  let awaited = 0;
  const open = (): RawConnection => {
    const opened = new RawConnection(stage);
    let tail = '';
    awaited = 0;
    opened.socket.on('data', (piece: Buffer) => {
      const text = tail + piece.toString('latin1');
      for (const [, status = ''] of text.matchAll(/HTTP\/1\.1 (\d{3}) /g)) {
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        awaited--;
      }
      // One byte less than a status line: what is cut is counted with the next piece, what is whole only once.
      tail = text.slice(-12);
    });
    return opened;
  };
  while (performance.now() < untilMs) {
    if (connection === undefined || connection.closed) connection = open();
    for (; awaited < UNDER_WAY; awaited++) connection.socket.write(bytes);
    await sleep(1);
  }
  connection?.end();
}

async function flood(
  stage: SuiteStage,
  durationMs: number,
): Promise<{ statuses: Map<string, number>; tookMs: number }> {
  const statuses = new Map<string, number>();
  const startedAt = performance.now();
  const requests = ODD_REQUESTS.map((make) => make(stage.token));
  await Promise.all(requests.map((request) => lane(stage, request, statuses, startedAt + durationMs)));
  return { statuses, tookMs: performance.now() - startedAt };
}

const malformedFlood: Fault = {
  name: 'malformed requests, as many as the machine makes',
  must: 'never a 5xx; services alive and in the same processes; memory bounded',
  async run(stage, { factor }) {
    const pids = SERVICES.map((app) => stage.pidOf(app));
    const before = stage.rssBytes(...SERVICES);
    const garbage = Array.from({ length: 100 }, (_, at) => {
      const connection = new RawConnection(stage, Object.values(stage.ports)[at % 4]);
      connection.socket.write(Buffer.from(`\u0016\u0003\u0001 ${'\u00ff\u0000'.repeat(at)}\r\n\r\n`, 'latin1'));
      return connection;
    });
    const { statuses, tookMs } = await flood(stage, 4_000 * factor);
    await stage.until('garbage is answered or cut', () =>
      garbage.every(({ closed, received }) => closed || received > 0),
    );
    for (const one of garbage) one.end();
    const failures = [...statuses].filter(([status]) => status.startsWith('5'));
    assert.deepEqual(failures, []);
    assert.deepEqual(
      SERVICES.map((app) => stage.pidOf(app)),
      pids,
    );
    const others = await ordinaryRequests(stage, 15);
    const held = stage.rssBytes(...SERVICES) - before;
    assert.ok(held < 400 * 2 ** 20, `${mib(held)} more memory`);
    const total = [...statuses.values()].reduce((a, b) => a + b, 0);
    const kinds = [...statuses].sort().map(([status, count]) => `${status} × ${count}`);
    return `${total} requests at ${Math.round((total / tookMs) * 1000)}/s on ${availableParallelism()} shared cores (sender included): ${kinds.join(', ')}; no 5xx; ${mib(held)} more memory; afterwards ${others}`;
  },
};

export const manyClients: readonly Fault[] = [slowReaders, manyStreams, halfOpen, malformedFlood];
