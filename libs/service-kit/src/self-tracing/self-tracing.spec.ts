import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, Req } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { Request } from 'express';
import request from 'supertest';
import { createApp } from '../create-app.js';
import { loadConfig } from '../load-config.js';
import { ListenConfig } from '../listen-config.js';
import { createLogger } from '../logging.js';
import { Metrics } from '../metrics.js';
import { SelfTracing } from './self-tracing.js';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE}-00f067aa0ba902b7-01`;

class Config extends ListenConfig {
  address = '127.0.0.1:0';
}

@Controller()
class Pages {
  @Get('things/:id')
  thing(@Req() call: Request): { readonly traceparent: unknown } {
    return { traceparent: call.headers['traceparent'] };
  }

  @Get('broken')
  broken(): never {
    throw new Error('for the test');
  }
}

@Module({ controllers: [Pages] })
class PagesModule {}

interface SentSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly status?: { readonly code: number };
}

interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: SentSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly SentSpan[] }[];
  }[];
}

describe('self-tracing', () => {
  const taken: Sent[] = [];
  let headers: IncomingHttpHeaders = {};
  let status = 200;
  const receiver: Server = createServer((call, response) => {
    headers = call.headers;
    void json(call).then((body) => {
      if (status === 200) taken.push(body as Sent);
      response.writeHead(status).end('{}');
    });
  });
  const apps: NestExpressApplication[] = [];
  let url: string;

  beforeAll(async () => {
    receiver.listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/v1/traces`;
  });
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
    taken.length = 0;
    status = 200;
  });
  afterAll(() => {
    receiver.close();
  });

  async function start(env: Record<string, string>): Promise<NestExpressApplication> {
    const definition = { name: 'shop', title: 't', description: 'd', Config, module: () => PagesModule };
    const config = loadConfig(Config, { env });
    const app = await createApp(definition, { config, log: createLogger('shop', 'silent') });
    apps.push(app);
    await app.init();
    return app;
  }

  const get = (app: NestExpressApplication, path: string, sent: Record<string, string> = {}): request.Test =>
    request(app.getHttpServer()).get(path).set(sent);

  async function spansOf(app: NestExpressApplication): Promise<SentSpan[]> {
    await app.get(SelfTracing).sender?.flush();
    return taken.flatMap(({ resourceSpans }) =>
      resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    );
  }

  it('records a request under the span of its caller, and hands its own place on', async () => {
    const app = await start({ TRACER_SELF_TRACING: url, TRACER_SELF_TRACING_TOKEN: 'secret' });
    const { body } = await get(app, '/things/7?q=secret', { traceparent: PARENT }).expect(200);
    const [span] = await spansOf(app);
    expect(span).toMatchObject({
      traceId: TRACE,
      parentSpanId: '00f067aa0ba902b7',
      name: 'GET /things/:id',
      kind: 2,
    });
    expect(body).toEqual({ traceparent: `00-${TRACE}-${String(span?.spanId)}-01` });
    const attributes = Object.fromEntries(
      (span?.attributes ?? []).map(({ key, value }) => [key, Object.values(value)[0]]),
    );
    expect(attributes).toEqual({
      'http.request.method': 'GET',
      'url.path': '/things/7',
      'http.response.status_code': '200',
      'http.route': '/things/:id',
    });
    expect(BigInt(span?.endTimeUnixNano ?? 0)).toBeGreaterThanOrEqual(BigInt(span?.startTimeUnixNano ?? 0));
    expect(Math.abs(Number(BigInt(span?.startTimeUnixNano ?? 0) / 1_000_000n) - Date.now())).toBeLessThan(60_000);
    expect(taken[0]?.resourceSpans[0]?.resource.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'shop' },
    });
    expect(headers.authorization).toBe('Bearer secret');
  });

  it('begins a trace where nobody has, and marks failures', async () => {
    const app = await start({ TRACER_SELF_TRACING: url });
    await get(app, '/broken').expect(500);
    const [span] = await spansOf(app);
    expect(span).toMatchObject({ name: 'GET /broken', status: { code: 2 } });
    expect(span).not.toHaveProperty('parentSpanId');
  });

  it('does not record what is asked all the time, nor requests with spans of our own', async () => {
    const app = await start({ TRACER_SELF_TRACING: url });
    for (const path of ['/health', '/ready', '/metrics']) await get(app, path);
    const { body } = await get(app, '/things/1', { 'x-tracer-self-spans': '1' });
    expect(body).toEqual({});
    expect(await spansOf(app)).toEqual([]);
    expect(headers['x-tracer-self-spans']).toBe('1');
  });

  it('follows the decision of who began the trace, else its own share', async () => {
    const app = await start({ TRACER_SELF_TRACING: url, TRACER_SELF_TRACING_PERCENT: '0' });
    const { body } = await get(app, '/things/1');
    expect(body).toEqual({ traceparent: expect.stringMatching(/-00$/) });
    await get(app, '/things/2', { traceparent: PARENT.replace(/01$/, '00') });
    expect(await spansOf(app)).toEqual([]);
    await get(app, '/things/3', { traceparent: PARENT });
    expect(await spansOf(app)).toHaveLength(1);
  });

  it('is off by default, and then leaves headers alone', async () => {
    const app = await start({});
    const { body } = await get(app, '/things/1', { traceparent: PARENT });
    expect(body).toEqual({ traceparent: PARENT });
    expect(app.get(SelfTracing).sender).toBeUndefined();
  });

  it('counts what was not taken, and holds up nobody', async () => {
    status = 503;
    const app = await start({ TRACER_SELF_TRACING: url });
    await get(app, '/things/1').expect(200);
    expect(await spansOf(app)).toEqual([]);
    const text = await app.get(Metrics).registry.metrics();
    expect(text).toMatch(/^tracer_self_spans_total\{outcome="dropped",service="shop"\} 1$/m);
    expect(text).toMatch(/^tracer_self_spans_total\{outcome="sent",service="shop"\} 0$/m);
  });

  it('sends what is left when it stops', async () => {
    const app = await start({ TRACER_SELF_TRACING: url });
    await get(app, '/things/1');
    await apps.pop()?.close();
    expect(taken).toHaveLength(1);
    expect(app.get(SelfTracing).sender?.totals).toEqual({ sent: 1, dropped: 0 });
  });
});
