import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { OtlpSpan } from '../otlp-span.js';

interface Answer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly delayMs?: number;
}

interface ExportBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: object }[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** An OTLP/HTTP collector that keeps what it gets and answers as told: the given answers first, then 200. */
export class FakeCollector {
  readonly bodies: ExportBody[] = [];
  readonly types: (string | undefined)[] = [];
  readonly answers: Answer[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      void text(request).then(async (body) => {
        const { status, headers = {}, body: answer = '{}', delayMs = 0 } = this.answers.shift() ?? { status: 200 };
        if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
        this.types.push(request.headers['content-type']);
        if (status === 200) this.bodies.push(JSON.parse(body) as ExportBody);
        response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(answer);
      });
    });
  }

  /** Listens and returns its URL. */
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1/traces`;
  }

  /** All spans that were taken, in the order of their arrival. */
  get spans(): OtlpSpan[] {
    return this.bodies.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    );
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
