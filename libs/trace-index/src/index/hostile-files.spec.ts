import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { gzipSync } from 'node:zlib';
import { TracerError } from '@tracer/base';
import { PlainTraceFile } from '../plain/plain-trace-file.js';
import { MAX_LINE_BYTES } from '../query/file-facts.js';
import { Filter } from '../query/filter.js';
import type { TraceFileReader } from '../query/trace-file-reader.js';
import { buildIndex } from './build-index.js';
import { InlineExecutor } from './chunk-executor.js';
import { IndexFile } from './index-file.js';
import { IndexedTraceFile } from './indexed-trace-file.js';

const never = new AbortController().signal;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'hostile-files-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

async function linesOf(reader: TraceFileReader, filter = Filter.everything): Promise<string[]> {
  const parts: Buffer[] = [];
  for await (const { bytes } of reader.select(filter, { metadata: 'all' }, never)) parts.push(bytes);
  return Buffer.concat(parts).toString('latin1').split('\n').slice(0, -1);
}

async function open(
  bytes: Buffer,
  format: 'gzip' | 'plain' = 'gzip',
): Promise<{ plain: TraceFileReader; indexed: TraceFileReader }> {
  const tracePath = join(directory, format === 'gzip' ? 'h.pfw.gz' : 'h.pfw');
  const indexPath = `${tracePath}.idx`;
  writeFileSync(tracePath, bytes);
  buildIndex({ tracePath, indexPath, format });
  const plain = await PlainTraceFile.open(tracePath, never);
  const index = IndexFile.open(indexPath);
  return { plain, indexed: new IndexedTraceFile(tracePath, index, plain.facts.identity, new InlineExecutor()) };
}

/** The index says of the file what the plain reader says, and serves the same lines. */
async function expectSame(bytes: Buffer, format: 'gzip' | 'plain' = 'gzip'): Promise<TraceFileReader> {
  const { plain, indexed } = await open(bytes, format);
  expect({ ...indexed.facts, checkpoints: 0, indexed: false, problem: indexed.facts.problem?.kind }).toEqual({
    ...plain.facts,
    problem: plain.facts.problem?.kind,
  });
  const got = await linesOf(indexed);
  const want = await linesOf(plain);
  expect(got.length).toBe(want.length);
  expect(got.every((line, i) => line === want[i])).toBe(true);
  return indexed;
}

const event = (ts: number, more = ''): string =>
  `{"name":"a","cat":"c","pid":1,"tid":1,"ts":${ts},"dur":1,"ph":"X"${more}}\n`;
const long = (length: number): string => event(2, `,"args":{"x":"${'y'.repeat(length - 70)}"}`);

describe('an index of', () => {
  it('lines over 16 MiB, at the start, in the middle, at the end, and one that never ends', async () => {
    const over = long(MAX_LINE_BYTES + 100);
    const text = over + event(1) + over + over + event(3) + long(MAX_LINE_BYTES - 100) + event(4);
    expect((await expectSame(gzipSync(text, { level: 1 }))).facts).toMatchObject({
      events: 4,
      skipped: { oversizedLines: 3 },
    });
    const endless = Buffer.from(event(1) + over.slice(0, -1));
    expect((await expectSame(gzipSync(endless, { level: 1 }))).facts.skipped.oversizedLines).toBe(1);
    expect((await expectSame(endless, 'plain')).facts).toMatchObject({
      complete: false,
      skipped: { oversizedLines: 0, tailBytes: over.length - 1 },
    });
  }, 90_000);

  it('a deflate bomb needs time, not memory', async () => {
    const bomb = Buffer.concat([gzipSync(Buffer.alloc(100 << 20)), gzipSync(`\n${event(1)}`)]);
    const before = process.memoryUsage.rss();
    const { indexed } = await open(bomb);
    expect(indexed.facts).toMatchObject({ events: 1, members: 2, skipped: { oversizedLines: 1 } });
    expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(120);
    expect(await linesOf(indexed)).toHaveLength(1);
  }, 90_000);

  it('a million distinct names finds each of them', async () => {
    const text = Array.from({ length: 1_000_000 }, (_, i) => `{"name":"n${i}","ts":${i},"ph":"X"}\n`).join('');
    const { indexed } = await open(gzipSync(text, { level: 1 }));
    expect(indexed.summary.names.size).toBe(1_000_000);
    for (const name of ['n0', 'n77777', 'n999999']) {
      const filter = new Filter([{ kind: 'text', field: 'name', values: new Set([name]), negated: false }]);
      expect(await linesOf(indexed, filter)).toEqual([`{"name":"${name}","ts":${name.slice(1)},"ph":"X"}`]);
    }
  }, 60_000);

  it('nothing but newlines, blanks and brackets', async () => {
    expect((await expectSame(gzipSync('\n'.repeat(1_500_000)))).facts).toMatchObject({ lines: 1_500_000, events: 0 });
    await expectSame(gzipSync(' \n[\n\r\n],\n,\n'.repeat(100_000)));
    await expectSame(gzipSync(''));
    await expectSame(Buffer.alloc(0));
    await expectSame(Buffer.alloc(0), 'plain');
  }, 90_000);

  it('lines that are all invalid, nested 10 000 deep, or full of NUL bytes', async () => {
    const deep = `{"args":${'['.repeat(10_000)}${']'.repeat(10_000)}}\n`;
    const text = `{"ts":1\n\0\0\0\n${deep}{"name":"\0"}\n{"name":"\xff\xfe","ts":1}\n`.repeat(60);
    expect((await expectSame(gzipSync(Buffer.from(text, 'latin1')))).facts).toMatchObject({
      events: 120,
      skipped: { invalidLines: 180 },
    });
  });

  it('records without times, with times out of order, and of both metadata dialects', async () => {
    const records = ['{"name":"x","ph":"i"}', '{"ph":"M"}', '{"ph":4,"ts":5}', '{"ts":9}', '{"ts":-9}', '{"ts":1e300}'];
    const text = Array.from({ length: 30_000 }, (_, i) => `${records[(i * 7) % records.length] ?? ''}\n`).join('');
    const { facts, summary } = await expectSame(gzipSync(text));
    expect([facts.events, facts.metadataRecords]).toEqual([20_000, 10_000]);
    expect([summary.minTsUs, summary.maxEndUs]).toEqual([-9, 1e300]);
  });
});

function codeOf(work: () => unknown): string | undefined {
  try {
    work();
  } catch (error) {
    return error instanceof TracerError ? error.code : String(error);
  }
  return undefined;
}

describe('buildIndex refuses', () => {
  const build = (tracePath: string) => (): unknown =>
    buildIndex({ tracePath, indexPath: join(directory, 'x.idx'), format: 'gzip' });

  it('what is no regular file, without waiting for it', () => {
    const fifo = join(directory, 'fifo.pfw.gz');
    execFileSync('mkfifo', [fifo]);
    expect(build(fifo)).toThrow('not a regular file');
    expect(build(directory)).toThrow('not a regular file');
  });

  it('a missing file, and a place where nothing can be written', () => {
    expect(codeOf(build(join(directory, 'none.pfw.gz')))).toBe('NOT_FOUND');
    const tracePath = join(directory, 'there.pfw.gz');
    writeFileSync(tracePath, gzipSync(event(1)));
    const nowhere = join(tracePath, 'x.idx');
    expect(codeOf(() => buildIndex({ tracePath, indexPath: nowhere, format: 'gzip' }))).toBe('STORAGE_FAILED');
  });

  it('to go on when it is called off', () => {
    const tracePath = join(directory, 'stopped.pfw.gz');
    writeFileSync(tracePath, gzipSync(event(1).repeat(1000)));
    const onProgress = (): never => {
      throw new Error('called off');
    };
    expect(() => buildIndex({ tracePath, indexPath: `${tracePath}.idx`, format: 'gzip', onProgress })).toThrow(
      'called off',
    );
  });
});
