import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { silent } from '@tracer/base';
import type { SessionDefinition } from '../sessions/session.js';
import { CLIENT_DEFAULTS, OtlpClient } from './otlp-client.js';
import { OtlpExporter } from './otlp-exporter.js';
import { FakeCollector } from './testing/fake-collector.js';

const SESSION: SessionDefinition = {
  id: '18446744073709551615',
  context: 'checkout is slow',
  hookGroup: 'native',
  hook: 'trace_syscalls',
  params: [],
  podPattern: 'shop-*',
  containers: [],
  limits: { timeMs: 0, events: 0, bytes: 0 },
  createdAtUs: 0,
};
const event = (id: number, more = {}): string =>
  `${JSON.stringify({ id, name: 'read', cat: 'syscall', pid: 7, tid: 8, ts: 1_700_000_000_000_000 + id, dur: 2, ph: 'X', args: { dur_ns: 2345, ret: 1, ...more } })}\n`;
const events = (count: number): Buffer => Buffer.from(Array.from({ length: count }, (_, id) => event(id)).join(''));

let collector: FakeCollector;
let url: string;
let exporter: OtlpExporter;
beforeEach(async () => {
  collector = new FakeCollector();
  url = await collector.open();
  exporter = exporterTo(url);
});
afterEach(async () => {
  await exporter.close(0);
  await collector.close();
});

function exporterTo(to: string, more: { queueBytes?: number; attempts?: number } = {}): OtlpExporter {
  const client = new OtlpClient({ url: to, ...CLIENT_DEFAULTS, attempts: more.attempts ?? 3, backoffMs: 1 });
  return new OtlpExporter({ client, node: 'nodeA', version: '1', queueBytes: more.queueBytes ?? 1 << 20, log: silent });
}

describe('OtlpExporter', () => {
  it('sends a span per event below a span for the run', async () => {
    const run = exporter.begin(SESSION);
    run.lines(Buffer.from(`[\n${event(1, { error: 'ENOENT', path: '/a', deep: [1], flag: true, part: 0.5 })}`));
    run.lines(Buffer.from('{"id":2,"name":"process_name","ph":"M","args":{"name":"sh"}}\n'));
    run.end('stopped');
    await exporter.close(5000);
    const [child, parent] = collector.spans;
    expect(collector.spans).toHaveLength(2);
    expect(parent).toMatchObject({
      name: 'checkout is slow',
      attributes: [
        { key: 'node', value: { stringValue: 'nodeA' } },
        { key: 'pod', value: { stringValue: 'shop-*' } },
        { key: 'traceJob', value: { stringValue: 'trace_syscalls' } },
        { key: 'traceSession', value: { stringValue: '18446744073709551615' } },
        { key: 'reason', value: { stringValue: 'stopped' } },
      ],
    });
    expect(child).toEqual({
      traceId: parent?.traceId,
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
      parentSpanId: parent?.spanId,
      name: 'read',
      kind: 1,
      startTimeUnixNano: '1700000000000001000',
      endTimeUnixNano: '1700000000000003345',
      status: { code: 2, message: 'ENOENT' },
      attributes: [
        { key: 'category', value: { stringValue: 'syscall' } },
        { key: 'process.pid', value: { intValue: '7' } },
        { key: 'thread.id', value: { intValue: '8' } },
        { key: 'ret', value: { intValue: '1' } },
        { key: 'path', value: { stringValue: '/a' } },
        { key: 'deep', value: { stringValue: '[1]' } },
        { key: 'flag', value: { boolValue: true } },
        { key: 'part', value: { doubleValue: 0.5 } },
      ],
    });
    expect(parent?.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(BigInt(parent?.endTimeUnixNano ?? 0) >= BigInt(parent?.startTimeUnixNano ?? 0)).toBe(true);
    expect(collector.bodies[0]?.resourceSpans[0]?.resource.attributes).toContainEqual({
      key: 'service.name',
      value: { stringValue: 'container-tracer' },
    });
    expect(collector.types).toEqual(['application/json']);
    expect(run.counts()).toEqual({ sent: 2, dropped: 0 });
  });

  it('names the run after its hook when the user gave no context, and keeps runs apart', async () => {
    const [one, other] = [exporter.begin({ ...SESSION, context: '' }), exporter.begin({ ...SESSION, group: '9' })];
    one.end('stopped');
    other.end('stopped');
    other.end('again');
    await exporter.close(5000);
    const [first, second] = collector.spans;
    expect(collector.spans).toHaveLength(2);
    expect(first?.name).toBe('trace_syscalls');
    expect(second?.attributes).toContainEqual({ key: 'traceGroup', value: { stringValue: '9' } });
    expect(first?.traceId).not.toBe(second?.traceId);
  });

  it('sends batches of bounded size, each event once and in order', async () => {
    const run = exporter.begin(SESSION);
    for (let part = 0; part < 5; part++) run.lines(events(300));
    await exporter.close(5000);
    expect(collector.bodies.map(({ resourceSpans: [first] }) => first?.scopeSpans[0]?.spans.length)).toEqual([
      512, 512, 476,
    ]);
    const starts = collector.spans.map(({ startTimeUnixNano }) => startTimeUnixNano);
    expect(starts.slice(0, 300)).toEqual([...starts.slice(0, 300)].sort());
    expect(new Set(collector.spans.map(({ spanId }) => spanId)).size).toBe(1500);
    expect(run.counts()).toEqual({ sent: 1500, dropped: 0 });
  });

  it('tries again where OTLP says so', async () => {
    collector.answers.push({ status: 503 }, { status: 429, headers: { 'Retry-After': '0' } });
    const run = exporter.begin(SESSION);
    run.lines(events(3));
    await exporter.close(5000);
    expect(collector.spans).toHaveLength(3);
    expect(run.counts()).toEqual({ sent: 3, dropped: 0 });
  });

  it('counts what the collector refuses for good, without sending it again', async () => {
    collector.answers.push({ status: 400, body: 'bad span' });
    const run = exporter.begin(SESSION);
    run.lines(events(3));
    await exporter.close(5000);
    expect(collector.types).toHaveLength(1);
    expect(run.counts()).toEqual({ sent: 0, dropped: 3, lastError: `${url} answered 400 bad span` });
  });

  it('counts what the collector rejects of a request that it took', async () => {
    const partialSuccess = { rejectedSpans: '2', errorMessage: 'too old' };
    collector.answers.push({ status: 200, body: JSON.stringify({ partialSuccess }) });
    const run = exporter.begin(SESSION);
    run.lines(events(3));
    await exporter.close(5000);
    expect(run.counts()).toEqual({ sent: 1, dropped: 2, lastError: 'too old' });
  });

  it('drops and counts what does not fit into the queue, and sends the end of the run all the same', async () => {
    exporter = exporterTo(url, { queueBytes: 2 * events(10).length });
    const run = exporter.begin(SESSION);
    for (let part = 0; part < 5; part++) run.lines(events(10));
    run.end('stopped');
    await exporter.close(5000);
    expect(run.counts()).toEqual({ sent: 21, dropped: 30, lastError: 'the queue was full' });
    expect(exporter.totals).toMatchObject({ sent: 21, dropped: 30 });
  });

  it('counts events that the capture had to leave out', async () => {
    const run = exporter.begin(SESSION);
    const notice = {
      id: 0,
      name: 'tail skipped',
      cat: 'tracer',
      pid: 0,
      tid: 0,
      ts: 1,
      dur: 0,
      ph: 'X',
      args: { count: 70 },
    };
    run.lines(Buffer.from(`${event(1)}${JSON.stringify(notice)}\n`));
    await exporter.close(5000);
    expect(run.counts()).toMatchObject({ sent: 2, dropped: 70 });
  });

  it('gives up after some attempts when nobody listens', async () => {
    exporter = exporterTo('http://127.0.0.1:1/v1/traces');
    const run = exporter.begin(SESSION);
    run.lines(events(3));
    await exporter.close(5000);
    expect(run.counts()).toMatchObject({ sent: 0, dropped: 3, lastError: expect.stringContaining('127.0.0.1:1') });
  });

  it('ends within its deadline when the collector hangs', async () => {
    collector.answers.push({ status: 200, delayMs: 10_000 });
    const run = exporter.begin(SESSION);
    run.lines(events(3));
    const started = performance.now();
    await exporter.close(100);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(run.counts()).toMatchObject({ sent: 0, dropped: 3 });
  });
});
