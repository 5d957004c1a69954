import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ThreadTable } from '../capture/thread-table.js';
import { eventsIn, makeDirectory, readTrace, type TraceLine } from '../testing/trace-file.js';
import { BlockPool } from './block-pool.js';
import { PfwWriter } from './pfw-writer.js';
import { TraceOutput } from './trace-output.js';

const directory = makeDirectory();
afterAll(() => {
  directory.remove();
});
const BASE = { epochUs: 1_700_000_000_000_000, restNs: 900 };

let files = 0;
let threads: ThreadTable;
let writer: PfwWriter;
let output: TraceOutput;
let file: string;
beforeEach(() => {
  file = directory.file(`${files++}.pfw.gz`);
  threads = new ThreadTable(10_000);
  threads.add(5, 5, 'leader', 0);
  threads.add(6, 5, 'worker', 0);
  writer = PfwWriter.open(file, new BlockPool());
  output = new TraceOutput(threads, writer, BASE, 5);
});

async function lines(): Promise<TraceLine[]> {
  await writer.close();
  return readTrace(file);
}

describe('TraceOutput', () => {
  it('writes what lasted and what happened, of threads known and unknown', async () => {
    output.complete('on cpu', 'sched', 6, 100, 1_234_567, '"cpu":1');
    output.instant('exec', 'process', 5, 2_000_000, '');
    output.complete('irq', 'block', 0, 0, 99, '"dev":"8:0"');
    expect(eventsIn(await lines())).toEqual([
      {
        id: 3,
        name: 'on cpu',
        cat: 'sched',
        pid: 5,
        tid: 6,
        ts: 1_700_000_000_000_001,
        dur: 1234,
        ph: 'X',
        args: { dur_ns: 1_234_467, cpu: 1 },
      },
      {
        id: 5,
        name: 'exec',
        cat: 'process',
        pid: 5,
        tid: 5,
        ts: 1_700_000_000_002_000,
        dur: 0,
        ph: 'X',
        args: { dur_ns: 0 },
      },
      {
        id: 6,
        name: 'irq',
        cat: 'block',
        pid: 0,
        tid: 0,
        ts: BASE.epochUs,
        dur: 0,
        ph: 'X',
        args: { dur_ns: 99, dev: '8:0' },
      },
    ]);
    expect(output.summary.build().calls.map(({ name, count }) => [name, count])).toEqual([
      ['on cpu', 1],
      ['irq', 1],
    ]);
  });

  it('says names before the first line of a thread, and again when they change or somebody begins to watch', async () => {
    const names = (): void => {
      output.instant('x', 'y', 6, 1, '');
    };
    names();
    names();
    threads.rename(threads.slotOf(6), 'new "name"');
    names();
    output.forgetNames();
    names();
    const seen = (await lines()).map(({ ph, name, tid, args }) =>
      ph === 'M' ? `${name} ${tid} ${String(args['name'])}` : name,
    );
    expect(seen).toEqual([
      'process_name 5 leader',
      'thread_name 6 worker',
      'x',
      'x',
      'thread_name 6 new "name"',
      'x',
      'process_name 5 leader',
      'thread_name 6 new "name"',
      'x',
    ]);
  });

  it('takes the name of a process from any of its threads when the leader is unknown, and forgets processes', async () => {
    const slot = threads.add(70, 69, 'orphan', 0);
    output.instant('x', 'y', 70, 1, '');
    output.threadEnded(slot);
    output.threadEnded(threads.slotOf(5));
    const [process] = await lines();
    expect(process).toMatchObject({ name: 'process_name', pid: 69, args: { name: 'orphan' } });
  });

  it('writes any name and leaves out what no line can hold', async () => {
    output.complete('öffnen "x"\n', 'dé', 6, 0, 1, `"path":${JSON.stringify('ü'.repeat(4096))}`);
    output.complete('big', 'x', 6, 0, 1, `"path":"${'x'.repeat(30_000)}"`);
    const [event, ...more] = eventsIn(await lines());
    expect([event?.name, event?.cat, more]).toEqual(['öffnen "x"\n', 'dé', []]);
    expect(output.summary.build().counters).toEqual({ 'lines too long': 1 });
  });

  it('stops at its limit, for threads known and unknown; notes are no events', async () => {
    for (let event = 0; event < 10; event++) output.instant('x', 'y', event % 2 === 0 ? 6 : 0, event, '');
    output.note('events lost', 50, '"cpu":0,"count":3');
    const all = await lines();
    expect([eventsIn(all).length, output.events, output.isFull]).toEqual([5, 5, true]);
    expect(all.at(-1)).toMatchObject({ name: 'events lost', cat: 'tracer', dur: 0, args: { cpu: 0, count: 3 } });
  });

  it('knows how far another clock is off', () => {
    expect(output.shiftTo({ epochUs: BASE.epochUs + 3_600_000_000, restNs: 0 })).toBe(3_600_000_000);
  });
});
