import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, request as send, type IncomingMessage } from 'node:http';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { silent } from '@tracer/base';
import { DmEventType, DmJobState, encodeDmUpload, type DmEvent } from '@tracer/storage';
import { Database } from '@tracer/storage-postgres';
import type { PoolClient } from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { startPostgres } from '../apps/tracer/src/embedded-postgres.js';
import type { BenchRow } from './bench-table.js';

export const title = 'Replication events and feature runs: span-api as a process, on the embedded PostgreSQL';

const EVENTS = Number(process.env['BENCH_EVENTS'] ?? 1_000_000);
/** What a worker sends at a time unless it is told otherwise. */
const WORKER_BATCH = 20;
const LARGE_BATCH = 500;
const EVENTS_OF_A_TRACE = 3;
const ROUNDS = 400;
const { binlog, job } = DmEventType;

interface World {
  readonly url: string;
  readonly port: number;
  readonly agent: Agent;
  readonly database: Database;
}

export async function run(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'dm-bench-'));
  chmodSync(directory, 0o755);
  const server = await startPostgres(directory, () => undefined);
  const port = await freePort();
  const service = startService(port, server.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const database = new Database(server.url, silent);
  try {
    const world = { url: server.url, port, agent, database };
    await untilReady(world);
    await database.open();
    return [...(await ingest(world)), ...(await reads(world)), ...(await steps(world))];
  } finally {
    agent.destroy();
    await database.close();
    service.kill('SIGTERM');
    await Promise.race([once(service, 'exit'), sleep(5_000, undefined, { ref: false })]);
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

// ---- ingest

async function ingest(world: World): Promise<BenchRow[]> {
  const small = Math.floor(EVENTS / 5);
  const smallRate = await upload(world, 0, small, WORKER_BATCH, 64);
  const largeRate = await upload(world, small, EVENTS, LARGE_BATCH, 8);
  const copyRate = await copyAgain(world.database);
  const row = (name: string, rate: number): BenchRow => ({
    name,
    measured: `${thousands(rate)} events/s`,
    baseline: `${thousands(copyRate)} events/s (one COPY of the same rows, same indexes)`,
    ratio: (rate / copyRate).toFixed(2),
    target: '30 k events/s, durable',
  });
  return [
    row(`gRPC upload, 64 senders of ${WORKER_BATCH} events`, smallRate),
    row(`gRPC upload, 8 senders of ${LARGE_BATCH} events`, largeRate),
  ];
}

/** Events per second from the first upload to the last answer; the messages are made before. */
async function upload({ port }: World, from: number, to: number, batch: number, senders: number): Promise<number> {
  const messages: { readonly path: string; readonly body: Buffer }[] = [];
  for (let at = from; at < to; at += batch) {
    const type = (at / batch) % EVENTS_OF_A_TRACE === 0 ? binlog : job;
    const events = Array.from({ length: Math.min(batch, to - at) }, (_, offset) => eventAt(at + offset, type));
    const method = type === binlog ? 'UploadSyncerBinlogEvent' : 'UploadSyncerJobEvent';
    messages.push({ path: `/pb.Tracer/${method}`, body: encodeDmUpload(events) });
  }
  const clients = Array.from({ length: 4 }, () => new Client(`127.0.0.1:${port}`, credentials.createInsecure()));
  const startedAt = performance.now();
  let next = 0;
  const sender = async (client: Client | undefined): Promise<void> => {
    for (let message = messages[next++]; message !== undefined; message = messages[next++])
      if (client !== undefined) await call(client, message.path, message.body);
  };
  await Promise.all(Array.from({ length: senders }, (_, index) => sender(clients[index % 4])));
  const seconds = (performance.now() - startedAt) / 1000;
  for (const client of clients) client.close();
  return (to - from) / seconds;
}

function call(client: Client, path: string, body: Buffer): Promise<void> {
  const same = (bytes: Buffer): Buffer => bytes;
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, same, same, body, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

const text = (value: string): Buffer => Buffer.from(value);
const NOTHING = Buffer.alloc(0);
const START_NS = 1_700_000_000_000_000_000n;

const traceId = (trace: number): string => `mysql-replica-0${trace % 4}.syncer.task${trace % 3}.${trace}`;

/** Rows events and their jobs, as a worker reports them. */
function eventAt(at: number, type: DmEventType): DmEvent {
  const base = {
    filename: text('/home/build/src/github.com/pingcap/dm/syncer/syncer.go'),
    line: 1400 + (at % 50),
    tso: START_NS + BigInt(at) * 1_000n,
    traceId: text(traceId(Math.floor(at / EVENTS_OF_A_TRACE))),
    groupId: NOTHING,
    type,
  };
  const place = { name: text('mysql-bin|000001.000004'), pos: at % 2 ** 32 };
  if (type === binlog) {
    const state = { safeMode: false, tryReSync: false, lastPos: place, currentPos: place };
    return { type, base, state, eventType: 30, opType: 1 };
  }
  return {
    type: job,
    base,
    opType: 1,
    pos: place,
    currentPos: place,
    sql: text('REPLACE INTO `sharding`.`t_target` (`id`,`name`,`created`) VALUES (?,?,?)'),
    ddls: [],
    argsChecksum: at,
    queueBucket: text(`q_${at % 8}`),
    state: at % 2 === 0 ? DmJobState.queued : DmJobState.success,
  };
}

/** The same rows, once more, into an equal table: what the database can do at best. */
async function copyAgain({ source }: Database): Promise<number> {
  await source.query('CREATE TABLE dm_event_again (LIKE dm_event INCLUDING ALL)');
  const rows: Buffer[] = [];
  const runner = source.createQueryRunner();
  try {
    const client = (await runner.connect()) as PoolClient;
    const out = client.query(copyTo('COPY dm_event TO STDOUT (FORMAT binary)'));
    out.on('data', (chunk: Buffer) => rows.push(chunk));
    await finished(out);
    const startedAt = performance.now();
    const into = client.query(copyFrom('COPY dm_event_again FROM STDIN (FORMAT binary)'));
    into.end(Buffer.concat(rows));
    await finished(into);
    const rate = (EVENTS * 1000) / (performance.now() - startedAt);
    await source.query('DROP TABLE dm_event_again');
    await source.query('VACUUM ANALYZE dm_event, dm_trace, dm_bucket');
    return rate;
  } finally {
    await runner.release();
  }
}

// ---- reads

async function reads(world: World): Promise<BenchRow[]> {
  const traces = Math.floor(EVENTS / EVENTS_OF_A_TRACE);
  const status = await median(() => get(world, '/status'));
  const query = await median((round) => get(world, `/events/query?trace_id=${traceId((round * 7919) % traces)}`));
  const rows: BenchRow[] = [
    {
      name: `events/query by id among ${thousands(EVENTS)} events`,
      measured: ms(query),
      baseline: `${ms(status)} (GET /status)`,
      ratio: (query / status).toFixed(1),
      target: '≤ 1 ms',
    },
  ];
  for (const [where, offset] of [
    ['beginning', 0],
    ['middle', Math.floor(traces / 2)],
    ['end', traces - 10 - ROUNDS],
  ] as const) {
    const scan = await median((round) => get(world, `/events/scan?offset=${offset + round}&limit=10`));
    const plain = await median(
      (round) =>
        world.database.source.query('SELECT trace FROM dm_trace ORDER BY trace OFFSET $1 LIMIT 10', [offset + round]),
      Math.ceil(ROUNDS / 10),
    );
    rows.push({
      name: `events/scan of 10 traces at the ${where}`,
      measured: ms(scan),
      baseline: `${ms(plain)} (OFFSET in SQL, trace numbers only)`,
      ratio: (scan / plain).toFixed(2),
      target: '≤ 5 ms at any offset',
    });
  }
  return rows;
}

// ---- feature runs

async function steps(world: World): Promise<BenchRow[]> {
  const post = (action: string, more: object, status?: number): Promise<void> =>
    get(world, `/api/tracing/${action}`, JSON.stringify({ trace_tag: 'bench', ...more }), status);
  await post('start', {});
  await world.database.source.query('CREATE TABLE bench_insert (at bigint)');
  const insert = await median((round) => world.database.source.query('INSERT INTO bench_insert VALUES ($1)', [round]));
  const baseline = `${ms(insert)} (one INSERT, committed)`;
  const step = await median(() => post('step', { step_name: 'step' }));
  // The same way through everything but the commit.
  const unknown = await median(() => post('step', { trace_id: 'nobody', step_name: 'step' }, 404));
  const row = (name: string, time: number): BenchRow => ({
    name,
    measured: ms(time),
    baseline,
    ratio: (time / insert).toFixed(1),
    target: '≤ 1 ms',
  });
  return [
    row('perf-tracer step, request to durable answer', step),
    row('the same for a run that is not live, so nothing to commit', unknown),
  ];
}

// ---- the world

function startService(port: number, databaseUrl: string): ChildProcess {
  const script = fileURLToPath(new URL('../apps/span-api/src/main.js', import.meta.url));
  return spawn(process.execPath, [script, '--address', `127.0.0.1:${port}`, '--log-level', 'error'], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

async function untilReady(world: World): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    if (
      await get(world, '/ready').then(
        () => true,
        () => false,
      )
    )
      return;
    await sleep(100);
  }
  throw new Error('span-api did not become ready');
}

/** GET, or POST with a body; throws unless the answer has the status. */
async function get({ port, agent }: World, path: string, body?: string, status = 200): Promise<void> {
  const request = send({ port, host: '127.0.0.1', path, agent, method: body === undefined ? 'GET' : 'POST' });
  request.end(body);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  await answer.toArray();
  if (answer.statusCode !== status) throw new Error(`${path} answers ${answer.statusCode}`);
}

async function median(action: (round: number) => Promise<unknown>, rounds = ROUNDS): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const startedAt = performance.now();
    await action(round);
    times.push(performance.now() - startedAt);
  }
  return times.sort((a, b) => a - b)[Math.floor(rounds / 2)] ?? NaN;
}

const ms = (value: number): string => `${value.toFixed(2)} ms`;
const thousands = (value: number): string => `${Math.round(value / 1000)} k`;
