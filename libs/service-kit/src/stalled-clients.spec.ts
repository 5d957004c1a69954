import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { endStalled } from './stalled-clients.js';

const STALL_MS = 300;
const BODY_BYTES = 64 << 20;
const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const step of cleanUp.splice(0)) step();
});

interface Serving {
  readonly warnings: object[];
  readonly server: Server;
  readonly open: () => Socket;
}

async function serving(answer: (response: ServerResponse) => void): Promise<Serving> {
  const warnings: object[] = [];
  const log = { info: () => undefined, error: () => undefined, warn: (facts: object) => void warnings.push(facts) };
  let counted = 0;
  const watch = endStalled({ stallMs: STALL_MS, log, counted: () => counted++ });
  const server = createServer((request, response) => {
    watch(request, response, () => {
      answer(response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => {
    expect(counted).toBe(warnings.length);
    server.closeAllConnections();
    server.close();
  });
  return {
    warnings,
    server,
    open: () => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      socket.write(`GET /big?token=x HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      cleanUp.push(() => socket.destroy());
      return socket;
    },
  };
}

describe('endStalled', () => {
  it('cuts off a client that takes nothing, and says so', async () => {
    let closed: (() => void) | undefined;
    const over = new Promise<void>((resolve) => (closed = resolve));
    const { open, warnings } = await serving((response) => {
      response.once('close', () => closed?.());
      response.end(Buffer.alloc(BODY_BYTES));
    });
    const client = open();
    client.on('error', () => undefined);
    client.pause();
    await over;
    expect(warnings).toEqual([{ path: '/big', requestId: '', waitingBytes: expect.any(Number), stallMs: STALL_MS }]);
  });

  it('lets a client be that waits for us', async () => {
    const { open, warnings } = await serving((response) => {
      response.write('first');
      setTimeout(() => response.end('last'), STALL_MS * 4);
    });
    const client = open();
    let text = '';
    client.on('data', (piece: Buffer) => (text += piece.toString()));
    while (!text.includes('last')) await once(client, 'data');
    expect(warnings).toEqual([]);
  });
});
