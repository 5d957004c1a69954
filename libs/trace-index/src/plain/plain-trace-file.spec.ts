import { mkdtempSync, renameSync, rmSync, truncateSync, unlinkSync, writeFileSync, appendFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Filter } from '../query/filter.js';
import { BLOCK_BYTES, type EventBlock, type SelectOptions } from '../query/trace-file-reader.js';
import { arbitraryLines, arbitraryPacking, arbitraryQuery, filterOf } from '../testing/arbitrary-trace.js';
import { naiveSelect } from '../testing/naive-query.js';
import { DIALECTS, gzipOf, traceLines, writeTrace } from '../testing/trace-lines.js';
import { PlainTraceFile } from './plain-trace-file.js';

const never = new AbortController().signal;
let directory: string;
let path: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'plain-trace-file-'));
  path = join(directory, 'a.pfw.gz');
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

const open = (file = path): Promise<PlainTraceFile> => PlainTraceFile.open(file, never);

async function blocksOf(reader: PlainTraceFile, filter: Filter, options: SelectOptions): Promise<EventBlock[]> {
  const blocks: EventBlock[] = [];
  for await (const block of reader.select(filter, options, never)) blocks.push(block);
  return blocks;
}

async function linesOf(
  reader: PlainTraceFile,
  options: SelectOptions = { metadata: 'all' },
  filter = Filter.everything,
): Promise<string[]> {
  const blocks = await blocksOf(reader, filter, options);
  const text = Buffer.concat(blocks.map((block) => block.bytes)).toString();
  expect(text === '' || text.endsWith('\n')).toBe(true);
  return text.split('\n').slice(0, -1);
}

describe('PlainTraceFile', () => {
  it('serves every dialect whole and in order', async () => {
    for (const dialect of DIALECTS) {
      const lines = traceLines({ dialect, events: 3000 });
      const records = lines.filter((line) => line !== '[' && line !== ']').map((line) => line.trim());
      const metadata = records.filter((line) => line.includes('"ph":"M"') || line.includes('"ph":4')).length;
      for (const [name, spec] of [
        ['m.pfw.gz', { members: 7 }],
        ['s.pfw.gz', {}],
        ['p.pfw', {}],
      ] as const) {
        writeTrace(join(directory, name), lines, spec);
        const reader = await open(join(directory, name));
        expect(await linesOf(reader)).toEqual(records);
        expect(reader.facts).toMatchObject({
          complete: true,
          lines: lines.length,
          events: 3000,
          metadataRecords: metadata,
          usableBytes: lines.join('\n').length + 1,
        });
        expect(reader.summary.totalEvents).toBe(3000);
      }
    }
  });

  it('answers random queries about random traces as the naive way does', async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryLines, arbitraryPacking, arbitraryQuery, async (lines, packing, query) => {
        const text = lines.join('\n') + (packing.lastNewline ? '\n' : '');
        const file = join(directory, packing.gzip ? 'r.pfw.gz' : 'r.pfw');
        writeFileSync(file, packing.gzip ? gzipOf(text, packing) : text);
        const reader = await open(file);
        const want = naiveSelect(lines, query);
        expect(await linesOf(reader, query, filterOf(query))).toEqual(want);
        hits += want.length > 0 ? 1 : 0;
      }),
      { numRuns: 300 },
    );
    expect(hits).toBeGreaterThan(100);
  });

  it('cuts the answer into blocks of whole lines and counts their events', async () => {
    const long = `{"name":"long","ph":"X","args":{"x":"${'y'.repeat(BLOCK_BYTES)}"}}`;
    const lines = [...traceLines({ dialect: 'hex', events: 4000 }), long, '{"name":"after"}'];
    writeTrace(path, lines);
    const blocks = await blocksOf(await open(), Filter.everything, { metadata: 'all' });
    expect(blocks.length).toBeGreaterThan(3);
    expect(
      blocks.every(
        ({ bytes }) => bytes.at(-1) === 10 && (bytes.length <= BLOCK_BYTES || bytes.equals(Buffer.from(`${long}\n`))),
      ),
    ).toBe(true);
    expect(blocks.reduce((n, { events }) => n + events, 0)).toBe(4002);
  });

  it('stops reading when the limit is reached and returns nothing for 0', async () => {
    writeTrace(path, traceLines({ dialect: 'quoted', events: 50 }));
    const reader = await open();
    expect(await linesOf(reader, { metadata: 'none', limit: 0 })).toEqual([]);
    expect(await linesOf(reader, { metadata: 'none', limit: 7 })).toHaveLength(7);
    expect(await linesOf(reader, { metadata: 'all', limit: 50 })).toHaveLength(50);
    expect(await linesOf(reader, { metadata: 'all', limit: 51 })).toHaveLength(50);
  });

  it('feeds an aggregate the same events and lets it stop', async () => {
    writeTrace(path, traceLines({ dialect: 'hex', events: 100 }));
    const reader = await open();
    const seen: (string | undefined)[] = [];
    const sink = (stopAfter: number) => ({
      reads: new Set(['name'] as const),
      accept: (event: { name: string | undefined }) => seen.push(event.name) !== stopAfter,
    });
    await reader.aggregate(filterOf({ cat: ['POSIX'], metadata: 'none' }), sink(Infinity), never);
    const all = await linesOf(reader, { metadata: 'none' }, filterOf({ cat: ['POSIX'], metadata: 'none' }));
    expect(seen).toEqual(all.map((line) => (JSON.parse(line) as { name: string }).name));
    seen.length = 0;
    await reader.aggregate(Filter.everything, sink(3), never);
    expect(seen).toHaveLength(3);
  });

  it('tells what the metadata records define, 64-bit hashes exactly, the first of two', async () => {
    const lines = traceLines({ dialect: 'integers', events: 3, files: 2, pid: 9 });
    writeTrace(path, [...lines, '{"name":"FH","ph":"M","args":{"name":"other","value":33000}}']);
    const { hashes, lanes } = await (await open()).definitions(never);
    expect([...hashes.HH]).toEqual([['9509357668201227807', 'node1']]);
    expect([...hashes.FH]).toEqual([
      ['33000', '/data/0.npz'],
      ['33001', '/data/1.npz'],
    ]);
    expect(lanes).toEqual([
      { fact: 'host', pid: 9, tid: 9, text: 'node1' },
      { fact: 'thread_name', pid: 9, tid: 9, text: '9' },
      { fact: 'process_name', pid: 9, tid: 9, text: 'Rank 9' },
      { fact: 'rank', pid: 9, tid: 9, text: '1' },
    ]);
  });

  it('stops when it is called off, before and between blocks, and may be left early', async () => {
    writeTrace(path, traceLines({ dialect: 'hex', events: 20_000 }));
    const reader = await open();
    const off = new AbortController();
    const reading = (async () => {
      for await (const block of reader.select(Filter.everything, { metadata: 'all' }, off.signal)) {
        expect(block.events).toBeGreaterThan(0);
        off.abort(new Error('left'));
      }
    })();
    await expect(reading).rejects.toThrow('left');
    await expect(reader.definitions(off.signal)).rejects.toThrow('left');
    expect((await reader.definitions(never)).hashes.HH.size).toBe(1);
    for await (const block of reader.select(Filter.everything, { metadata: 'all' }, never)) {
      expect(block.events).toBeGreaterThan(0);
      break;
    }
    await expect(PlainTraceFile.open(path, off.signal)).rejects.toThrow('left');
  });
});

describe('PlainTraceFile and a file that changes', () => {
  const lines = traceLines({ dialect: 'hex', events: 20 });

  it('serves what it knew of a file that has grown', async () => {
    writeTrace(path, lines);
    const reader = await open();
    const before = await linesOf(reader);
    appendFileSync(path, gzipOf('{"name":"new"}\n'));
    expect(await linesOf(reader)).toEqual(before);
    expect(await linesOf(await open())).toEqual([...before, '{"name":"new"}']);
  });

  it('refuses a file that was replaced, cut or removed', async () => {
    writeTrace(path, lines);
    const reader = await open();
    writeTrace(`${path}.new`, lines);
    renameSync(`${path}.new`, path);
    await expect(linesOf(reader)).rejects.toMatchObject({
      code: 'STORAGE_FAILED',
      message: 'the file was changed while it was read',
    });
    const again = await open();
    truncateSync(path, 100);
    await expect(linesOf(again)).rejects.toMatchObject({ code: 'STORAGE_FAILED' });
    unlinkSync(path);
    await expect(open()).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'the file is gone' });
  });

  it('goes on with a file that is removed while it is read', async () => {
    const many = traceLines({ dialect: 'hex', events: 20_000 });
    writeTrace(path, many);
    const reader = await open();
    let bytes = 0;
    for await (const block of reader.select(Filter.everything, { metadata: 'all' }, never)) {
      if (bytes === 0) unlinkSync(path);
      bytes += block.bytes.length;
    }
    expect(bytes).toBe(many.join('\n').length + 1 - 4);
  });
});
