import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { gateway, http } from '../support/gateway.js';
import { SpanWorld } from './fixtures/span-world.js';

const TRACE = 'cafe'.repeat(8);

interface StoredSpan {
  readonly id: string;
  readonly parentId?: string;
  readonly name?: string;
  readonly localEndpoint?: { readonly serviceName: string };
}

describe('the suite that traces itself', () => {
  const spans = new SpanWorld();
  let app: NestExpressApplication;

  beforeAll(async () => {
    await spans.start();
    const receiver = `http://127.0.0.1:${spans.port}`;
    // The span store sends its spans to the one that was started first, on the same database.
    await spans.start({ TRACER_SELF_TRACING: `${receiver}/v1/traces` });
    app = await gateway({
      TRACER_SPAN_API_URL: `http://127.0.0.1:${spans.port}`,
      TRACER_SELF_TRACING: `http://127.0.0.1:${spans.port}/v1/traces`,
    });
  }, 120_000);
  afterAll(async () => {
    await app.close();
    await spans.close();
  });

  const stored = async (): Promise<StoredSpan[]> => {
    const { body } = await spans.http().get(`/api/v2/trace/${TRACE}`).set('x-tracer-self-spans', '1');
    return Array.isArray(body) ? (body as StoredSpan[]) : [];
  };

  it('shows one request through the gateway as one trace over both services, and nothing of sending it', async () => {
    await http(app).get('/api/v2/services').set('traceparent', `00-${TRACE}-00000000000000aa-01`).expect(200);
    let found = await stored();
    for (const endMs = Date.now() + 30_000; found.length < 2 && Date.now() < endMs;) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      found = await stored();
    }
    const [outer, inner] = ['tracer-svc', 'span-api'].map((name) =>
      found.find(({ localEndpoint }) => localEndpoint?.serviceName === name),
    );
    expect(found).toHaveLength(2);
    expect(outer?.parentId).toBe('00000000000000aa');
    expect(inner?.parentId).toBe(outer?.id);
    // Had sending spans brought forth spans, there would be traces of it.
    const services = await spans.json<string[]>('/api/v2/spans?serviceName=span-api', { 'x-tracer-self-spans': '1' });
    expect(services.filter((name) => name.includes('v1/traces'))).toEqual([]);
  });
});
