import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PlainTraceFile } from '../plain/plain-trace-file.js';
import { DensityGrid, type LaneKind } from '../query/density-grid.js';
import type { EventField, EventSink } from '../query/event-sink.js';
import { Filter } from '../query/filter.js';
import { LaneTable, type LaneRow } from '../query/lane-table.js';
import { shiftedArray } from '../query/shift-block.js';
import { BLOCK_BYTES, type SelectOptions, type TraceFileReader } from '../query/trace-file-reader.js';
import type { TraceEvent } from '../query/trace-event.js';
import { transferOf } from '../query/transfer.js';
import { arbitraryLines, arbitraryPacking, arbitraryQuery, filterOf } from '../testing/arbitrary-trace.js';
import { randomFile, randomFilter, randomLines } from '../testing/random-trace.js';
import { timeBoxAsync, type Random } from '../testing/time-box.js';
import { DIALECTS, gzipOf, traceLines } from '../testing/trace-lines.js';
import { buildIndex } from './build-index.js';
import { InlineExecutor } from './chunk-executor.js';
import { IndexFile } from './index-file.js';
import { IndexedTraceFile } from './indexed-trace-file.js';

const FUZZ_MS = Number(process.env['FUZZ_MS'] ?? 1500);
/** Small, so that files of a few hundred kilobytes have many chunks. */
const CHUNK_BYTES = 34_000;
const never = new AbortController().signal;
let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'indexed-trace-file-'));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

interface Twins {
  plain: TraceFileReader;
  indexed: TraceFileReader;
}

let files = 0;

/**
 * The same file without and with an index. Each has a name of its own: a test that ran out of time goes on beside the
 * next one, and must not change the file under its feet.
 */
async function twins(bytes: Buffer, format: 'gzip' | 'plain', cacheBytes = 0): Promise<Twins> {
  const tracePath = join(directory, `${files++}.pfw${format === 'gzip' ? '.gz' : ''}`);
  const indexPath = `${tracePath}.idx`;
  writeFileSync(tracePath, bytes);
  buildIndex({ tracePath, indexPath, format, chunkBytes: CHUNK_BYTES });
  const plain = await PlainTraceFile.open(tracePath, never);
  const executor = new InlineExecutor(cacheBytes);
  return { plain, indexed: new IndexedTraceFile(tracePath, IndexFile.open(indexPath), plain.facts.identity, executor) };
}

/** The elements of an array of all matching events, times shifted: by the reader where it can, else afterwards. */
async function elements(reader: TraceFileReader, filter: Filter, shiftUs: number): Promise<[string[], number]> {
  let text = '';
  let shifted = 0;
  for await (const block of reader.select(filter, { metadata: 'none', shiftUs }, never)) {
    shifted += block.shifted ? 1 : 0;
    text += (block.shifted ? block.bytes : shiftedArray(block.bytes, shiftUs).bytes).toString('latin1');
  }
  return [text.split(/,(?=\{)/), shifted];
}

async function answer(reader: TraceFileReader, filter: Filter, options: SelectOptions): Promise<[string, number]> {
  const parts: Buffer[] = [];
  let events = 0;
  for await (const block of reader.select(filter, options, never)) {
    parts.push(block.bytes);
    events += block.events;
    const lines = block.bytes.toString('latin1').split('\n').length - 1;
    if (block.bytes.length > BLOCK_BYTES) expect(lines).toBe(1);
  }
  return [Buffer.concat(parts).toString('latin1'), events];
}

const FIELDS: readonly EventField[] = ['name', 'cat', 'ph', 'pid', 'tid', 'ts', 'dur'];

/** Writes down what it is fed, up to `most` events. */
class Notes implements EventSink {
  readonly seen: unknown[] = [];

  constructor(
    readonly reads: ReadonlySet<EventField>,
    private readonly most: number,
  ) {}

  accept(event: TraceEvent): boolean {
    const values: unknown[] = FIELDS.filter((field) => this.reads.has(field)).map((field) => event[field as 'name']);
    if (this.reads.has('args')) values.push(event.arg('ret'));
    if (this.reads.has('transfer')) values.push(transferOf(event));
    this.seen.push(values);
    return this.seen.length < this.most;
  }
}

async function fed(
  reader: TraceFileReader,
  filter: Filter,
  reads: ReadonlySet<EventField>,
  most: number,
): Promise<unknown[]> {
  const notes = new Notes(reads, most);
  await reader.aggregate(filter, notes, never);
  return notes.seen;
}

/** A picture of the file, as plain data. Lanes come in any order. */
async function picture(
  reader: TraceFileReader,
  filter: Filter,
  lanes: LaneKind = 'process',
  bins = 50,
): Promise<unknown> {
  const { minTsUs = 0, maxEndUs = 1 } = reader.summary;
  const grid = new DensityGrid({ beginUs: minTsUs, endUs: maxEndUs, bins, lanes });
  await reader.aggregate(filter, grid, never);
  const drawn = grid.lanes
    .filter(({ top }) => top.some((id) => id >= 0))
    .map(({ pid, tid, counts, busyUs, top }) => [
      `${pid} ${tid}`,
      [...counts],
      [...busyUs],
      Array.from(top, (id) => grid.names[id]),
    ]);
  return { lanes: new Map(drawn as [string, unknown][]), untimed: grid.untimed };
}

/** Processes and threads of the file and their totals, in order of their numbers. */
async function lanes(reader: TraceFileReader, filter: Filter): Promise<[name: string, row: LaneRow][]> {
  const table = new LaneTable();
  await reader.aggregate(filter, table, never);
  const rows = table.rows.map((row): [string, LaneRow] => [`${row.pid} ${row.tid}`, row]);
  return rows.sort(([a], [b]) => (a < b ? -1 : 1));
}

async function expectSameFacts({ plain, indexed }: Twins): Promise<void> {
  const { problem, ...facts } = plain.facts;
  const { problem: same, ...others } = indexed.facts;
  expect({ ...others, checkpoints: 0, indexed: false }).toEqual(facts);
  expect(same && { ...same, message: '' }).toEqual(problem && { ...problem, message: '' });
  const { durations, ...summary } = plain.summary;
  const { durations: own, ...rest } = indexed.summary;
  expect(rest).toEqual(summary);
  expect(own.sketch.buckets()).toEqual(durations.sketch.buckets());
  for (const key of ['count', 'sumUs', 'minUs', 'maxUs', 'meanUs', 'stddevUs'] as const) {
    expect(Math.abs(own[key] - durations[key])).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(durations[key])));
  }
  expect(await indexed.definitions(never)).toEqual(await plain.definitions(never));
}

const randomOptions = (random: Random): SelectOptions => ({
  metadata: random.pick(['all', 'referenced', 'referenced', 'none']),
  limit: random.chance(0.3) ? random.below(200) : undefined,
});

describe('IndexedTraceFile answers as the plain reader does', () => {
  it('about every dialect, in one member, in many, and without compression', async () => {
    for (const dialect of DIALECTS) {
      const text = traceLines({ dialect, events: 3000, threads: 5, files: 50 }).join('\n') + '\n';
      for (const bytes of [gzipOf(text), gzipOf(text, { members: 30 })]) {
        const both = await twins(bytes, 'gzip');
        await expectSameFacts(both);
        const all = { metadata: 'all' } as const;
        expect(await answer(both.indexed, Filter.everything, all)).toEqual(
          await answer(both.plain, Filter.everything, all),
        );
      }
    }
  });

  it('about random small traces', async () => {
    let hits = 0;
    await fc.assert(
      fc.asyncProperty(arbitraryLines, arbitraryPacking, arbitraryQuery, async (lines, packing, query) => {
        const text = lines.join('\n') + (packing.lastNewline ? '\n' : '');
        const both = await twins(
          packing.gzip ? gzipOf(text, packing) : Buffer.from(text),
          packing.gzip ? 'gzip' : 'plain',
        );
        await expectSameFacts(both);
        const want = await answer(both.plain, filterOf(query), query);
        expect(await answer(both.indexed, filterOf(query), query)).toEqual(want);
        hits += want[1] > 0 ? 1 : 0;
      }),
      { numRuns: 60, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false },
    );
    expect(hits).toBeGreaterThan(2);
  });

  it('about random large traces, whole, cut, damaged or with garbage', async () => {
    let hits = 0;
    let answers = 0;
    let shiftedBlocks = 0;
    const kinds = new Set<string | undefined>();
    await timeBoxAsync('random traces', FUZZ_MS, 8, async (random) => {
      const lines = randomLines(random, 3000);
      const { bytes, format } = randomFile(random, lines);
      const both = await twins(bytes, format, random.pick([0, 1 << 20]));
      kinds.add(both.plain.facts.problem?.kind);
      await expectSameFacts(both);
      for (let i = 0; i < 12; i++) {
        const filter = i === 0 ? Filter.everything : randomFilter(random);
        const options = randomOptions(random);
        const want = await answer(both.plain, filter, options);
        expect(await answer(both.indexed, filter, options)).toEqual(want);
        answers++;
        hits += want[1] > 0 ? 1 : 0;
      }
      const filter = randomFilter(random);
      const shiftUs = random.pick([0, 5, 1_713_456_789_012_345, 1_713_456_789_100_000]);
      const [asked, shifted] = await elements(both.indexed, filter, shiftUs);
      expect(asked).toEqual((await elements(both.plain, filter, shiftUs))[0]);
      shiftedBlocks += shifted;
      const [kind, bins] = [random.pick(['thread', 'process'] as const), random.pick([1, 7, 50, 3000])];
      const drawn = await picture(both.plain, filter, kind, bins);
      expect(await picture(both.indexed, filter, kind, bins)).toEqual(drawn);
      for (const some of [Filter.everything, filter]) {
        expect(await lanes(both.indexed, some)).toEqual(await lanes(both.plain, some));
      }
      const reads = new Set<EventField>(
        [...FIELDS, 'args' as const].filter((field) => random.chance(field === 'args' ? 0.2 : 0.4)),
      );
      if (random.chance(0.5)) reads.add('transfer').add('name');
      const most = random.chance(0.3) ? 1 + random.below(100) : Infinity;
      expect(await fed(both.indexed, filter, reads, most)).toEqual(await fed(both.plain, filter, reads, most));
    });
    process.stdout.write(`      ${answers} answers, ${hits} with hits; ${[...kinds].join(', ')}\n`);
    expect(hits).toBeGreaterThan(20);
    expect(shiftedBlocks).toBeGreaterThan(0);
  });
});
