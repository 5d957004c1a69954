import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { silent } from '@tracer/base';
import { Attributes, encodeOtlpProto, Endpoint, Resource, Scope, Span, SpanKind } from '@tracer/span-model';
import { Database, PostgresSpanStore, PostgresTraceReads } from '@tracer/storage-postgres';
import type { PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { TraceView } from '../apps/span-api/src/traces/trace-view.js';
import { startPostgres } from '../apps/tracer/src/embedded-postgres.js';
import type { BenchRow } from './bench-table.js';

export const title = 'Span store: span-api as a process, the embedded PostgreSQL, real tables and indexes';

/** Spans stored in all when each part of the table is measured; they are sent one part after the other. */
const SIZES = (process.env['BENCH_SPANS'] ?? '100000,300000').split(',').map(Number);
const MOST_SPANS = Math.max(...SIZES);
const SPANS_OF_A_TRACE = 10;
const SERVICES = 20;
const BODY_SPANS = 2_000;
const IN_FLIGHT = 6;
/** Spans whose bodies are made before the clock runs. */
const SLICE_SPANS = 200_000;
/** Rows that are copied once more as the baseline. */
const BASELINE_SPANS = 300_000;
const LARGE_TRACE_SPANS = 100_000;
const PORT = 28_461;
const HOUR_US = 3_600_000_000;
const STRICT = { strict: true };

/** Spans as an instrumented back end sends them, ten a trace, spread over the last hour. */
function spansFrom(first: number, count: number, nowUs: number): Span[] {
  const resources = Array.from({ length: SERVICES }, (_, at) => {
    const attributes = Attributes.of([
      ['service.name', `service-${at}`],
      ['host.name', `host-${at % 7}`],
      ['service.version', '1.2.3'],
    ]);
    return new Resource(attributes);
  });
  const scope = new Scope('bench', '1.0', Attributes.empty);
  return Array.from({ length: count }, (_, offset) => {
    const at = first + offset;
    const [trace, step] = [Math.floor(at / SPANS_OF_A_TRACE), at % SPANS_OF_A_TRACE];
    const service = (trace + step) % SERVICES;
    const span = new Span('otlp', hex(trace * 7919 + 1, 32), hex(at + 1, 16), resources[service], scope);
    span.parentId = step === 0 ? undefined : hex(at, 16);
    span.name = `operation-${(trace + step) % 50}`;
    span.kind = step === 0 ? SpanKind.server : SpanKind.internal;
    span.startNs =
      BigInt(nowUs - HOUR_US + Math.floor((trace / (MOST_SPANS / SPANS_OF_A_TRACE)) * HOUR_US) + step * 10) * 1000n;
    span.durationNs = BigInt(1 + ((at * 2_654_435_761) % 1_000_000)) * 1000n;
    span.localEndpoint = Endpoint.of(`service-${service}`);
    span.attributes = Attributes.of([
      ['http.method', 'GET'],
      ['http.route', `/items/${at % 97}`],
      ['http.status_code', 200n],
      ['peer.zone', 'b'],
    ]);
    return span;
  });
}

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

export async function run(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'span-store-bench-'));
  chmodSync(directory, 0o755);
  const server = await startPostgres(directory, () => undefined);
  const database = new Database(server.url, silent);
  const api = startApi(server.url);
  try {
    await database.open();
    await answered('/ready');
    const nowUs = Date.now() * 1000;
    const rows: BenchRow[] = [];
    let stored = 0;
    for (const size of SIZES) {
      const { perSecond, mostMb } = await ingest(api, stored, size, nowUs);
      rows.push(ingestRow(size - stored, size, perSecond, await copyAgain(database)), memoryRow(size, mostMb));
      stored = size;
      await database.source.query('VACUUM ANALYZE span');
      rows.push(...(await queryRows(new PostgresSpanStore(database.source), size, nowUs)));
    }
    rows.push(...(await largeTraceRows(database, nowUs)));
    return rows;
  } finally {
    api.kill('SIGTERM');
    await database.close();
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function startApi(databaseUrl: string): ChildProcess {
  const main = fileURLToPath(new URL('../apps/span-api/src/main.js', import.meta.url));
  const env = { ...process.env, DATABASE_URL: databaseUrl, TRACER_SPAN_API_ADDRESS: `127.0.0.1:${PORT}` };
  return spawn(process.execPath, [main, '--log-level', 'error'], { env, stdio: ['ignore', 'inherit', 'inherit'] });
}

async function answered(path: string): Promise<void> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${PORT}${path}`).catch(() => undefined);
    if (answer?.status === 200) return;
    await sleep(50);
  }
}

/** Sends the spans `from` to `to` as OTLP protobuf over a few connections; each answer means that they are committed. */
async function ingest(
  api: ChildProcess,
  from: number,
  to: number,
  nowUs: number,
): Promise<{ perSecond: number; mostMb: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT });
  let elapsedS = 0;
  for (let slice = from; slice < to; slice += SLICE_SPANS) {
    const end = Math.min(slice + SLICE_SPANS, to);
    const bodies: Buffer[] = [];
    for (let at = slice; at < end; at += BODY_SPANS)
      bodies.push(encodeOtlpProto(spansFrom(at, Math.min(BODY_SPANS, end - at), nowUs)));
    elapsedS += await seconds(async () => {
      const next = bodies.values();
      const send = async (): Promise<void> => {
        for (const body of next) await post(agent, body);
      };
      await Promise.all(Array.from({ length: IN_FLIGHT }, send));
    });
  }
  agent.destroy();
  return { perSecond: (to - from) / elapsedS, mostMb: mostMemoryMb(api.pid ?? 0) };
}

async function post(agent: Agent, body: Buffer): Promise<void> {
  const headers = { 'Content-Type': 'application/x-protobuf', 'Content-Length': body.length };
  const sent = request({ agent, host: '127.0.0.1', port: PORT, path: '/v1/traces', method: 'POST', headers });
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [NodeJS.ReadableStream & { statusCode: number }];
  answer.resume();
  await once(answer, 'end');
  if (answer.statusCode !== 200) throw new Error(`span-api answered ${answer.statusCode}`);
}

/** Most resident memory that a process ever had. Linux only. */
function mostMemoryMb(pid: number): number {
  const [, kb = 'NaN'] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kb) / 1000;
}

/** Some of the rows that were stored, copied once more into an equal table; rows per second. */
async function copyAgain(database: Database): Promise<number> {
  const runner = database.source.createQueryRunner();
  try {
    const client = (await runner.connect()) as PoolClient;
    await runner.query('CREATE TABLE IF NOT EXISTS span_again (LIKE span INCLUDING ALL)');
    await runner.query('TRUNCATE span_again');
    const some = `COPY (SELECT * FROM span LIMIT ${BASELINE_SPANS}) TO STDOUT (FORMAT binary)`;
    const chunks: Buffer[] = [];
    for await (const chunk of client.query(copyTo(some))) chunks.push(chunk as Buffer);
    const copy = client.query(copyFrom('COPY span_again FROM STDIN (FORMAT binary)'));
    const elapsedS = await seconds(async () => {
      for (const chunk of chunks) copy.write(chunk);
      copy.end();
      await finished(copy);
    });
    return copy.rowCount / elapsedS;
  } finally {
    await runner.release();
  }
}

function ingestRow(sent: number, size: number, perSecond: number, baseline: number): BenchRow {
  return {
    name: `durable ingest of ${count(sent)} spans, OTLP protobuf over HTTP, spans/s, ${count(size)} then stored`,
    measured: count(perSecond),
    baseline: `${count(baseline)} (COPY of the same rows, ready-made, into an equal table)`,
    ratio: (perSecond / baseline).toFixed(2),
    target: '≥ 0.5, then 0.8',
  };
}

function memoryRow(size: number, mostMb: number): BenchRow {
  const name = `most memory of span-api up to then, ${count(size)} stored`;
  return { name, measured: `${mostMb.toFixed(0)} MB`, baseline: '', ratio: '', target: '≤ 300 MB' };
}

function timeRow(name: string, ms: number, target: string): BenchRow {
  return { name, measured: `${ms.toFixed(2)} ms`, baseline: '', ratio: '', target };
}

async function queryRows(store: PostgresSpanStore, size: number, nowUs: number): Promise<BenchRow[]> {
  const window = { fromUs: nowUs - HOUR_US, toUs: nowUs, limit: 10 };
  const traces = size / SPANS_OF_A_TRACE;
  const byId = await medianMs(200, (at) => store.trace('0', hex(((at * 977) % traces) * 7919 + 1, 32), STRICT));
  const search = await medianMs(20, (at) =>
    store.search('0', { ...window, serviceName: `service-${at % SERVICES}`, minDurationUs: 999_000 }, STRICT),
  );
  const links = await medianMs(3, () => store.dependencies('0', window.fromUs, window.toUs));
  const of = `${count(size)} spans stored, median`;
  return [
    timeRow(`trace by id, ${of}`, byId, '≤ 2 ms, then 1 ms at 1 M'),
    timeRow(`search by service and duration, ${of}`, search, '≤ 50 ms, then 20 ms at 1 M'),
    timeRow(`service graph of an hour, ${of}`, links, '≤ 2 s, then 0.5 s at 1 M'),
  ];
}

/** One trace that is far too large to be read for each window of it. */
async function largeTraceRows(database: Database, nowUs: number): Promise<BenchRow[]> {
  const store = new PostgresSpanStore(database.source);
  const traceId = 'f'.repeat(32);
  for (let at = 0; at < LARGE_TRACE_SPANS; at += BODY_SPANS) {
    const spans = spansFrom(at, BODY_SPANS, nowUs).map((span, offset) => {
      const parent = Math.floor((at + offset - 1) / 8);
      return span.with({ traceId, parentId: at + offset === 0 ? undefined : hex(parent + 1, 16) });
    });
    await store.insert([{ tenant: '0', spans }]);
  }
  const reads = new PostgresTraceReads(database.source);
  const open = (): Promise<string> => new TraceView(store, reads, STRICT).window('0', traceId, { limit: 200 });
  const view = new TraceView(store, reads, STRICT);
  await view.window('0', traceId, { limit: 200 });
  const scroll = (at: number): Promise<string> => view.window('0', traceId, { offset: at * 5_000, limit: 200 });
  const of = `of a trace of ${count(LARGE_TRACE_SPANS)} spans, median`;
  return [
    timeRow(`first window ${of}`, await medianMs(5, open), '≤ 300 ms'),
    timeRow(`next window ${of}`, await medianMs(10, scroll), ''),
  ];
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}

async function medianMs(rounds: number, work: (round: number) => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    await work(round);
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
