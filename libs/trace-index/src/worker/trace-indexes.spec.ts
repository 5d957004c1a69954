import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Log } from '@tracer/base';
import { buildIndex } from '../index/build-index.js';
import { InlineExecutor } from '../index/chunk-executor.js';
import { HEADER_BYTES, INDEX_VERSION } from '../index/index-format.js';
import { DictionaryOverflow } from '../kernels/dictionary.js';
import { DensityGrid } from '../query/density-grid.js';
import { Filter } from '../query/filter.js';
import type { TraceFileReader } from '../query/trace-file-reader.js';
import { gzipOf, traceLines } from '../testing/trace-lines.js';
import type { BuildRequest } from './build-messages.js';
import type { BuildOutcome, BuildWatch } from './index-builders.js';
import { TraceIndexes } from './trace-indexes.js';

const never = new AbortController().signal;
const watch: BuildWatch = { signal: never };
const text = (seed: number): string => traceLines({ dialect: 'hex', events: 9000, seed }).join('\n') + '\n';

let directory: string;
let log: { level: string; facts: object; message: string }[];
let builds: string[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'trace-indexes-'));
  log = [];
  builds = [];
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const logger: Log = {
  info: (facts, message) => log.push({ level: 'info', facts, message }),
  warn: (facts, message) => log.push({ level: 'warn', facts, message }),
  error: (facts, message) => log.push({ level: 'error', facts, message }),
};

/** Builds in this thread. */
const builders = {
  build: async (request: BuildRequest): Promise<BuildOutcome> => {
    builds.push(request.tracePath);
    await Promise.resolve();
    try {
      return { bytes: buildIndex(request).bytes };
    } catch (error) {
      if (error instanceof DictionaryOverflow) return { unsuitable: error.message };
      throw error;
    }
  },
  close: () => Promise.resolve(),
};

function indexes(indexDirectory?: string): TraceIndexes {
  return new TraceIndexes(
    { threads: 1, cacheBytes: 0, log: logger, indexDirectory },
    { executor: new InlineExecutor(), builders },
  );
}

function trace(name: string, contents: Buffer | string = text(1)): string {
  const path = join(directory, name);
  writeFileSync(path, contents);
  return path;
}

async function linesOf(reader: TraceFileReader): Promise<number> {
  let lines = 0;
  for await (const { bytes } of reader.select(Filter.everything, { metadata: 'all' }, never)) {
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++;
  }
  return lines;
}

describe('TraceIndexes', () => {
  it('builds an index beside the file once, and opens it from then on', async () => {
    const path = trace('a.pfw');
    const first = await indexes().open(path, watch);
    expect(first.facts).toMatchObject({ indexed: true, events: 9000 });
    expect(existsSync(`${path}.idx`)).toBe(true);
    const second = await indexes().open(path, watch);
    expect(builds).toEqual([path]);
    expect(second.facts).toEqual(first.facts);
    expect(second.summary).toEqual(first.summary);
    expect(await linesOf(second)).toBe(first.facts.events + first.facts.metadataRecords);
  });

  it('gives small files no index', async () => {
    const path = trace('small.pfw.gz', gzipOf('{"name":"a","ts":1}\n'));
    expect((await indexes().open(path, watch)).facts).toMatchObject({ indexed: false, events: 1 });
    expect(readdirSync(directory)).toEqual(['small.pfw.gz']);
  });

  it('keeps indexes of equal base names apart in a directory of their own', async () => {
    const own = join(directory, 'made', 'indexes');
    for (const [name, seed] of [
      ['x', 1],
      ['y', 2],
    ] as const) {
      mkdirSync(join(directory, name));
      const path = trace(join(name, 'same.pfw'), text(seed));
      await indexes(own).open(path, watch);
      expect(readdirSync(join(directory, name))).toEqual(['same.pfw']);
    }
    expect(readdirSync(own)).toHaveLength(2);
    expect(builds).toHaveLength(2);
  });

  it.each<[string, (path: string) => void]>([
    [
      'it has other bytes',
      (path) => {
        appendFileSync(path, '{"name":"more"}\n');
      },
    ],
    [
      'it has another time',
      (path) => {
        utimesSync(path, 1, 1);
      },
    ],
    [
      'its end differs though size and time are the same',
      (path) => {
        const { mtime, atime, size } = statSync(path);
        const bytes = readFileSync(path);
        bytes.write('}', size - 2);
        bytes.write('[', 0);
        bytes[bytes.length - 3] = 0x20;
        writeFileSync(path, bytes);
        utimesSync(path, atime, mtime);
      },
    ],
  ])('builds anew when the file has changed: %s', async (_, change) => {
    const path = trace('c.pfw');
    // Whole seconds, which every file system keeps.
    utimesSync(path, 1_700_000_000, 1_700_000_000);
    await indexes().open(path, watch);
    change(path);
    const reader = await indexes().open(path, watch);
    expect(builds).toHaveLength(2);
    expect(log.map(({ message }) => message)).toEqual(['the trace file has changed: its index is built anew']);
    expect(await linesOf(reader)).toBe(reader.facts.events + reader.facts.metadataRecords);
  });

  it.each<[string, string, (idx: string) => void]>([
    [
      'is empty',
      'no index',
      (idx) => {
        truncateSync(idx, 0);
      },
    ],
    [
      'is cut in its header',
      'no index',
      (idx) => {
        truncateSync(idx, HEADER_BYTES - 1);
      },
    ],
    [
      'is cut in its sections',
      'the file is cut',
      (idx) => {
        truncateSync(idx, statSync(idx).size - 1);
      },
    ],
    [
      'is something else',
      'no index',
      (idx) => {
        writeFileSync(idx, Buffer.alloc(5000, 'x'));
      },
    ],
    [
      'is of another version',
      `version ${INDEX_VERSION + 1}, expected ${INDEX_VERSION}`,
      (idx) => {
        poke(idx, 8, INDEX_VERSION + 1);
      },
    ],
    [
      'has a damaged header',
      'the checksum of the header is wrong',
      (idx) => {
        poke(idx, 20, 77);
      },
    ],
    [
      'has a damaged section',
      'the checksum of section classes is wrong',
      (idx) => {
        poke(idx, sectionAt(idx, 2), 1);
      },
    ],
  ])('builds an index anew that %s, and says so', async (_, reason, damage) => {
    const path = trace('d.pfw');
    await indexes().open(path, watch);
    damage(`${path}.idx`);
    const reader = await indexes().open(path, watch);
    expect(builds).toHaveLength(2);
    expect(log).toMatchObject([{ level: 'warn', facts: { reason } }]);
    expect(reader.facts).toMatchObject({ indexed: true, events: 9000 });
  });

  it('never answers wrongly from an index that is damaged later', async () => {
    const path = trace('e.pfw');
    const reader = await indexes().open(path, watch);
    // The segments begin behind the header.
    poke(`${path}.idx`, HEADER_BYTES + 40, 255);
    const filter = Filter.everything.and({ kind: 'number', field: 'dur', op: '>=', values: [0], orAbsent: false });
    const asked = reader.select(filter, { metadata: 'none' }, never);
    await expect(asked[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    rmSync(`${path}.idx`);
    await expect(reader.definitions(never)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
  });

  it.each<[string, (idx: string) => number]>([
    ['a segment', () => HEADER_BYTES + 40],
    ['the chunks', (idx) => sectionAt(idx, 4)],
    ['the definitions', (idx) => sectionAt(idx, 5)],
  ])('makes an index anew in which an answer found damage of %s', async (_, at) => {
    const path = trace('l.pfw');
    const known = indexes();
    const before = await asked(await known.open(path, watch));
    const reader = await known.open(path, watch);
    poke(`${path}.idx`, at(`${path}.idx`), 0x5a);
    await expect(asked(reader)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(reader.indexLoss).toBe('damaged');
    expect(log).toMatchObject([{ level: 'warn', message: 'an index cannot be read any more' }]);
    // The threads that had the damaged one open read the new one from now on.
    const again = await known.open(path, watch);
    expect([builds.length, again.facts.indexed, await asked(again), again.indexLoss]).toEqual([
      2,
      true,
      before,
      undefined,
    ]);
    // It is not suspected for ever.
    await known.open(path, watch);
    expect(builds).toHaveLength(2);
  });

  it('shows nothing of an answer that broke off in the answers behind it', async () => {
    const known = indexes();
    const [path, other] = [trace('o.pfw'), trace('p.pfw', text(2))];
    for (const tracePath of [path, other]) {
      buildIndex({ tracePath, indexPath: `${tracePath}.idx`, format: 'plain', chunkBytes: 34_000 });
    }
    const [reader, sound] = [await known.open(path, watch), await known.open(other, watch)];
    const before = [await asked(sound), await drawn(sound)];
    // Chunks before the damage have been worked on when it is found.
    const second = readFileSync(`${path}.idx`).length >> 2;
    poke(`${path}.idx`, second, 0x5a ^ (readFileSync(`${path}.idx`)[second] ?? 0));
    for (const ask of [asked, drawn]) {
      await expect(ask(reader)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
      expect([await asked(sound), await drawn(sound)]).toEqual(before);
    }
  });

  it('reads without an index when a damaged one cannot be replaced', async () => {
    const path = trace('m.pfw');
    const before = await asked(await indexes().open(path, watch));
    const full = { ...builders, build: () => Promise.reject(new Error('ENOSPC')) };
    const options = { threads: 1, cacheBytes: 0, log: logger };
    const known = new TraceIndexes(options, { executor: new InlineExecutor(), builders: full });
    const reader = await known.open(path, watch);
    poke(`${path}.idx`, HEADER_BYTES + 40, 0x5a);
    await expect(asked(reader)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    const plain = await known.open(path, watch);
    expect([plain.facts.indexed, await asked(plain)]).toEqual([false, before]);
    // The name is taken by something that is no file.
    rmSync(`${path}.idx`);
    mkdirSync(`${path}.idx`);
    expect((await known.open(path, watch)).facts.indexed).toBe(false);
  });

  it('tells an index from the next one under its name', async () => {
    const path = trace('n.pfw');
    const known = indexes();
    const old = await known.open(path, watch);
    const before = await asked(old);
    buildIndex({ tracePath: path, indexPath: `${path}.idx`, format: 'plain', chunkBytes: 34_000 });
    const next = await known.open(path, watch);
    expect(await asked(next)).toEqual(before);
    // What is open stays good; who has to open it finds another one, and that is no damage.
    const unused = await indexes().open(path, watch);
    buildIndex({ tracePath: path, indexPath: `${path}.idx`, format: 'plain', chunkBytes: 50_000 });
    await expect(asked(unused)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect([next.indexLoss, unused.indexLoss]).toEqual([undefined, 'gone']);
    rmSync(`${path}.idx`);
    const another = await indexes().open(path, watch);
    rmSync(`${path}.idx`);
    await expect(asked(another)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    expect(another.indexLoss).toBe('gone');
  });

  it('never answers wrongly from a trace that was rewritten', async () => {
    const path = trace('f.pfw');
    const reader = await indexes().open(path, watch);
    writeFileSync(path, text(5));
    await expect(linesOf(reader)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    rmSync(path);
    await expect(linesOf(reader)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('serves the known part of a file that only grew', async () => {
    const path = trace('g.pfw');
    const reader = await indexes().open(path, watch);
    const before = await linesOf(reader);
    appendFileSync(path, '{"name":"more"}\n');
    expect(await linesOf(reader)).toBe(before);
  });

  it('reads without an index when none can be written, and says so', async () => {
    const path = trace('h.pfw');
    const reader = await indexes(join(path, 'no directory')).open(path, watch);
    expect(reader.facts).toMatchObject({ indexed: false, events: 9000 });
    expect(log.map(({ message }) => message)).toContain('an index cannot be built');
  });

  it('reads without an index what has too many distinct values for one, and says so', async () => {
    const path = trace('i.pfw');
    const unsuitable = { ...builders, build: () => Promise.resolve({ unsuitable: 'more than 5 names' }) };
    const options = { threads: 1, cacheBytes: 0, log: logger };
    const reader = await new TraceIndexes(options, { executor: new InlineExecutor(), builders: unsuitable }).open(
      path,
      watch,
    );
    expect(reader.facts).toMatchObject({ indexed: false, events: 9000 });
    expect(log).toMatchObject([{ facts: { reason: 'more than 5 names' }, message: 'a trace file is not indexed' }]);
  });

  it('removes what a writer left behind whose process is gone, and not what another one writes', async () => {
    const path = trace('j.pfw');
    const gone = `${path}.idx.tmp-4194304-1-0-0`;
    const earlier = `${path}.idx.tmp-${process.pid}-1-0-0`;
    const others = `${path}.idx.tmp-${process.ppid}-1-0-0`;
    for (const file of [gone, earlier, others]) writeFileSync(file, 'x');
    await indexes().open(path, watch);
    expect([gone, earlier, others].map((file) => existsSync(file))).toEqual([false, false, true]);
  });

  it('hands on that a file is missing', async () => {
    await expect(indexes().open(join(directory, 'none.pfw'), watch)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('closes who works for it', async () => {
    await expect(indexes().close()).resolves.toBeUndefined();
  });
});

/** The events of one name and what they refer to: asks segments, chunks and definitions. */
async function asked(reader: TraceFileReader): Promise<string> {
  const filter = Filter.everything.and({ kind: 'number', field: 'dur', op: '>=', values: [5], orAbsent: false });
  const blocks: Buffer[] = [];
  for await (const { bytes } of reader.select(filter, { metadata: 'referenced' }, never)) blocks.push(bytes);
  return createHash('sha256').update(Buffer.concat(blocks)).digest('hex');
}

/** A picture of the file. */
async function drawn(reader: TraceFileReader): Promise<unknown> {
  const { minTsUs = 0, maxEndUs = 1 } = reader.summary;
  const grid = new DensityGrid({ beginUs: minTsUs, endUs: maxEndUs, bins: 50, lanes: 'thread' });
  await reader.aggregate(Filter.everything, grid, never);
  return grid.lanes.map(({ pid, tid, counts, busyUs }) => [pid, tid, [...counts], [...busyUs]]);
}

function poke(file: string, at: number, value: number): void {
  const bytes = readFileSync(file);
  bytes[at] = value;
  writeFileSync(file, bytes);
}

const sectionAt = (file: string, section: number): number => readFileSync(file).readDoubleLE(16 + section * 20);
