import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { EventFormat } from '../event-format.js';
import { DecoderStage } from '../testing/decoder-stage.js';
import type { Value } from '../testing/page-builder.js';
import { FORMATS } from '../testing/recorded-pages.js';
import { makeDirectory, type TraceLine } from '../testing/trace-file.js';
import type { EventCatalog } from '../event-format.js';
import type { DecoderContext } from '../native-hook.js';
import { callFormat } from './call-table.js';
import { SyscallDecoder, syscallDecoder } from './syscall-decoder.js';

const directory = makeDirectory();
afterAll(() => {
  directory.remove();
});
let files = 0;

const ALL: readonly EventFormat[] = Object.values(FORMATS);
const catalog = { format: (name: string) => ALL.find((format) => format.name === name) } as unknown as EventCatalog;
const CALLS = ['read', 'openat'].map((name) => callFormat(catalog, name));

function stage(maxEvents?: number): DecoderStage<SyscallDecoder> {
  const file = directory.file(`${files++}.pfw.gz`);
  return new DecoderStage(
    file,
    (out) => new SyscallDecoder(CALLS, out),
    { epochUs: 1_700_000_000_000_000, restNs: 250 },
    maxEvents,
  );
}

const enterRead = { fd: 3, buf: 0x7ffd03227d2fn, count: 1 };

describe('SyscallDecoder', () => {
  it('makes one event of entry and exit', async () => {
    const play = stage();
    play.thread(7, 5, 'worker');
    play.at(1_000_800, 7, FORMATS.enterRead, enterRead);
    play.at(1_003_100, 7, FORMATS.exitRead, { ret: 1 });
    expect(await play.close()).toEqual([
      {
        id: 1,
        name: 'process_name',
        cat: 'dftracer',
        pid: 5,
        tid: 5,
        ph: 'M',
        args: { name: 'worker', value: 'process_name' },
      },
      {
        id: 2,
        name: 'thread_name',
        cat: 'dftracer',
        pid: 5,
        tid: 7,
        ph: 'M',
        args: { name: 'worker', value: 'thread_name' },
      },
      {
        id: 3,
        name: 'read',
        cat: 'syscall',
        pid: 5,
        tid: 7,
        // 1 000 800 + 250 ns and 1 003 100 + 250 ns, each cut to whole microseconds.
        ts: 1_700_000_000_001_001,
        dur: 2,
        ph: 'X',
        args: { dur_ns: 2300, ret: 1, fd: 3, buf: '0x7ffd03227d2f', count: 1 },
      },
    ]);
    expect(play.decoder.unpaired).toBe(0);
  });

  it('names errors, and takes large negative numbers for what they are', async () => {
    const play = stage();
    play.thread(7);
    for (const ret of [-2, -4095, -4096, -1n << 63n, (1n << 62n) + 1n]) {
      play.at(10, 7, FORMATS.enterRead, enterRead);
      play.at(20, 7, FORMATS.exitRead, { ret });
    }
    const seen = (await play.events()).map(({ args }) => [args['ret'], args['error']]);
    expect(seen).toEqual([
      [-2, 'ENOENT'],
      [-4095, 'E4095'],
      [-4096, undefined],
      ['-9223372036854775808', undefined],
      ['4611686018427387905', undefined],
    ]);
    expect(play.output.summary.build().calls).toMatchObject([
      { name: 'read', count: 5, errors: { ENOENT: 1, E4095: 1 } },
    ]);
  });

  it('writes arguments by their C type', async () => {
    const play = stage();
    play.thread(7);
    play.at(10, 7, FORMATS.enterOpenat, { dfd: 0xffffff9c, filename: 0, flags: 0x80000, mode: 0xdead00000180n });
    play.at(20, 7, FORMATS.exitOpenat, { ret: 4 });
    play.at(30, 7, FORMATS.enterRead, { fd: 0xffffffff, buf: 0xffffffffffffffffn, count: 0xffffffffffffffffn });
    play.at(40, 7, FORMATS.exitRead, { ret: 0 });
    expect((await play.events()).map(({ args }) => args)).toEqual([
      { dur_ns: 10, ret: 4, dfd: -100, filename: '0x0', flags: 0x80000, mode: 0o600 },
      { dur_ns: 10, ret: 0, fd: 0xffffffff, buf: '0xffffffffffffffff', count: '18446744073709551615' },
    ]);
  });

  it('tells calls that ended with their task, with the session, or without their exit from finished ones', async () => {
    const play = stage();
    const [exiting] = [play.thread(7), play.thread(8), play.thread(9)];
    play.at(10, 7, FORMATS.enterRead, enterRead);
    play.at(11, 8, FORMATS.enterRead, enterRead);
    play.at(12, 9, FORMATS.enterRead, enterRead);
    play.decoder.threadEnded(exiting, 50);
    play.at(60, 8, FORMATS.enterOpenat, {});
    play.at(61, 8, FORMATS.exitOpenat, { ret: 3 });
    play.decoder.finish(100);
    const seen = (await play.events()).map(({ tid, name, args }) => [
      tid,
      name,
      args['dur_ns'],
      args['ret'],
      args['unfinished'],
    ]);
    expect(seen).toEqual([
      [7, 'read', 40, undefined, 'task exited'],
      [8, 'read', 49, undefined, 'exit not seen'],
      [8, 'openat', 1, 3, undefined],
      [9, 'read', 88, undefined, 'session ended'],
    ]);
    expect(play.decoder.unpaired).toBe(2);
    expect(play.output.summary.build().calls.find(({ name }) => name === 'read')).toMatchObject({
      count: 0,
      unfinished: 3,
    });
  });

  it('counts exits whose entry was not seen, save the one a new task begins with', async () => {
    const play = stage();
    play.thread(7);
    play.decoder.threadStarted(play.thread(8));
    play.at(10, 7, FORMATS.exitRead, { ret: 1 });
    play.at(11, 8, FORMATS.exitRead, { ret: 0 });
    play.at(12, 8, FORMATS.exitRead, { ret: 0 });
    expect(await play.events()).toEqual([]);
    expect(play.decoder.unpaired).toBe(2);
  });

  it('does not give a new task the open call of the one whose slot it has', async () => {
    const play = stage();
    const slot = play.thread(7);
    play.at(10, 7, FORMATS.enterRead, enterRead);
    play.decoder.threadEnded(slot, 20);
    play.threads.remove(slot);
    expect(play.thread(8)).toBe(slot);
    play.decoder.threadStarted(slot);
    play.at(30, 8, FORMATS.exitRead, { ret: 0 });
    play.at(31, 8, FORMATS.enterRead, enterRead);
    play.at(32, 8, FORMATS.exitRead, { ret: 0 });
    expect((await play.events()).map(({ tid, args }) => [tid, args['dur_ns']])).toEqual([
      [7, 10],
      [8, 1],
    ]);
  });

  it('writes no more lines than it may and goes on counting', async () => {
    const play = stage(2);
    play.thread(7);
    for (let atNs = 0; atNs < 10; atNs += 2) {
      play.at(atNs, 7, FORMATS.enterRead, enterRead);
      play.at(atNs + 1, 7, FORMATS.exitRead, { ret: 1 });
    }
    expect([await play.events().then(({ length }) => length), play.output.isFull]).toEqual([2, true]);
    expect(play.output.summary.build().calls).toMatchObject([{ count: 5 }]);
  });

  it('keeps tables that grow with the number of threads', async () => {
    const play = stage();
    const tids = Array.from({ length: 3000 }, (_, index) => index + 10);
    tids.forEach((tid) => play.thread(tid));
    for (const tid of tids) play.at(tid, tid, FORMATS.enterRead, { ...enterRead, fd: tid });
    for (const tid of tids) play.at(tid + 5000, tid, FORMATS.exitRead, { ret: tid });
    const events = await play.events();
    expect(events.length).toBe(3000);
    expect(events.every(({ tid, args }) => args['fd'] === tid && args['ret'] === tid && args['dur_ns'] === 5000)).toBe(
      true,
    );
  });

  it('pairs as the obvious slow way does, whatever is lost', async () => {
    type Step = readonly [tid: number, call: 'read' | 'openat', edge: 'enter' | 'exit', value: number];
    const steps = fc.array<Step>(
      fc.tuple(
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('read', 'openat'),
        fc.constantFrom('enter', 'exit'),
        fc.nat(1e6),
      ),
      { maxLength: 60 },
    );
    const check = async (list: readonly Step[]): Promise<void> => {
      const play = stage();
      for (let tid = 1; tid <= 4; tid++) play.thread(tid);
      list.forEach(([tid, call, edge, value], atNs) => {
        const format = FORMATS[`${edge}${call === 'read' ? 'Read' : 'Openat'}`];
        const values: Record<string, Value> =
          edge === 'exit' ? { ret: value } : call === 'read' ? { fd: value } : { dfd: value };
        play.at(atNs, tid, format, values);
      });
      play.decoder.finish(list.length);
      const { lines, unpaired } = slowPairs(list);
      const seen = (await play.events()).map(({ tid, name, args }: TraceLine) => {
        const how = args['unfinished'] ?? args['ret'];
        return `${tid} ${name} ${String(args['dur_ns'])} ${String(how)} ${String(args['fd'] ?? args['dfd'])}`;
      });
      expect(seen).toEqual(lines);
      expect(play.decoder.unpaired).toBe(unpaired);
    };
    await fc.assert(fc.asyncProperty(steps, check), { numRuns: 60, interruptAfterTimeLimit: 2000 });

    function slowPairs(list: readonly Step[]): { lines: string[]; unpaired: number } {
      const open = new Map<number, { call: string; at: number; value: number }>();
      const lines: string[] = [];
      let unpaired = 0;
      const leave = (tid: number, at: number, why: string): void => {
        const begun = open.get(tid);
        if (begun === undefined) return;
        open.delete(tid);
        lines.push(`${tid} ${begun.call} ${at - begun.at} ${why} ${begun.value}`);
        unpaired++;
      };
      list.forEach(([tid, call, edge, value], at) => {
        const begun = open.get(tid);
        if (edge === 'exit' && begun?.call === call) {
          open.delete(tid);
          lines.push(`${tid} ${call} ${at - begun.at} ${value} ${begun.value}`);
          return;
        }
        leave(tid, at, 'exit not seen');
        if (edge === 'enter') open.set(tid, { call, at, value });
        else unpaired++;
      });
      for (const tid of [1, 2, 3, 4]) leave(tid, list.length, 'session ended');
      return { lines, unpaired };
    }
  });
});

describe('syscallDecoder', () => {
  const context = { catalog } as DecoderContext;

  it('takes the calls of a plan that has both of their events', () => {
    const file = directory.file(`${files++}.pfw.gz`);
    const events = ['syscalls/sys_enter_read', 'syscalls/sys_exit_read', 'syscalls/sys_enter_openat'];
    const play = new DecoderStage(file, (out) => syscallDecoder({ hook: 'x', events, options: {} }, out, context));
    play.thread(7);
    play.at(1, 7, FORMATS.enterOpenat);
    play.at(2, 7, FORMATS.enterRead);
    play.at(3, 7, FORMATS.exitRead, { ret: 1 });
    expect(play.output.summary.build().calls.map(({ name }) => name)).toEqual(['read']);
  });

  it('only writes to the trace of a session', () => {
    const sink = { complete: () => undefined, instant: () => undefined, count: () => undefined };
    expect(() => syscallDecoder({ hook: 'x', events: [], options: {} }, sink, context)).toThrow('trace file');
  });
});
