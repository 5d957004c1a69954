import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import zipkin, { type Context, type model, type TraceId, type Tracer } from 'zipkin';
import { HttpLogger } from 'zipkin-transport-http';
import { SpanWorld } from './fixtures/span-world.js';

// npm `zipkin` as it is, recording an HTTP exchange with its own instrumentation: a client that calls a server, each with
// a tracer of its own, joined by the B3 headers. What its recorder hands to its transport is what the reads must say.
const world = new SpanWorld();
beforeAll(() => world.start(), 60_000);
afterAll(() => world.close());

// These two have no types.
const load = createRequire(import.meta.url);
const CLSContext = load('zipkin-context-cls') as new (
  namespace: string,
  supportsAsyncAwait: boolean,
) => Context<TraceId>;
const wrapFetch = load('zipkin-instrumentation-fetch') as (
  fetch: typeof globalThis.fetch,
  options: { tracer: Tracer; remoteServiceName: string },
) => typeof globalThis.fetch;

type Encoder = typeof zipkin.jsonEncoder.JSON_V2;
interface SentSpan {
  readonly traceId: string;
  readonly id: string;
  readonly kind: string;
  readonly name?: string;
}

/** One process of the exchange: a tracer, and what it gave to its transport. */
class Traced {
  readonly sent: string[] = [];
  readonly sentAsV2: SentSpan[] = [];
  readonly tracer: Tracer;
  readonly #recorder: InstanceType<typeof zipkin.BatchRecorder>;
  readonly #transport: HttpLogger;

  constructor(localServiceName: string, path: string, encoder: Encoder) {
    this.#transport = new HttpLogger({
      endpoint: `http://127.0.0.1:${world.port}${path}`,
      jsonEncoder: encoder,
      httpInterval: 20,
      log: { error: (...said: unknown[]) => this.failures.push(said) },
    });
    const logSpan = (span: model.Span): void => {
      this.sent.push(encoder.encode(span));
      this.sentAsV2.push(JSON.parse(zipkin.jsonEncoder.JSON_V2.encode(span)) as SentSpan);
      this.#transport.logSpan(span);
    };
    this.#recorder = new zipkin.BatchRecorder({ logger: { logSpan } });
    const ctxImpl = new CLSContext(`zipkin-${localServiceName}`, true);
    this.tracer = new zipkin.Tracer({ ctxImpl, recorder: this.#recorder, localServiceName, traceId128Bit: true });
  }

  readonly failures: unknown[] = [];
}

/** A server that answers 404 for /missing, traced with the instrumentation for HTTP servers. */
async function tracedServer({ tracer }: Traced): Promise<Server> {
  const server = createServer((request, response) => {
    const { port } = server.address() as AddressInfo;
    const instrumentation = new zipkin.Instrumentation.HttpServer({ tracer, port });
    const path = request.url ?? '';
    const url = `http://127.0.0.1:${port}${path}`;
    const readHeader = (name: string): zipkin.option.IOption<never> =>
      zipkin.option.fromNullable(request.headers[name.toLowerCase()]) as zipkin.option.IOption<never>;
    tracer.scoped(() => {
      const id = instrumentation.recordRequest(request.method ?? '', url, readHeader);
      const status = path.startsWith('/missing') ? 404 : 200;
      tracer.letId(id, () => {
        tracer.recordBinary('item', 'Grüße');
        tracer.recordMessage('looked up');
      });
      response.statusCode = status;
      response.end();
      instrumentation.recordResponse(id, String(status));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

describe.each([
  ['JSON v2', '/api/v2/spans', zipkin.jsonEncoder.JSON_V2],
  ['JSON v1', '/api/v1/spans', zipkin.jsonEncoder.JSON_V1],
])('npm zipkin, %s', (version, path, encoder) => {
  let client: Traced;
  let server: Traced;
  let traceIds: string[];
  const port = { of: 0 };
  beforeAll(async () => {
    client = new Traced('Web-Client', path, encoder);
    server = new Traced('Item-Server', path, encoder);
    const http = await tracedServer(server);
    port.of = (http.address() as AddressInfo).port;
    const tracedFetch = wrapFetch(fetch, { tracer: client.tracer, remoteServiceName: 'Item-Server' });
    for (const item of ['items/7', 'missing'])
      await (await tracedFetch(`http://127.0.0.1:${port.of}/${item}`)).arrayBuffer();
    http.close();
    traceIds = client.sentAsV2.map(({ traceId }) => traceId);
    // The transport sends by a timer of its own and tells nobody when it is done.
    for (const traceId of traceIds) await stored(traceId);
  }, 60_000);

  /** The two halves of an exchange, the client's first, once both have come. */
  async function stored(traceId: string): Promise<SentSpan[]> {
    for (;;) {
      const { status, text } = await world.http().get(`/api/v2/trace/${traceId}`);
      const spans = status === 200 ? (JSON.parse(text) as SentSpan[]) : [];
      if (spans.length === 2) return spans.sort((a, b) => (a.kind < b.kind ? -1 : 1));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it('is read by Zipkin as its recorder gave it to its transport', async () => {
    expect([client.sent.length, server.sent.length, new Set(traceIds).size]).toEqual([2, 2, 2]);
    expect([client.failures, server.failures]).toEqual([[], []]);
    for (const traceId of traceIds) {
      const sent = [...client.sentAsV2, ...server.sentAsV2].filter((span) => span.traceId === traceId);
      const spans = await stored(traceId);
      expect(spans).toHaveLength(2);
      for (const span of sent) expect(spans).toContainEqual(asZipkinReads(span));
      expect(spans).toMatchObject([
        { kind: 'CLIENT', localEndpoint: { serviceName: 'web-client' }, tags: { 'http.path': expect.anything() } },
        {
          kind: 'SERVER',
          shared: true,
          localEndpoint: { serviceName: 'item-server', port: port.of },
          tags: { item: 'Grüße' },
          annotations: [{ value: 'looked up' }],
        },
      ]);
    }
    expect(await stored(traceIds[1] ?? '')).toMatchObject([
      { tags: { 'http.status_code': '404', error: '404' } },
      { tags: { 'http.status_code': '404', error: '404' } },
    ]);
    const links = await world.json(`/api/v2/dependencies?endTs=${Date.now()}&lookback=600000`);
    expect(links).toContainEqual(expect.objectContaining({ parent: 'web-client', child: 'item-server' }));
  });

  it('is read by ATS', async () => {
    for (const traceId of traceIds) {
      const { body } = await world.http().get(`/v1/0/ats/spans?traceId=${traceId}`).expect(200);
      const texts = (body as { responseInfo: string[] }).responseInfo;
      // The client makes its names lower case itself.
      expect(texts.map((text) => (JSON.parse(text) as SentSpan).name)).toEqual(['get', 'get']);
      const sent = [...client.sent, ...server.sent].filter(
        (text) => (JSON.parse(text) as SentSpan).traceId === traceId,
      );
      const read = texts.map((text) => JSON.parse(text) as unknown);
      // v1 comes back as it was sent, member for member; v2 is told in the words of v1.
      if (version === 'JSON v1') for (const text of sent) expect(read).toContainEqual(JSON.parse(text));
      const said = read.flatMap((span) => (span as { annotations: { value: string }[] }).annotations);
      expect(said.map(({ value }) => value)).toEqual(expect.arrayContaining(['cs', 'cr', 'sr', 'ss', 'looked up']));
    }
  });
});

/** Zipkin shows names in lower case. */
function asZipkinReads(span: SentSpan): object {
  const lower = (endpoint: unknown): object => {
    const { serviceName = '', ...more } = (endpoint ?? {}) as { serviceName?: string };
    return { serviceName: serviceName.toLowerCase(), ...more };
  };
  const { name = '', localEndpoint, remoteEndpoint, ...more } = span as SentSpan & Record<string, unknown>;
  const remote = remoteEndpoint === undefined ? {} : { remoteEndpoint: lower(remoteEndpoint) };
  return expect.objectContaining({ ...more, name: name.toLowerCase(), localEndpoint: lower(localEndpoint), ...remote });
}
