import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, linkSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createReadStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { IndexBuilders } from '../libs/trace-index/src/worker/index-builders.js';
import { rareName, writeCorpus } from './corpus.js';
import type { BenchRow } from './bench-table.js';

export const title =
  'Trace-file index: medians of alternating rounds, everything in the page cache, questions over HTTP';

/** Of each row; fewer when a machine is busy or the corpus is large. */
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 5);
/** Whether the memory of a build is shown over its time, too. */
const SHOWS_MEMORY = process.env['BENCH_MEMORY'] === '1';
const CURVE_POINTS = 10;
const RESTART_FILES = 1000;
const SMALLEST_INDEXED = 8000;
/** How often a short question is asked before it is measured, so that the compiler has seen what it does. */
const WARM_CALLS = 8;
/** A question that takes longer than this at first has been asked enough. */
const WARM_MS = 1000;
const SERVER = fileURLToPath(new URL('../apps/trace-indexer/src/main.js', import.meta.url));
const PORT = 28_282;
const READ_BYTES = 256 * 1024;
const BASE = `http://127.0.0.1:${PORT}/api/v1`;

/** Millions of events of the corpora, as a list (`0.3,3,30` is the growth table); 3 M events are 600 MB of text. */
const SIZES = (process.env['BENCH_MILLIONS'] ?? '3').split(',').map(Number);

export async function run(): Promise<BenchRow[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bench-index-'));
  try {
    const rows: BenchRow[] = [];
    for (const millions of SIZES) rows.push(...(await measure(directory, millions)));
    rows.push(await restart(directory));
    return rows;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The whole table for one size. */
async function measure(directory: string, millions: number): Promise<BenchRow[]> {
  const corpus = join(tmpdir(), `tracer-corpus-${millions}m.pfw.gz`);
  await writeCorpus(corpus, { events: millions * 1e6 });
  const root = join(directory, `${millions}`);
  mkdirSync(root);
  const trace = join(root, 'trace.pfw.gz');
  linkSync(corpus, trace);
  const rows = [await build(root, trace)];
  const server = await startServer(root);
  try {
    rows.push(...(await questions(trace)));
  } finally {
    await stop(server);
  }
  rows.push(await naive(trace));
  return rows.map((row) => ({ ...row, name: `${millions} M: ${row.name}` }));
}

const shell = (command: string) => (): void => {
  const { status, stderr } = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
  if (status !== 0 && status !== 1) throw new Error(`${command}: ${stderr}`);
};
const gunzip = (trace: string) => shell(`gzip -dc '${trace}' > /dev/null`);
const grep = (trace: string, name: string) => shell(`zcat '${trace}' | grep '"name":"${name}"' > /dev/null`);

interface Times {
  readonly ms: number;
  readonly baselineMs: number;
  /** Of the first of several calls. */
  readonly firstMs?: number;
}

/** Both in turn, so that a busy machine slows both; as of a service that has been asked such things before. */
async function alternate(work: () => Promise<void> | void, baseline: () => Promise<void> | void): Promise<Times> {
  const [own, other]: [number[], number[]] = [[], []];
  const firstMs = await timed(work);
  for (let call = 1; call < WARM_CALLS && firstMs < WARM_MS; call++) await work();
  for (let round = 0; round < ROUNDS; round++) {
    own.push(await timed(work));
    other.push(await timed(baseline));
  }
  return { ms: median(own), baselineMs: median(other), firstMs };
}

async function timed(work: () => Promise<void> | void): Promise<number> {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

const median = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`;

function row(name: string, { ms: own, baselineMs, firstMs }: Times, baseline: string, target: string): BenchRow {
  return {
    name,
    measured: firstMs === undefined ? ms(own) : `${ms(own)} (first ${ms(firstMs)})`,
    baseline: `${baseline}: ${ms(baselineMs)}`,
    ratio: `${(baselineMs / own).toFixed(1)}×`,
    target,
  };
}

/** Time as a service has it, whose threads run already; memory of the command that does nothing else. */
async function build(root: string, trace: string): Promise<BenchRow> {
  const builders = new IndexBuilders();
  const indexPath = `${trace}.idx`;
  const request = { tracePath: trace, indexPath, format: 'gzip' } as const;
  const make = async (): Promise<void> => {
    await builders.build(request, { signal: new AbortController().signal });
  };
  const times = await alternate(make, gunzip(trace));
  await builders.close();
  const share = (100 * statSync(indexPath).size) / statSync(trace).size;
  const { peakMb, curve } = await memoryOfBuild(root, indexPath);
  const memory = SHOWS_MEMORY ? ` (${curve})` : '';
  const facts = `index ${share.toFixed(1)} % of the gz, peak ${peakMb.toFixed(0)} MB${memory}`;
  return row(`index build; ${facts}`, times, 'gzip -dc', '≥ 1.8×, ≤ 30 %, ≤ 200 MB');
}

/** Peak of the resident memory, and its course as `seconds:MB`. */
async function memoryOfBuild(root: string, indexPath: string): Promise<{ peakMb: number; curve: string }> {
  rmSync(indexPath);
  const child = spawn(process.execPath, [SERVER, '-d', root, '--index'], { stdio: 'ignore' });
  const begun = performance.now();
  const samples: { seconds: number; mb: number }[] = [];
  let peakMb = 0;
  const watch = setInterval(() => {
    const { rssMb, highMb } = memoryOf(child.pid);
    peakMb = Math.max(peakMb, highMb);
    if (rssMb > 0) samples.push({ seconds: (performance.now() - begun) / 1000, mb: rssMb });
  }, 10);
  await once(child, 'exit');
  clearInterval(watch);
  const shown = Array.from({ length: CURVE_POINTS }, (_, i) =>
    samples.at(Math.floor((i * (samples.length - 1)) / (CURVE_POINTS - 1))),
  ).filter((sample) => sample !== undefined);
  return { peakMb, curve: shown.map(({ seconds, mb }) => `${seconds.toFixed(1)}s:${mb.toFixed(0)}`).join(' ') };
}

function memoryOf(pid: number | undefined): { rssMb: number; highMb: number } {
  try {
    const status = readFileSync(`/proc/${pid ?? 0}/status`, 'utf8');
    const mb = (field: string): number => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1] ?? 0) / 1024;
    return { rssMb: mb('VmRSS'), highMb: mb('VmHWM') };
  } catch {
    return { rssMb: 0, highMb: 0 };
  }
}

async function questions(trace: string): Promise<BenchRow[]> {
  const [{ min, span }] = [await extent()];
  const window = (share: number): string => `begin=${Math.floor(span * 0.4)}&end=${Math.floor(span * (0.4 + share))}`;
  const times = (share: number): string =>
    `ts_min=${Math.floor(min + span * 0.4)}&ts_max=${Math.floor(min + span * (0.4 + share))}`;
  const ask = (path: string) => async (): Promise<void> => {
    await bytesOf(path);
  };
  const rare = rareName();
  return [
    row('full /events/stream', await alternate(ask('/events/stream'), gunzip(trace)), 'gzip -dc', '≥ 3×'),
    row(
      'scattered by name and duration',
      await alternate(ask('/events/stream?name=read&dur_min=1985&metadata=none'), grep(trace, 'read')),
      'zcat | grep',
      '≥ 10×',
    ),
    row(
      'rare name',
      await alternate(ask(`/events/stream?name=${rare}&metadata=none`), grep(trace, rare)),
      'zcat | grep',
      '≥ 40×',
    ),
    row(
      '1 % time window',
      await alternate(ask(`/events/stream?${times(0.01)}&metadata=none`), grep(trace, 'read')),
      'zcat | grep',
      '≥ 40×',
    ),
    row(
      '/viz/events, 10 % window',
      await alternate(ask(`/viz/events?${window(0.1)}&summary=1`), gunzip(trace)),
      'gzip -dc',
      '≥ 25×',
    ),
    row(
      '/viz/events, 10 % window, summary=2: what 1920 pixels show',
      await alternate(ask(`/viz/events?${window(0.1)}&summary=2`), gunzip(trace)),
      'gzip -dc',
      '',
    ),
    row(
      '/viz/density, whole file, 1920 bins',
      await alternate(ask(`/viz/density?begin=0&end=${Math.ceil(span)}&viewport_width=1920`), gunzip(trace)),
      'gzip -dc',
      '≤ 60 ms at 3 M',
    ),
    row('/stats, warm', await alternate(ask('/stats'), gunzip(trace)), 'gzip -dc', '≤ 5 ms'),
  ];
}

/** Every line parsed, as one would without thinking: for the rare name, once. */
async function naive(trace: string): Promise<BenchRow> {
  const rare = rareName();
  const ownMs = await timed(async () => {
    let found = 0;
    for await (const line of createInterface({ input: createReadStream(trace).pipe(createGunzip()) })) {
      if (!line.startsWith('{')) continue;
      if ((JSON.parse(line) as { name: string }).name === rare) found++;
    }
    if (found === 0) throw new Error('the naive way found nothing');
  });
  const gunzipMs = await timed(gunzip(trace));
  return row('for comparison: readline and JSON.parse', { ms: ownMs, baselineMs: gunzipMs }, 'gzip -dc', '');
}

async function extent(): Promise<{ min: number; span: number }> {
  const body = /\r\n\r\n[^{]*(\{.*\})/s.exec(await bytesOf('/info', true))?.[1] ?? '';
  const { time_range: range } = JSON.parse(body) as {
    time_range: { min_timestamp_us: number; max_timestamp_us: number };
  };
  return { min: range.min_timestamp_us, span: range.max_timestamp_us - range.min_timestamp_us };
}

/**
 * Asks and reads the answer to its end, into the same memory again and again: two processors are all there are, and what
 * the client takes is missing to the service. The answer's text, framing included, only when wanted.
 */
function bytesOf(path: string, keep = false): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let head = '';
    const onData = (length: number, buffer: Uint8Array): boolean => {
      if (head === '') head = Buffer.from(buffer.subarray(0, Math.min(length, 64))).toString('latin1');
      if (keep) parts.push(Buffer.from(buffer.subarray(0, length)));
      return true;
    };
    const onread = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback: onData };
    const socket = connect({ host: '127.0.0.1', port: PORT, onread }, () => {
      socket.write(`GET /api/v1${path} HTTP/1.1\r\nHost: 127.0.0.1:${PORT}\r\nConnection: close\r\n\r\n`);
    });
    socket.on('error', reject);
    socket.on('close', () => {
      if (head.startsWith('HTTP/1.1 200 ')) resolve(Buffer.concat(parts).toString());
      else reject(new Error(`${path}: ${head.split('\r\n')[0]}`));
    });
  });
}

/** Starts the service and waits until it is ready. */
async function startServer(root: string): Promise<ChildProcess> {
  const server = spawn(process.execPath, [SERVER, '-d', root, '-p', String(PORT)], { stdio: 'ignore' });
  const ready = BASE.replace('/api/v1', '/ready');
  while (
    !(await fetch(ready).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (server.exitCode !== null) throw new Error(`the service ended with code ${server.exitCode}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return server;
}

async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  server.kill('SIGTERM');
  await once(server, 'exit');
}

/** A directory of many files with their indexes. Links: what counts is how many there are. */
async function restart(directory: string): Promise<BenchRow> {
  const root = join(directory, 'many');
  mkdirSync(root);
  const first = join(root, '0.pfw.gz');
  await writeCorpus(first, { events: SMALLEST_INDEXED * 6 });
  await stop(await startServer(root));
  for (let i = 1; i < RESTART_FILES; i++) {
    linkSync(first, join(root, `${i}.pfw.gz`));
    copyFileSync(`${first}.idx`, join(root, `${i}.pfw.gz.idx`));
  }
  const [all, one]: [number[], number[]] = [[], []];
  const single = join(directory, 'single');
  mkdirSync(single);
  linkSync(first, join(single, '0.pfw.gz'));
  copyFileSync(`${first}.idx`, join(single, '0.pfw.gz.idx'));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [times, where] of [
      [all, root],
      [one, single],
    ] as const) {
      let server: ChildProcess | undefined;
      const tookMs = await timed(async () => {
        server = await startServer(where);
      });
      times.push(tookMs);
      if (server) await stop(server);
    }
  }
  return {
    name: `ready after a restart, ${RESTART_FILES} indexed files`,
    measured: ms(median(all)),
    baseline: `one file: ${ms(median(one))}`,
    ratio: `${(median(all) / median(one)).toFixed(1)}× of it`,
    target: '≤ 2 s',
  };
}
