import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { StreamRecorder } from './stream-recorder.js';

interface Line {
  name: string;
  cat: string;
  ph: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
  args: Record<string, unknown>;
}

let directory: string;
let file: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stream-recorder-'));
  file = join(directory, '1.pfw.gz');
  mkdirSync(join(directory, 'proc', '4711'), { recursive: true });
  writeFileSync(join(directory, 'proc', '4711', 'status'), 'Name:\ttar\nTgid:\t4700\nPid:\t4711\n');
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const recorder = (limits = { events: 0, bytes: 0 }): StreamRecorder =>
  new StreamRecorder({ file, procfsPath: join(directory, 'proc'), limits });

/** The lines of the file; its brackets are checked on the way. */
function written(): Line[] {
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
  expect([lines.at(0), lines.at(-1)]).toEqual(['[', ']']);
  return lines.slice(1, -1).map((line) => JSON.parse(line) as Line);
}
const events = (): Line[] => written().filter(({ ph }) => ph === 'X');

describe('StreamRecorder', () => {
  it('pairs system calls into events with duration, result and arguments', async () => {
    const trace = recorder();
    await trace.take([
      '   tar-4711    [001] .....  1041.175700: sys_openat(dfd: 0xffffff9c, filename: 0x7f01, flags: 0x80000)',
      '   sh-4712     [000] .....  1041.175701: sys_getpid()',
      '   tar-4711    [001] .....  1041.175712: sys_openat -> 0x3',
      '   sh-4712     [000] .....  1041.175703: sys_getpid -> 0x1268',
      '   tar-4711    [001] .....  1041.175720: sys_read(fd: 3)',
      '   tar-4711    [001] .....  1041.175725: sys_read -> 0xfffffffffffffffe',
    ]);
    expect(await trace.close()).toBeUndefined();
    const [open, getpid, read] = events();
    expect(open).toMatchObject({
      name: 'openat',
      cat: 'syscall',
      pid: 4700,
      tid: 4711,
      args: { dur_ns: 12_000, ret: 3, dfd: '0xffffff9c', filename: '0x7f01', flags: '0x80000' },
    });
    expect(getpid).toMatchObject({ name: 'getpid', pid: 4712, tid: 4712, args: { dur_ns: 2000, ret: 4712 } });
    expect(read?.args).toMatchObject({ ret: -2, error: 'ENOENT', fd: '3', dur_ns: 5000 });
    expect((read?.ts ?? 0) - (open?.ts ?? 0)).toBe(20);
    expect(
      written()
        .filter(({ name }) => name === 'process_name')
        .map(({ pid, args }) => [pid, args['name']]),
    ).toEqual(expect.arrayContaining([[4712, 'sh']]));
    expect(trace.counts().events).toBe(3);
    const { calls } = trace.summary();
    expect(calls.find(({ name }) => name === 'read')).toMatchObject({ count: 1, errors: { ENOENT: 1 }, totalNs: 5000 });
  });

  it('keeps what cannot be paired: begins, ends, other events and lines of any other form', async () => {
    const trace = recorder();
    await trace.take([
      ' sh-9 [000] .....  5.000001: sys_exit_group(error_code: 0)',
      ' sh-9 [000] .....  5.000002: sys_read(fd: 1)',
      ' sh-8 [000] .....  5.000003: sys_write -> 0xffffffff80000000',
      ' sh-8 [000] d..2.  5.000004: sched_switch: prev_comm=sh prev_pid=8 ==> next_comm=a "b"',
      '# tracer: nop',
    ]);
    await trace.close();
    expect(events().map(({ name, cat, args }) => [name, cat, args])).toEqual([
      ['exit_group', 'syscall', { dur_ns: 0, error_code: '0' }],
      ['write', 'syscall', { dur_ns: 0, ret: '0xffffffff80000000' }],
      ['sched_switch', 'trace', { dur_ns: 0, detail: 'prev_comm=sh prev_pid=8 ==> next_comm=a "b"' }],
      ['trace', 'text', { dur_ns: 0, line: '# tracer: nop' }],
      ['read', 'syscall', { dur_ns: 0, fd: '1' }],
    ]);
    expect(trace.summary().calls.map(({ name, unfinished }) => [name, unfinished])).toEqual(
      expect.arrayContaining([
        ['exit_group', 1],
        ['read', 1],
      ]),
    );
  });

  it('puts events at the time of day at which they happened, whatever clock the stream has', async () => {
    // A process that is not let run between looks at both clocks knows their distance less well.
    const slackUs = 100_000;
    const beforeUs = Date.now() * 1000 - slackUs;
    const monotonicS = (Number(process.hrtime.bigint() / 1000n) / 1e6).toFixed(6);
    for (const clock of [monotonicS, '5.000001', '123456789']) {
      const trace = recorder();
      await trace.take([` sh-9 [000] .....  ${clock}: sched_waking: comm=a`]);
      await trace.close();
    }
    const times = events().map(({ ts }) => ts);
    expect(times).toHaveLength(3);
    for (const ts of times) {
      expect(ts).toBeGreaterThan(beforeUs);
      expect(ts).toBeLessThan(Date.now() * 1000 + slackUs);
    }
  });

  it('ends at its limits and says which', async () => {
    const few = recorder({ events: 2, bytes: 0 });
    const line = ' sh-9 [000] .....  5.000001: sched_waking: comm=a';
    await few.take([line]);
    expect(few.exhausted).toBeUndefined();
    await few.take([line, line, line]);
    expect(few.exhausted).toBe('event limit');
    await few.close();
    expect(events()).toHaveLength(2);
    const small = recorder({ events: 0, bytes: 10 });
    expect(small.exhausted).toBe('byte limit');
    await small.close();
  });

  it('shows lines as they come, and takes none after it was closed', async () => {
    const trace = recorder();
    const shown: string[] = [];
    trace.onLines = (lines) => shown.push(lines.toString());
    await trace.take([' sh-9 [000] .....  5.000001: sched_waking: comm=a']);
    expect(shown.join('')).toContain('"name":"sched_waking"');
    await Promise.all([trace.close(), trace.close()]);
    await trace.take([' sh-9 [000] .....  5.000001: sched_waking: comm=b']);
    expect(events()).toHaveLength(1);
  });

  it('is readable within a second or so while the hook runs', async () => {
    const trace = recorder();
    await trace.take([' sh-9 [000] .....  5.000001: sched_waking: comm=a']);
    const empty = trace.counts().bytes;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(trace.counts().bytes).toBeGreaterThan(empty);
    await trace.close();
  });

  it('says at once that a file cannot be written', () => {
    file = join(directory, 'missing', '1.pfw.gz');
    expect(() => recorder()).toThrow(expect.objectContaining({ code: 'STORAGE_FAILED' }));
  });
});
