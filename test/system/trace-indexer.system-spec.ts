import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { traceLines, writeTrace } from '../../libs/trace-index/src/testing/trace-lines.js';

const LISTENING = /"port":(\d+),.*"msg":"listening"/;
const directory = mkdtempSync(join(tmpdir(), 'trace-indexer-system-'));
const traces = join(directory, 'traces');
const indexes = join(directory, 'indexes');
const running = new Set<Indexer>();

/** The built indexer as a process of its own. */
class Indexer {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';

  constructor(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.process = spawn(process.execPath, ['dist/apps/trace-indexer/src/main.js', ...argv], {
      env: { PATH: process.env['PATH'], TRACER_LOG_LEVEL: 'info', ...env },
    });
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    this.ended = once(this.process, 'exit').then(([code]) => code as number | null);
    running.add(this);
  }

  async url(): Promise<string> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const [, port] = LISTENING.exec(this.output) ?? [];
      if (port !== undefined) return `http://127.0.0.1:${port}`;
      if (Date.now() > deadline || this.process.exitCode !== null) throw new Error(`not listening:\n${this.output}`);
      await sleep(20);
    }
  }

  async stop(): Promise<void> {
    this.process.kill('SIGTERM');
    await this.ended;
    running.delete(this);
  }

  async json<T>(path: string): Promise<T> {
    return (await (await fetch((await this.url()) + path)).json()) as T;
  }
}

beforeAll(() => {
  mkdirSync(join(traces, 'job'), { recursive: true });
  writeTrace(join(traces, 'small.pfw.gz'), traceLines({ dialect: 'hex', events: 500 }));
  writeTrace(join(traces, 'job', 'large.pfw.gz'), traceLines({ dialect: 'integers', events: 120_000, files: 500 }), {
    level: 1,
  });
  writeTrace(join(traces, 'job', 'plain.pfw'), traceLines({ dialect: 'numeric', events: 20_000 }));
});
afterEach(async () => {
  for (const indexer of running) {
    indexer.process.kill('SIGKILL');
    await indexer.ended;
  }
  running.clear();
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const args = (...more: string[]): string[] => ['-d', traces, '-p', '0', '--index-dir', indexes, ...more];

describe('trace-indexer as a process', () => {
  it('serves its directory and stops at once when asked to', async () => {
    const indexer = new Indexer(args());
    const { files } = await indexer.json<{ files: { path: string }[] }>('/api/v1/files');
    expect(files.map(({ path }) => path)).toEqual(['job/large.pfw.gz', 'job/plain.pfw', 'small.pfw.gz']);
    const lines = await (await fetch(`${await indexer.url()}/api/v1/events/stream?metadata=none`)).text();
    expect(lines.split('\n')).toHaveLength(140_501);
    expect(await indexer.json('/api/v1/stats')).toMatchObject({ file_count: 3, total_events: 140_500 });
    indexer.process.kill('SIGTERM');
    expect(await indexer.ended).toBe(0);
    expect(indexer.output).toContain('"msg":"stopped"');
  }, 90_000);

  it('takes its settings from the environment, the flag wins', async () => {
    const indexer = new Indexer(['-p', '0', '--directory', join(traces, 'job')], {
      TRACE_DIR: traces,
      TRACER_INDEX_DIR: indexes,
    });
    expect(await indexer.json('/api/v1/files')).toMatchObject({ count: 2 });
  }, 90_000);

  it('refuses wrong settings, naming them all', async () => {
    const indexer = new Indexer(['-p', '99999', '--executor-threads', '0', '--bogus']);
    expect(await indexer.ended).toBe(2);
    expect(indexer.output).toContain('unknown argument "--bogus"');
    const other = new Indexer(['-p', '99999', '--executor-threads', '0']);
    expect(await other.ended).toBe(2);
    expect(other.output).toMatch(/--port=99999 must be .*--executor-threads=0 must be/);
  });
});

describe('answers', () => {
  const FILE = 'file=job/large.pfw.gz';
  const ASKED = [
    `/api/v1/events/stream?${FILE}&metadata=all`,
    `/api/v1/events/stream?${FILE}&name=read`,
    `/api/v1/viz/events?${FILE}&begin=0&end=1000000000000&summary=1`,
  ];

  /** The body, read piece by piece with a pause after some of them; leaves after `most` pieces. */
  async function read(url: string, pauseEvery = Infinity, most = Infinity): Promise<Buffer> {
    const [response] = (await once(get(url, { agent: false }), 'response')) as [IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of response as AsyncIterable<Buffer>) {
      parts.push(part);
      if (parts.length >= most) break;
      if (parts.length % pauseEvery === 0) await sleep(2);
    }
    return Buffer.concat(parts);
  }

  it('are whole for fast and slow clients at a time, while others leave in the middle', async () => {
    const indexer = new Indexer(args());
    const urls = await Promise.all(ASKED.map(async (path) => `${await indexer.url()}${path}`));
    const expected: Buffer[] = [];
    for (const url of urls) expected.push(await read(url));
    const text = gunzipSync(readFileSync(join(traces, 'job', 'large.pfw.gz'))).toString();
    expect(expected[0]?.toString().split('\n').slice(0, -1)).toEqual(
      text.split('\n').flatMap((line) => (line.startsWith('{') ? [line.replace(/,$/, '')] : [])),
    );
    const clients = [Infinity, 40, 7, 1].flatMap((pauseEvery) =>
      urls.map(async (url, at) => {
        await read(url, Infinity, 3);
        return (await read(url, pauseEvery)).equals(expected[at] ?? Buffer.alloc(0));
      }),
    );
    expect(await Promise.all(clients)).toEqual(clients.map(() => true));
  }, 180_000);
});

describe('indexes', () => {
  const built = (): string[] => readdirSync(indexes).filter((name) => name.endsWith('.idx'));

  it('are built by --index alone, which shows how far it is and exits', async () => {
    rmSync(indexes, { recursive: true, force: true });
    const indexer = new Indexer(args('--index'));
    expect(await indexer.ended).toBe(0);
    expect(indexer.output).toMatch(/^\[#{24}\] 3\/3 files {2}.* MB of .* MB {2}.*\/s {2}ETA 0:00\n$/);
    expect(built()).toEqual([
      expect.stringMatching(/^large\.pfw\.gz-.*\.idx$/),
      expect.stringMatching(/^plain\.pfw-.*\.idx$/),
    ]);
  }, 90_000);

  it('answer with the same bytes as the files, and are made anew when they are damaged', async () => {
    const streamed = async (indexer: Indexer): Promise<string> =>
      (await fetch(`${await indexer.url()}/api/v1/events/stream?file=job/large.pfw.gz&name=read&dur_min=300`)).text();
    const first = new Indexer(args());
    const expected = await streamed(first);
    expect(expected.split('\n').length).toBeGreaterThan(1000);
    expect(await first.json('/api/v1/files/info?file=job/large.pfw.gz')).toMatchObject({
      ...{ has_bloom_data: true, has_checkpoint_index: true, is_small: false, state: 'ready', complete: true },
      num_checkpoints: expect.any(Number),
      num_events: 120_000,
    });
    await first.stop();
    for (const name of built()) truncateSync(join(indexes, name), 5000);
    const second = new Indexer(args());
    expect(await streamed(second)).toBe(expected);
    expect(second.output).toContain('an index cannot be used and is built anew');
  }, 90_000);

  it('are made anew while the service runs, when an answer finds damage in them', async () => {
    const indexer = new Indexer(args('--rescan-ms', '1000000'));
    const url = await indexer.url();
    const file = 'file=job/large.pfw.gz';
    const streamed = async (): Promise<string> =>
      (await fetch(`${url}/api/v1/events/stream?${file}&dur_min=300`)).text();
    const names = async (): Promise<string> => (await fetch(`${url}/api/v1/names?${file}&dur_min=300`)).text();
    const info = `/api/v1/files/info?${file}`;
    const [lines, totals] = [await streamed(), await names()];
    expect(lines.split('\n').length).toBeGreaterThan(1000);
    // Every answer reads some of this: what is behind the first half, up to the sections.
    const damage = (): void => {
      const path = join(indexes, built().find((name) => name.startsWith('large')) ?? '');
      const bytes = readFileSync(path);
      for (let at = bytes.length >> 1; at < bytes.readDoubleLE(16); at += 1000) bytes[at] = (bytes[at] ?? 0) ^ 0x55;
      writeFileSync(path, bytes);
    };
    damage();
    // Each time the first answer may break off; that it shows nothing wrong is what the check sums are for.
    const attempt = (ask: () => Promise<string>, right: string): Promise<string> => ask().catch(() => right);
    expect(await attempt(streamed, lines)).toBe(lines);
    expect([await streamed(), await names()]).toEqual([lines, totals]);
    expect(await indexer.json(info)).toMatchObject({ damaged_indexes: 1, has_checkpoint_index: true, state: 'ready' });
    damage();
    // Nothing of a table is sent before all of it is there.
    expect([await names(), await streamed()]).toEqual([totals, lines]);
    expect(await indexer.json(info)).toMatchObject({ damaged_indexes: 2, has_checkpoint_index: true });
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^tracer_index_damaged_indexes(\{.*\})? 2$/m);
  }, 90_000);

  it('say what is wrong with files, and that a directory cannot be read', async () => {
    writeFileSync(join(traces, 'broken.pfw.gz'), 'no gzip');
    const indexer = new Indexer(args('--index'));
    expect(await indexer.ended).toBe(0);
    expect(indexer.output).toContain('broken.pfw.gz: damaged: not a gzip file');
    const nowhere = new Indexer(['-d', join(directory, 'nowhere'), '--index']);
    expect(await nowhere.ended).toBe(1);
    expect(nowhere.output).toContain(`cannot read ${join(directory, 'nowhere')}`);
  }, 90_000);
});
