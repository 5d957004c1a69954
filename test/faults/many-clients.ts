import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDemoPod } from '../host/fixtures/demo-pod.js';
import { Follower, ordinaryRequests, RawConnection } from './connections.js';
import type { Fault } from './fault.js';
import { KernelSession } from './kernel-session.js';
import { malformedFlood } from './malformed-flood.js';
import { mib, seconds, SERVICES, type SuiteStage } from './suite-stage.js';
import { writeTrace } from './trace-files.js';

const BIG_EVENTS = 300_000;
const BIG_PATH = '/api/v1/events/stream?file=big.pfw.gz';
/** Caches of decoded text, threads, and what is under way for each reader; far less than the readers would take. */
const BOUND_BYTES = 1300 * 2 ** 20;
/** What garbage collection leaves about while nothing moves. */
const STANDSTILL_BYTES = 20 * 2 ** 20;

/** Waits until memory has not grown for a while, as it must when nobody reads; resolves with how much more there is. */
async function standstill(stage: SuiteStage, before: number): Promise<number> {
  let largest = 0;
  for (let calm = 0; calm < 3; calm++) {
    await sleep(1_000);
    const held = stage.rssBytes(...SERVICES) - before;
    assert.ok(held < BOUND_BYTES, `${mib(held)} are held for readers that take nothing`);
    if (held > largest + STANDSTILL_BYTES) calm = -1;
    largest = Math.max(largest, held);
  }
  return largest;
}

const slowReaders: Fault = {
  name: 'readers that stop reading',
  must: 'memory stays bounded, others are served, and a reader that goes on gets every byte',
  async run(stage) {
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
    const held = await standstill(stage, before);
    const others = await ordinaryRequests(stage, 30);
    for (const reader of readers) reader.end();
    const events = (await patient.text()).split('\n').filter((line) => line.startsWith('{"id"')).length;
    assert.equal(events, BIG_EVENTS);
    assert.ok(held < BOUND_BYTES, `${mib(held)} are held for ${readers.length} readers`);
    return `${readers.length} readers of 50 MB each: ${mib(held)} more memory in all services together, caches included, when nothing moved any more; meanwhile ${others}; the one that went on got ${events} of ${BIG_EVENTS} events`;
  },
};

const FOLLOWERS = 1_000;

const manyStreams: Fault = {
  name: '1000 clients follow one session at once',
  must: 'every one gets events, from one stream of the agent; other requests are served, memory stays bounded; all end with the session',
  async run(stage) {
    // One event a second: what is tried is the number of streams, not the number of events.
    const pod = await startDemoPod({ name: 'streams-1', command: ['sh', '-c', 'while :; do sleep 1; done'] });
    const session = await KernelSession.start(stage, 'streams-1', '-s execve', 1);
    const before = stage.rssBytes(...SERVICES);
    const path = `/v1/trace-session/${session.id}/events`;
    const streams: RawConnection[] = [];
    const startedAt = performance.now();
    for (let at = 0; at < FOLLOWERS; at++) {
      streams.push(new RawConnection(stage).get(stage, path));
      // The queue of connections that are not accepted yet is finite.
      if (at % 100 === 99) await sleep(50);
    }
    await stage.until('every client has an answer', () => streams.every(({ head }) => head !== ''));
    const openedMs = performance.now() - startedAt;
    assert.deepEqual(
      streams.filter(({ head }) => !head.startsWith('HTTP/1.1 200')).map(({ head }) => head.slice(0, 300)),
      [],
    );
    assert.equal(await stage.metric('tracer_live_tails'), FOLLOWERS);
    assert.equal(await stage.metric('tracer_live_tail_streams'), 1);
    await stage.until('every follower has events', () => streams.every(({ events }) => events > 0));
    const others = await ordinaryRequests(stage, 15);
    const held = stage.rssBytes(...SERVICES) - before;
    assert.ok(held < 300 * 2 ** 20, `${mib(held)} are held for ${streams.length} clients`);
    await session.stop();
    await stage.until('every stream has ended', () =>
      streams.every(({ tail, closed }) => closed || tail.endsWith('0\r\n\r\n')),
    );
    for (const stream of streams) stream.end();
    await stage.until('no place is taken', async () => (await stage.metric('tracer_live_tails')) === 0);
    await session.remove();
    await pod.stop();
    return `${streams.length} followed within ${seconds(openedMs)}, all of them with events, over 1 stream of the agent; ${mib(held)} more memory; meanwhile ${others}`;
  },
};

const SKIPPED = 'tracer_live_skipped_total';
const BUSY_POD = 'while :; do : > /tmp/x; done';

const slowFollowers: Fault = {
  name: 'followers of a busy session that stop reading',
  must: 'others get events, memory stays bounded; what each of them missed stands in its stream, as numbers',
  async run(stage) {
    const pod = await startDemoPod({ name: 'busy-1', command: ['sh', '-c', BUSY_POD] });
    const session = await KernelSession.start(stage, 'busy-1', '', 1);
    const skippedBefore = await stage.metric(SKIPPED);
    const before = stage.rssBytes(...SERVICES);
    const path = `/v1/trace-session/${session.id}/events`;
    const stopped = Array.from({ length: 200 }, () => new Follower(stage, path));
    await stage.until('all follow', () => stopped.every(({ events }) => events > 0));
    for (const { connection } of stopped) connection.pause();
    const eager = new Follower(stage, path);
    await stage.until('events were left out', async () => (await stage.metric(SKIPPED)) > skippedBefore);
    const seen = eager.events;
    await stage.until('the one that reads gets more', () => eager.events > seen);
    const others = await ordinaryRequests(stage, 15);
    const held = stage.rssBytes(...SERVICES) - before;
    assert.ok(held < 500 * 2 ** 20, `${mib(held)} are held for ${stopped.length} followers`);
    await session.stop();
    for (const { connection } of stopped) connection.resume();
    await stage.until('every stream has ended', () => [...stopped, eager].every(({ hasEnded }) => hasEnded));
    // Whatever the gateway left out stands in somebody's stream; agents may have left out more.
    const left = (await stage.metric(SKIPPED)) - skippedBefore;
    const told = [...stopped, eager].reduce((sum, { missed }) => sum + missed, 0);
    assert.ok(told >= left, `${left} events were left out, and only ${told} were told of`);
    const total = (await session.facts()).events;
    const most = Math.max(...stopped.map(({ events, missed }) => events + missed));
    assert.ok(most <= total, `${most} events were told of, of ${total}`);
    await session.remove();
    await pod.stop();
    const missed = stopped.map((one) => one.missed).sort((a, b) => a - b);
    return `${stopped.length} stopped, of ${total} events each missed ${missed[0]} to ${missed.at(-1)} and was told so; the one that read missed ${eager.missed}; ${mib(held)} more memory; meanwhile ${others}`;
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

export const manyClients: readonly Fault[] = [slowReaders, manyStreams, slowFollowers, halfOpen, malformedFlood];
