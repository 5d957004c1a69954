import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runCli } from '../program.js';

export interface Heard {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A gateway that says what a test wants it to say, over real HTTP. */
export class FakeGateway {
  readonly heard: Heard[] = [];
  /** Called with each request; undefined cuts the connection. */
  answer: (heard: Heard) => FakeAnswer | undefined = () => ({ status: 404, body: 'no such route' });
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      void read(request).then((heard) => {
        this.heard.push(heard);
        const answer = this.answer(heard);
        if (answer === undefined) return request.socket.destroy();
        response.writeHead(answer.status ?? 200, answer.headers);
        const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
        // An answer that promises more than there is stays open until it is cut.
        return answer.headers?.['content-length'] === undefined ? response.end(text) : response.write(text);
      });
    });
  }

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.url;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  /** Breaks off every answer that is under way. */
  cut(): void {
    this.#server.closeAllConnections();
  }

  /** Runs a command line against it, as a program whose output is piped. */
  async run(argv: readonly string[], { interrupted = new AbortController().signal, env = {} } = {}): Promise<Ran> {
    const said = { out: '', err: '' };
    const sink = (name: 'out' | 'err') => ({
      write: (piece: string | Uint8Array) => {
        said[name] += Buffer.from(piece as Uint8Array).toString();
        return true;
      },
    });
    const world = { env: { TRACER_URL: this.url, ...env }, out: sink('out'), err: sink('err'), interrupted };
    return { code: await runCli(argv, world), ...said };
  }
}

async function read(request: IncomingMessage): Promise<Heard> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  const { method = '', url = '', headers } = request;
  return { method, url, authorization: headers.authorization, body: Buffer.concat(pieces).toString() };
}
