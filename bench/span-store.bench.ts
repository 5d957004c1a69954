import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { silent } from '@tracer/base';
import {
  Attributes,
  decodeOtlpProto,
  encodeOtlpProto,
  Endpoint,
  Resource,
  Scope,
  Span,
  SpanKind,
} from '@tracer/span-model';
import { INGEST_LIMITS, IngestQueue } from '@tracer/storage';
import { Database, PostgresSpanStore } from '@tracer/storage-postgres';
import type { PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { startPostgres } from '../apps/tracer/src/embedded-postgres.js';
import type { BenchRow } from './bench-table.js';

export const title = 'Span store: the embedded PostgreSQL, real tables and indexes';

const SPANS = Number(process.env['BENCH_SPANS'] ?? 200_000);
const SPANS_OF_A_TRACE = 10;
const SERVICES = 20;
const BATCH = 5_000;
const HOUR_US = 3_600_000_000;

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
      BigInt(nowUs - HOUR_US + Math.floor((trace / (SPANS / SPANS_OF_A_TRACE)) * HOUR_US) + step * 10) * 1000n;
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
  try {
    await database.open();
    const store = new PostgresSpanStore(database.source);
    const nowUs = Date.now() * 1000;
    const bodies: Buffer[] = [];
    for (let at = 0; at < SPANS; at += BATCH) bodies.push(Buffer.from(encodeOtlpProto(spansFrom(at, BATCH, nowUs))));
    // As the service does it: decoded bodies go through the queue, which overlaps transactions.
    const queue = new IngestQueue(store, silent, { ...INGEST_LIMITS, queuedSpans: 4 * BATCH, flushSpans: BATCH });
    const ingestS = await seconds(async () => {
      const running = new Set<Promise<void>>();
      for (const body of bodies) {
        const added = queue
          .add({ tenant: '0', spans: decodeOtlpProto(body).spans })
          .then(() => void running.delete(added));
        running.add(added);
        if (running.size >= 4) await Promise.race(running);
      }
      await queue.drained();
    });
    const copyS = await copyAgain(database);
    await database.source.query('VACUUM ANALYZE span');
    return [
      {
        name: `durable ingest of ${SPANS} spans from OTLP bodies, spans/s`,
        measured: perSecond(ingestS),
        baseline: `${perSecond(copyS)} (COPY of the same rows, ready-made, into an equal table)`,
        ratio: (copyS / ingestS).toFixed(2),
        target: '≥ 0.5, then 0.8',
      },
      ...(await queryRows(store, nowUs)),
    ];
  } finally {
    await database.close();
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The rows that were stored, copied once more into an equal table in the same number of transactions. */
async function copyAgain(database: Database): Promise<number> {
  const runner = database.source.createQueryRunner();
  try {
    const client = (await runner.connect()) as PoolClient;
    await runner.query('CREATE TABLE span_again (LIKE span INCLUDING ALL)');
    const chunks: Buffer[] = [];
    for await (const chunk of client.query(copyTo('COPY (SELECT * FROM span) TO STDOUT (FORMAT binary)')))
      chunks.push(chunk as Buffer);
    return await seconds(async () => {
      const copy = client.query(copyFrom('COPY span_again FROM STDIN (FORMAT binary)'));
      for (const chunk of chunks) copy.write(chunk);
      copy.end();
      await finished(copy);
    });
  } finally {
    await runner.release();
  }
}

async function queryRows(store: PostgresSpanStore, nowUs: number): Promise<BenchRow[]> {
  const strict = { strict: true };
  const window = { fromUs: nowUs - HOUR_US, toUs: nowUs, limit: 10 };
  const traces = SPANS / SPANS_OF_A_TRACE;
  const byId = await medianMs(200, (at) => store.trace('0', hex(((at * 977) % traces) * 7919 + 1, 32), strict));
  const search = await medianMs(20, (at) =>
    store.search('0', { ...window, serviceName: `service-${at % SERVICES}`, minDurationUs: 999_000 }, strict),
  );
  const links = await medianMs(3, () => store.dependencies('0', window.fromUs, window.toUs));
  const row = (name: string, ms: number, target: string): BenchRow => ({
    name: `${name}, ${SPANS} spans stored, median`,
    measured: `${ms.toFixed(2)} ms`,
    baseline: '',
    ratio: '',
    target: `${target} at 1 M`,
  });
  return [
    row('trace by id', byId, '≤ 2 ms, then 1 ms'),
    row('search by service and duration', search, '≤ 50 ms, then 20 ms'),
    row('service graph of an hour', links, '≤ 2 s, then 0.5 s'),
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

function perSecond(elapsedS: number): string {
  return Math.round(SPANS / elapsedS).toLocaleString('en');
}
