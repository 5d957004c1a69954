import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server as HttpServer } from 'node:http';
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { sharePort } from './shared-port.js';

/** Client and server share this process: only where silence is the point may it be short, or a busy machine is silent. */
const SILENCE_MS = 200;
const PATIENCE_MS = 60_000;
const servers: HttpServer[] = [];
let port: number;
let impatientPort: number;

async function serve(silenceMs: number): Promise<number> {
  const http1 = createServer((request, response) => {
    request.on('data', () => undefined).on('end', () => response.end(`http1 ${String(request.url)}`));
  });
  const http2 = createHttp2Server((request, response) => response.end(`http2 ${request.url}`));
  sharePort(http1, (socket) => http2.emit('connection', socket), silenceMs);
  servers.push(http1);
  http1.listen(0, '127.0.0.1');
  await once(http1, 'listening');
  return (http1.address() as AddressInfo).port;
}

beforeAll(async () => {
  port = await serve(PATIENCE_MS);
  impatientPort = await serve(SILENCE_MS);
});
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
});

describe('sharePort', () => {
  it('serves HTTP/1 and HTTP/2 on one port', async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/a`, { method: 'POST', body: 'x'.repeat(100_000) });
    expect(await answer.text()).toBe('http1 /a');
    const client = connectHttp2(`http://127.0.0.1:${port}`);
    const stream = client.request({ ':path': '/b' }).setEncoding('utf8');
    const [text] = (await once(stream, 'data')) as [string];
    client.close();
    expect(text).toBe('http2 /b');
  });

  it('waits for enough bytes to decide', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('P');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.write('OST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString()).toMatch(/^HTTP\/1.1 200 OK/);
  });

  it.each(['', 'PR'])('closes a connection that says %j and then nothing', async (start) => {
    const socket = connect(impatientPort, '127.0.0.1');
    const startedAt = performance.now();
    socket.write(start);
    await once(socket, 'close');
    expect(performance.now() - startedAt).toBeGreaterThan(SILENCE_MS - 20);
  });

  it('survives a connection that is reset before it said anything', async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.resetAndDestroy();
    expect((await fetch(`http://127.0.0.1:${port}/still`)).status).toBe(200);
  });

  it('answers a client that ends its side right after the request', async () => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end('GET /half HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    const [bytes] = (await once(socket, 'data')) as [Buffer];
    expect(bytes.toString()).toMatch(/^HTTP\/1.1 200 OK[^]*http1 \/half$/);
    socket.destroy();
  });

  it('closes at once when a client ends without a word', async () => {
    const socket = connect(port, '127.0.0.1');
    const startedAt = performance.now();
    socket.end();
    socket.resume();
    await once(socket, 'close');
    expect(performance.now() - startedAt).toBeLessThan(PATIENCE_MS);
  });

  it('stops for both: close waits for the connections of either protocol', async () => {
    const second = createServer((_, response) => response.end());
    const sockets: Socket[] = [];
    sharePort(second, (socket) => sockets.push(socket));
    second.listen(0, '127.0.0.1');
    await once(second, 'listening');
    const client = connect((second.address() as AddressInfo).port, '127.0.0.1');
    client.write('PRI * HTTP/2.0\r\n');
    while (sockets.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    let closed = false;
    second.close(() => (closed = true));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(closed).toBe(false);
    sockets[0]?.destroy();
    await once(second, 'close');
    expect(closed).toBe(true);
  });
});
