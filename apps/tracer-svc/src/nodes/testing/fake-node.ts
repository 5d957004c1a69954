import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A node that behaves as a test wants it to, over real sockets. */
export interface FakeNode {
  readonly url: string;
  /** Sockets accepted so far. */
  readonly connections: () => number;
  /** Requests whose connection the client closed before the answer was complete. */
  readonly abandoned: () => number;
  close(): Promise<void>;
}

export async function startFakeNode(behave: RequestListener): Promise<FakeNode> {
  let connections = 0;
  let abandoned = 0;
  const sockets = new Set<Socket>();
  const server = http.createServer((request, response) => {
    response.once('close', () => {
      if (!response.writableFinished) abandoned++;
    });
    behave(request, response);
  });
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    connections: () => connections,
    abandoned: () => abandoned,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

type Behaviour = (request: IncomingMessage, response: ServerResponse) => void;

/** Answers with JSON, after a while if so wished. */
export function answering(value: unknown, { status = 200, afterMs = 0 } = {}): Behaviour {
  return (request, response) => {
    request.resume();
    setTimeout(() => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    }, afterMs);
  };
}

/** Takes the request and never says a word. */
export const frozen: Behaviour = (request) => {
  request.resume();
};

/** Promises a body and closes the connection half way. */
export const droppingMidBody: Behaviour = (_, response) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"half":');
  setTimeout(() => response.destroy(), 10);
};

/** Does not speak HTTP. */
export const speakingGarbage: Behaviour = (_, response) => {
  response.socket?.end('\u0000\u0001 this is no HTTP\r\n\r\n');
};

/** Sends one byte after the other for ever. */
export const endless: Behaviour = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const more = (): void => {
    while (!response.destroyed && response.write(Buffer.alloc(65_536, 0x20)));
    if (!response.destroyed) response.once('drain', more);
  };
  more();
};
