import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import { startFakeNode, type FakeNode } from '../nodes/testing/fake-node.js';
import { ReverseProxy } from './reverse-proxy.js';

let proxy: ReverseProxy;
let server: http.Server;
let service: FakeNode;
let behave: RequestListener;
let url: string;

beforeEach(async () => {
  service = await startFakeNode((request, response) => {
    behave(request, response);
  });
  proxy = new ReverseProxy({ silenceMs: 300 });
  const app = express();
  app.use((request, response) => {
    proxy.forward({ name: 'span-api', url: service.url }, request, response, ({ message }) => {
      response.status(502).json({ message });
    });
  });
  server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  proxy.close();
  server.closeAllConnections();
  server.close();
  await service.close().catch(() => undefined);
});

const received = async (request: IncomingMessage): Promise<string> =>
  Buffer.concat((await request.toArray()) as Buffer[]).toString();

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 6000) throw new Error('it never came to that');
    await sleep(5);
  }
}

describe('ReverseProxy', () => {
  it('passes target, method, body and end-to-end fields on, and says who asked', async () => {
    let seen: { method?: string; url?: string; headers: http.IncomingHttpHeaders; body: string } | undefined;
    behave = (request, response) => {
      void received(request).then((body) => {
        seen = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body };
        response.end();
      });
    };
    const request = http.request(`${url}/events//x%2F?a=%20&b`, {
      method: 'PUT',
      headers: {
        'X-Keep': 'me',
        'X-Drop': 'me',
        Connection: 'close, X-Drop',
        'X-Forwarded-For': '10.1.1.1',
        TE: 'trailers',
      },
    });
    request.end('the body');
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    await received(answer);
    expect(seen).toMatchObject({ method: 'PUT', url: '/events//x%2F?a=%20&b', body: 'the body' });
    expect(seen?.headers).toMatchObject({
      'x-keep': 'me',
      'x-forwarded-for': '10.1.1.1, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': url.slice(7),
      host: service.url.slice(7),
    });
    expect(Object.keys(seen?.headers ?? {})).not.toEqual(expect.arrayContaining(['x-drop']));
    expect(seen?.headers['te']).toBeUndefined();
  });

  it('passes status, repeated fields and bytes back', async () => {
    const bytes = Buffer.from([0, 255, 13, 10, 128]);
    behave = (_, response) => {
      response.writeHead(207, 'Fine', [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['X-Limit', '7'],
        ['Connection', 'X-Hop'],
        ['X-Hop', 'by hop'],
      ] as unknown as http.OutgoingHttpHeader[]);
      response.end(bytes);
    };
    const answer = await fetch(url);
    expect([answer.status, answer.statusText, answer.headers.getSetCookie()]).toEqual([207, 'Fine', ['a=1', 'b=2']]);
    expect([answer.headers.get('x-limit'), answer.headers.get('x-hop')]).toEqual(['7', null]);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(bytes);
  });

  it('passes the first piece of an answer on before the last was made', async () => {
    let finish: () => void = () => undefined;
    behave = (_, response) => {
      response.write('first\n');
      finish = () => response.end('last\n');
    };
    const reader = (await fetch(url)).body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first\n');
    finish();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('last\n');
  });

  it('passes the head on while the body is still to come, and lets a stream be silent', async () => {
    behave = (_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      setTimeout(() => response.end('data: 1\n\n'), 500);
    };
    const answer = await fetch(url);
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    expect(await answer.text()).toBe('data: 1\n\n');
  });

  it('does not read ahead of a client that does not read', async () => {
    let writtenBytes = 0;
    behave = (_, response) => {
      const chunk = Buffer.alloc(1 << 16);
      const more = (): void => {
        while (!response.destroyed && writtenBytes < 1 << 28) {
          writtenBytes += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    };
    const request = http.get(url);
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    answer.pause();
    await sleep(300);
    expect(writtenBytes).toBeLessThan(32 << 20);
    request.destroy();
  });

  it('does not read ahead of a service that does not read', async () => {
    behave = () => undefined;
    proxy = new ReverseProxy({ silenceMs: 60_000 });
    const request = http.request(url, { method: 'POST' });
    request.on('error', () => undefined);
    let sentBytes = 0;
    const chunk = Buffer.alloc(1 << 16);
    /** What has not been taken after a while. */
    const untaken = async (): Promise<number> => {
      let bytes = request.writableLength;
      for (let waits = 0; bytes > 0 && waits < 200; waits++) {
        await sleep(5);
        bytes = request.writableLength;
      }
      return bytes;
    };
    let waitingBytes: number;
    do {
      sentBytes += chunk.length;
      request.write(chunk);
      waitingBytes = await untaken();
    } while (waitingBytes === 0 && sentBytes < 1 << 28);
    expect(waitingBytes).toBeGreaterThan(0);
    expect(sentBytes).toBeLessThan(64 << 20);
    request.destroy();
  });

  it('stops the service when the client leaves, before and during an answer', async () => {
    let asked = 0;
    behave = (request, response) => {
      asked++;
      if (request.url === '/during') response.write('x');
    };
    for (const path of ['/before', '/during']) {
      const leave = new AbortController();
      const answer = fetch(url + path, { signal: leave.signal });
      answer.catch(() => undefined);
      await until(() => asked > 0);
      if (path === '/during') await answer;
      leave.abort();
      await until(() => service.abandoned() === (path === '/before' ? 1 : 2));
      asked = 0;
    }
  });

  it('stops the service when the client leaves during an upload', async () => {
    let bytes = 0;
    behave = (request) => {
      request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    };
    const request = http.request(url, { method: 'POST' });
    request.on('error', () => undefined);
    request.write(Buffer.alloc(1 << 16));
    await until(() => bytes === 1 << 16);
    request.destroy();
    await until(() => service.abandoned() === 1);
  });

  it('breaks the connection when the service breaks off', async () => {
    behave = (_, response) => {
      response.write('half');
      setTimeout(() => response.destroy(), 20);
    };
    const answer = await fetch(url);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  it('names the service that is down or silent', async () => {
    behave = () => undefined;
    const silent = await fetch(url);
    expect([silent.status, await silent.json()]).toEqual([
      502,
      { message: 'span-api does not answer: silent for 300 ms' },
    ]);
    await service.close();
    const down = await fetch(url, { method: 'POST', body: 'x'.repeat(100_000) });
    expect([down.status, await down.json()]).toEqual([
      502,
      { message: expect.stringMatching(/^span-api does not answer: connect ECONNREFUSED/) as unknown },
    ]);
  });

  it('passes on an answer that comes before the request was read', async () => {
    behave = (_, response) => {
      response.writeHead(413).end('too large');
    };
    const request = http.request(url, { method: 'POST', headers: { 'content-length': String(1 << 26) } });
    request.on('error', () => undefined);
    request.write(Buffer.alloc(1 << 20));
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    expect([answer.statusCode, await received(answer)]).toEqual([413, 'too large']);
    request.destroy();
  });

  it('repeats a read that met a closing connection, once, and keeps connections otherwise', async () => {
    let requests = 0;
    behave = (request, response) => {
      requests++;
      if (requests === 3) request.socket.destroy();
      else response.end(String(requests));
    };
    const answers = [];
    for (let count = 0; count < 3; count++) answers.push(await (await fetch(url)).text());
    expect(answers).toEqual(['1', '2', '4']);
    expect(service.connections()).toBe(2);
  });

  it('answers HEAD without a body and 204 without a length', async () => {
    behave = (request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': '5' }).end();
      else response.writeHead(204).end();
    };
    const head = await fetch(url, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, '5']);
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
  });
});
