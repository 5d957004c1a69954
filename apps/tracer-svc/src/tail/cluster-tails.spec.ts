import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { LiveReaders } from '@tracer/service-kit';
import { clientCall } from '../cluster/client-call.js';
import { NodeClient } from '../nodes/node-client.js';
import { NodeDirectory } from '../nodes/node-directory.js';
import { StaticNodes } from '../nodes/static-nodes.js';
import { answering, frozen, startFakeNode, type FakeNode } from '../nodes/testing/fake-node.js';
import { ClusterTails } from './cluster-tails.js';

const cleanUp: (() => unknown)[] = [];

afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

interface Gateway {
  readonly tails: ClusterTails;
  readonly nodes: readonly FakeNode[];
  readonly url: string;
}

/** A gateway with nothing but the tail route, in front of nodes called a, b, c … */
async function gateway(...behaviours: RequestListener[]): Promise<Gateway> {
  const nodes = await Promise.all(behaviours.map(startFakeNode));
  const list = nodes.map(({ url }, index) => ({ name: String.fromCharCode(97 + index), url }));
  const directory = new NodeDirectory([new StaticNodes(list)]);
  directory.start();
  const client = new NodeClient();
  const readers = new LiveReaders({ most: 600, totalBytes: 64 << 20 });
  const tails = new ClusterTails(directory, client, { deadlineMs: 400, graceMs: 60, readers });
  const server = http.createServer((request, response) => {
    Object.assign(request, { originalUrl: request.url });
    void clientCall(request as never, response as never)
      .then((call) => tails.follow(call, response))
      .catch((error: unknown) => ({ status: 429, headers: {}, body: String(error) }))
      .then((answer) => answer && response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(
    ...nodes.map((node) => () => node.close()),
    () => {
      client.close();
    },
    () => {
      server.closeAllConnections();
      server.close();
    },
  );
  return { tails, nodes, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/trace-session/7/events` };
}

type Speak = (response: ServerResponse) => Promise<void> | void;

const speaking =
  (contentType: string, speak: Speak): RequestListener =>
  (_, response) => {
    response.writeHead(200, { 'content-type': contentType }).flushHeaders();
    void speak(response);
  };
const ndjson = (speak: Speak): RequestListener => speaking('application/x-ndjson', speak);
const nowhere = answering({ code: 'SESSION_NOT_FOUND', message: 'no session 7' }, { status: 404 });

interface LineReader {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined at the end. */
  next(): Promise<string | undefined>;
  leave(): void;
}

/** A client that takes one line after the other. */
async function lineReader(url: string, accept = 'application/x-ndjson'): Promise<LineReader> {
  const leave = new AbortController();
  const answer = await fetch(url, { signal: leave.signal, headers: { accept } });
  const body = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let lines: string[] = [];
  let rest = '';
  cleanUp.push(() => {
    leave.abort();
  });
  return {
    status: answer.status,
    headers: answer.headers,
    leave: () => {
      leave.abort();
    },
    async next() {
      while (lines.length === 0) {
        const { value, done } = (await body?.read()) ?? { done: true };
        if (done) return undefined;
        const parts = (rest + value).split('\n');
        rest = parts.pop() ?? '';
        lines = parts.reverse();
      }
      return lines.pop();
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5);
}

describe('ClusterTails', () => {
  it('passes the tail of a single node on byte for byte', async () => {
    const text = '{"id":1,"name":"ré\u2028ad"}\n{}\n{"cut';
    const { url } = await gateway(ndjson((response) => void response.end(`${text}\n`)));
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    expect(answer.headers.get('x-tracer-nodes')).toBe('1/1');
    expect(await answer.text()).toBe(`${text}\n`);
  });

  it('merges whole lines of several nodes, each named, and ends with the last', async () => {
    const slowly = (count: number, pauseMs: number): RequestListener =>
      ndjson(async (response) => {
        for (let id = 0; id < count; id++) {
          response.write(`{"id":${id},"na`);
          await sleep(pauseMs);
          response.write('me":"{\\"id\\"}"}\n');
        }
        response.end();
      });
    const { url } = await gateway(slowly(5, 4), nowhere, slowly(3, 9));
    const answer = await fetch(url);
    expect(answer.headers.get('x-tracer-nodes')).toBe('3/3');
    expect(answer.headers.get('x-tracer-warnings')).toBeNull();
    const lines = (await answer.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    const of = (node: string): object[] => lines.filter((line) => (line as { node: string }).node === node);
    expect(of('a')).toEqual([0, 1, 2, 3, 4].map((id) => ({ node: 'a', id, name: '{"id"}' })));
    expect(of('c')).toEqual([0, 1, 2].map((id) => ({ node: 'c', id, name: '{"id"}' })));
    expect(lines).toHaveLength(8);
  });

  it('speaks SSE with one end', async () => {
    const sse = (id: number, afterMs: number): RequestListener =>
      speaking('text/event-stream', async (response) => {
        response.write(`data: {"id":${id}}\n\n: still here\n\n`);
        await sleep(afterMs);
        response.end('event: end\ndata: {"reason":"stopped"}\n\n');
      });
    const { url } = await gateway(sse(1, 10), sse(2, 60));
    const frames = (await (await fetch(url)).text()).split('\n\n').filter((frame) => !frame.startsWith(':'));
    expect(frames.slice(0, 2).sort()).toEqual(['data: {"node":"a","id":1}', 'data: {"node":"b","id":2}']);
    expect(frames.slice(2)).toEqual(['event: end\ndata: {"reason":"every session has ended"}', '']);
  });

  it('begins before a frozen node is given up, says so, and names it in the stream', async () => {
    const { url } = await gateway(
      frozen,
      ndjson(async (response) => {
        response.write('{"id":1}\n');
        await sleep(600);
        response.end();
      }),
    );
    const answer = await fetch(url);
    expect(answer.headers.get('x-tracer-nodes')).toBe('1/2');
    expect(answer.headers.get('x-tracer-warnings')).toBe('a: no answer yet');
    const lines = (await answer.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      { node: 'b', id: 1 },
      expect.objectContaining({ name: 'node lost', args: { node: 'a', reason: 'no answer within 400 ms' } }),
    ]);
  });

  it('lets a node that answers late join', async () => {
    const late: RequestListener = (request, response) => {
      setTimeout(() => {
        ndjson((to) => void to.end('{"id":2}\n'))(request, response);
      }, 200);
    };
    const { url } = await gateway(
      late,
      ndjson((response) => void response.end('{"id":1}\n')),
    );
    expect((await (await fetch(url)).text()).split('\n')).toEqual(['{"node":"b","id":1}', '{"node":"a","id":2}', '']);
  });

  it('goes on without a node that breaks off', async () => {
    const { url } = await gateway(
      ndjson(async (response) => {
        response.write('{"id":1}\n{"id":2,"ha');
        await sleep(20);
        response.destroy();
      }),
      ndjson(async (response) => {
        await sleep(150);
        response.end('{"id":3}\n');
      }),
    );
    const lines = (await (await fetch(url)).text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    expect(lines).toEqual([
      { node: 'a', id: 1 },
      expect.objectContaining({ name: 'node lost', args: { node: 'a', reason: 'aborted' } }),
      { node: 'b', id: 3 },
    ]);
  });

  it('answers like any other route when no node has a stream', async () => {
    const { url } = await gateway(nowhere, frozen);
    const answer = await fetch(url);
    expect([answer.status, answer.headers.get('x-tracer-nodes')]).toEqual([404, '1/2']);
    expect([answer.headers.get('x-tracer-error'), await answer.json()]).toEqual(['SESSION_NOT_FOUND', 'no session 7']);
  });

  it('lets the nodes go when the client leaves', async () => {
    const endless = ndjson(async (response) => {
      while (!response.destroyed) {
        response.write('{"id":1}\n');
        await sleep(5);
      }
    });
    const { url, nodes, tails } = await gateway(endless, endless, frozen);
    const leave = new AbortController();
    const answer = await fetch(url, { signal: leave.signal });
    expect(tails.count).toBe(1);
    await answer.body?.getReader().read();
    leave.abort();
    for (let tries = 0; tries < 200 && !(nodes.every((node) => node.abandoned() === 1) && tails.count === 0); tries++)
      await sleep(5);
    expect([nodes.map((node) => node.abandoned()), tails.count]).toEqual([[1, 1, 1], 0]);
  });

  it('reads nodes only as fast as the client takes the stream', async () => {
    let sentBytes = 0;
    const flood = ndjson((response) => {
      const lines = Buffer.from('{"id":1}\n'.repeat(8000));
      const more = (): void => {
        while (!response.destroyed && sentBytes < 1 << 29) {
          sentBytes += lines.length;
          if (!response.write(lines)) {
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    const { url } = await gateway(flood, flood);
    const request = http.get(url);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    answer.pause();
    await sleep(400);
    expect(sentBytes).toBeLessThan(48 << 20);
    request.on('error', () => undefined);
    request.destroy();
  });

  it('asks the nodes once for all clients of a session, and lets late ones join', async () => {
    let asked = 0;
    let say: (line: string) => void = () => undefined;
    const { url, tails, nodes } = await gateway(
      ndjson((response) => {
        asked++;
        say = (line) => void response.write(line);
      }),
      nowhere,
    );
    const first = await Promise.all(Array.from({ length: 200 }, () => lineReader(url)));
    say('{"id":1}\n');
    for (const reader of first) expect(await reader.next()).toBe('{"node":"a","id":1}');
    const late = await lineReader(url);
    expect([asked, tails.count, tails.shared]).toEqual([1, 201, 1]);
    expect(late.headers.get('x-tracer-nodes')).toBe('2/2');
    say('{"id":2}\n');
    for (const reader of [...first, late]) expect(await reader.next()).toBe('{"node":"a","id":2}');
    for (const reader of first) reader.leave();
    say('{"id":3}\n');
    expect(await late.next()).toBe('{"node":"a","id":3}');
    late.leave();
    await until(() => nodes[0]?.abandoned() === 1);
    expect([tails.count, tails.shared]).toEqual([0, 0]);
  });

  it('keeps formats and sessions apart, and begins anew when a node has ended', async () => {
    let asked = 0;
    const { url } = await gateway(
      ndjson((response) => {
        asked++;
        response.end('{"id":1}\n');
      }),
      ndjson((response) => void response.write('{"id":2}\n')),
    );
    const one = await lineReader(url);
    expect([await one.next(), await one.next()].sort()).toEqual(['{"node":"a","id":1}', '{"node":"b","id":2}']);
    const again = await lineReader(url);
    expect([await again.next(), await again.next()].sort()).toEqual(['{"node":"a","id":1}', '{"node":"b","id":2}']);
    await lineReader(url.replace('/7/', '/8/'));
    await lineReader(url, 'text/event-stream');
    expect(asked).toBe(4);
  });

  it('goes on for others when one client takes nothing, and tells that one what it missed', async () => {
    const LINES = 40_000;
    const block = (from: number): string =>
      Array.from({ length: 1000 }, (_, at) => `{"id":${from + at},"pad":"${'x'.repeat(800)}"}\n`).join('');
    const gate: { open: () => void } = { open: () => undefined };
    const opened = new Promise<void>((resolve) => (gate.open = resolve));
    const { url, tails } = await gateway(
      ndjson(async (response) => {
        response.write('{"id":-1}\n');
        await opened;
        for (let from = 0; from < LINES; from += 1000) if (!response.write(block(from))) await once(response, 'drain');
        response.end();
      }),
    );
    const request = http.get(url);
    const [stopped] = (await once(request, 'response')) as [IncomingMessage];
    const eager = await lineReader(url);
    stopped.pause();
    gate.open();
    let seen = 0;
    for (let line = await eager.next(); line !== undefined; line = await eager.next()) seen++;
    // Joined at the first line or after it.
    expect(seen).toBeGreaterThanOrEqual(LINES);
    const text = Buffer.concat((await stopped.toArray()) as Buffer[]).toString();
    const lines = text.trimEnd().split('\n');
    const events = lines.filter((line) => line.startsWith('{"id":') && !line.startsWith('{"id":-1')).length;
    const missed = lines.filter((line) => line.startsWith('{"name":"events skipped"'));
    const count = missed.reduce((sum, line) => sum + (JSON.parse(line) as { args: { count: number } }).args.count, 0);
    expect(events + count).toBe(LINES);
    expect(count).toBeGreaterThan(0);
    expect(tails.skippedEvents).toBe(count);
  });

  it('is not held up by clients that take nothing when another one comes', async () => {
    let sent = 0;
    const flood = ndjson((response) => {
      const lines = '{"id":1}\n'.repeat(8000);
      const more = (): void => {
        while (!response.destroyed && response.write(lines)) sent++;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const { url } = await gateway(flood);
    const request = http.get(url);
    request.on('error', () => undefined);
    const [stopped] = (await once(request, 'response')) as [IncomingMessage];
    stopped.pause();
    // The node is not read any more when what it sends comes to a halt.
    for (let before = -1; before !== sent;) {
      before = sent;
      await sleep(300);
    }
    const eager = await lineReader(url);
    let seen = 0;
    while (seen < 50_000 && (await eager.next()) !== undefined) seen++;
    expect(seen).toBe(50_000);
    eager.leave();
    request.destroy();
  });

  it('refuses more clients than it has places for', async () => {
    const { url } = await gateway(ndjson((response) => void response.write('{"id":1}\n')));
    const readers = await Promise.all(Array.from({ length: 600 }, () => lineReader(url)));
    expect(readers.every(({ status }) => status === 200)).toBe(true);
    const request = http.get(url);
    request.on('error', () => undefined);
    const refused = await once(request, 'response').catch((error: unknown) => error);
    expect(refused).toBeDefined();
    expect((refused as [IncomingMessage])[0].statusCode).toBe(429);
    for (const reader of readers) reader.leave();
  });

  it('ends its streams when the gateway stops', async () => {
    const { url, tails } = await gateway(ndjson((response) => void response.write('{"id":1}\n')));
    const answer = await fetch(url);
    setTimeout(() => {
      tails.close();
    }, 50);
    expect(await answer.text()).toBe('{"id":1}\n');
  });
});
