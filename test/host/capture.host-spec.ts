import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it, jest } from '@jest/globals';
import type { CaptureOptions } from '@tracer/trace-hooks';
import { instancesNamed, syscallPlan } from './fixtures/built-trace-hooks.js';
import { callsIn, linesOf, useCaptures, type Line, type Tracing } from './fixtures/capture-stage.js';

jest.setTimeout(60_000);

const stage = useCaptures('capture_spec');

/** What the kernel says that it overwrote, over all CPUs. */
function overrunOf({ tracefsPath, instanceName }: CaptureOptions): number {
  const perCpu = join(tracefsPath, 'instances', instanceName, 'per_cpu');
  return readdirSync(perCpu).reduce((sum, cpu) => {
    const stats = readFileSync(join(perCpu, cpu, 'stats'), 'utf8');
    return sum + Number(/^overrun: (\d+)/m.exec(stats)?.[1]) + Number(/^dropped events: (\d+)/m.exec(stats)?.[1]);
  }, 0);
}

describe('a session', () => {
  it('records a program from its first call to its last', async () => {
    const { capture } = await stage.makeCapture();
    const program = stage.waiting('exec dd if=/dev/zero of=/dev/null bs=1 count=20000');
    const { ended, file } = await stage.trace(capture, [program.pid]);
    await program.run();
    const { reason, counts, summary } = await ended;
    expect([reason, counts.lost, counts.unpaired, counts.malformed]).toEqual(['no tasks left', 0, 1, 0]); // `read go` itself
    const calls = callsIn(linesOf(file));
    // Two bytes of `go\n` were read by the shell before dd began.
    const copied = calls.filter(
      ({ name, args }) =>
        name === (args['fd'] === 0 ? 'read' : 'write') && args['count'] === 1 && Number(args['fd']) < 2,
    );
    expect([copied.length, calls.length]).toEqual([40_002, counts.events]);
    expect(copied.filter(({ name, args }) => name === 'read' && args['fd'] === 0 && args['ret'] === 1).length).toBe(
      20_002,
    );
    expect(calls.at(-1)).toMatchObject({ name: 'exit_group', args: { unfinished: 'task exited' } });
    // Calls of one thread never overlap.
    calls.slice(1).forEach(({ ts }, index) => {
      const before = calls[index];
      expect(ts).toBeGreaterThanOrEqual((before?.ts ?? 0) + (before?.dur ?? 0));
    });
    const read = summary.calls.find(({ name }) => name === 'read');
    expect(read?.count).toBe(calls.filter(({ name, args }) => name === 'read' && 'ret' in args).length);
    expect([statSync(file).size, calls[0]?.pid]).toEqual([counts.bytes, program.pid]);
  });

  it('follows every child and thread', async () => {
    const { capture } = await stage.makeCapture();
    const script = stage.file('threads.cjs');
    const thread = `require('fs').readFileSync('/etc/hostname')`;
    const start = `new (require('worker_threads').Worker)(${JSON.stringify(thread)}, { eval: true });`;
    writeFileSync(script, start.repeat(3));
    const program = stage.waiting(
      `i=0; while [ $i -lt 200 ]; do /bin/true & i=$((i+1)); done; wait; ${process.execPath} ${script}; exit`,
    );
    const { ended, file } = await stage.trace(capture, [program.pid]);
    await program.run();
    const { counts } = await ended;
    expect(counts.lost).toBe(0);
    const lines = linesOf(file);
    const calls = callsIn(lines);
    const born = calls.filter(({ name, args }) => /^(clone3?|v?fork)$/.test(name) && Number(args['ret']) > 0);
    const seen = new Set(calls.map(({ tid }) => tid));
    const missing = born.filter(({ args }) => !seen.has(Number(args['ret'])));
    // The shell made 201 processes, node at least seven threads.
    expect([born.length, missing]).toEqual([expect.any(Number), []]);
    expect(born.length).toBeGreaterThanOrEqual(208);
    expect(new Set(calls.filter(({ name }) => name === 'exit_group').map(({ pid }) => pid)).size).toBe(202);
    const threads = new Map<number, Set<number>>();
    for (const { pid, tid } of calls) threads.set(pid, (threads.get(pid) ?? new Set()).add(tid));
    expect(Math.max(...[...threads.values()].map(({ size }) => size))).toBeGreaterThanOrEqual(8);
    const names = new Set(lines.filter(({ name }) => name === 'process_name').map(({ args }) => args['name']));
    expect([...names]).toEqual(expect.arrayContaining(['true', 'node']));
  });

  it('misses nobody who is born while it starts', async () => {
    const { capture } = await stage.makeCapture();
    const storm = stage.waiting('while :; do /bin/true; done');
    storm.go();
    await sleep(100);
    for (let round = 0; round < 3; round++) {
      const { run, file } = await stage.trace(capture, [storm.pid]);
      await sleep(200);
      const { counts } = await run.stop();
      expect(counts.lost).toBe(0);
      const calls = callsIn(linesOf(file));
      const born = calls.filter(
        ({ name, args, tid }) => tid === storm.pid && /clone|fork/.test(name) && Number(args['ret']) > 0,
      );
      const seen = new Set(calls.map(({ tid }) => tid));
      // The last one may not have had the time to call anything.
      const missing = born.slice(0, -1).filter(({ args }) => !seen.has(Number(args['ret'])));
      expect([born.length > 5, missing]).toEqual([true, []]);
    }
  });

  it('writes a call that has not returned when it ends', async () => {
    const { capture } = await stage.makeCapture();
    const sleeper = stage.waiting('exec sleep 100');
    const { run, file } = await stage.trace(capture, [sleeper.pid]);
    sleeper.go();
    await sleep(300);
    const { reason, counts } = await run.stop();
    expect(reason).toBe('stopped');
    const last = callsIn(linesOf(file)).at(-1);
    expect(last).toMatchObject({ name: 'clock_nanosleep', args: { unfinished: 'session ended' } });
    expect(last?.dur).toBeGreaterThan(100_000);
    expect((last?.ts ?? 0) + (last?.dur ?? 0)).toBe(counts.stoppedAtUs);
  });

  it('shows its lines, counts and summary while it runs, in a file that can be read already', async () => {
    const { capture } = await stage.makeCapture();
    const program = stage.waiting('while :; do /bin/true; done');
    const { run, file } = await stage.trace(capture, [program.pid]);
    let text = '';
    const unwatch = run.tail((lines) => (text += lines.toString()));
    program.go();
    for (let waits = 0; run.counts().bytes < 2000 && waits < 100; waits++) await sleep(50);
    unwatch();
    expect((await run.summary()).calls.some(({ name, count }) => name === 'execve' && count > 0)).toBe(true);
    const lines = gunzipSync(readFileSync(file)).toString().split('\n');
    expect([lines[0], lines.length > 50]).toEqual(['[', true]);
    expect(text.endsWith('\n')).toBe(true);
    const watched = text
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
    expect(watched.length).toBeGreaterThan(50);
    const { counts } = await run.stop();
    expect(counts.events).toBeGreaterThan(watched.length / 2);
  });

  it('has each event once, at the time the kernel says', async () => {
    const { capture } = await stage.makeCapture();
    // The distance of the clocks is known to half the time that a look at both took, on a busy machine some ms.
    const slackUs = 100_000;
    const before = Date.now() * 1000 - slackUs;
    const program = stage.waiting('exec /bin/true');
    const { ended, file } = await stage.trace(capture, [program.pid], syscallPlan('-s', 'execve'));
    await program.run();
    await ended;
    const [call, ...more] = callsIn(linesOf(file));
    expect(more).toEqual([]);
    expect(call).toMatchObject({ name: 'execve', pid: program.pid, args: { ret: 0 } });
    expect(call?.ts).toBeGreaterThanOrEqual(before);
    expect(call?.ts).toBeLessThanOrEqual(Date.now() * 1000 + slackUs);
  });

  it('never traces the tracer, even if asked to', async () => {
    const { capture } = await stage.makeCapture();
    const own = readdirSync('/proc/self/task').map(Number);
    await expect(stage.trace(capture, own)).rejects.toMatchObject({ code: 'SESSION_CONFLICT' });
    const program = stage.waiting('exec sleep 100');
    const { run, file } = await stage.trace(capture, [...own, program.pid]);
    program.go();
    await sleep(300);
    await run.stop();
    expect(callsIn(linesOf(file)).filter(({ pid }) => pid === process.pid)).toEqual([]);
  });
});

describe('loss', () => {
  it('is exactly what the kernel overwrote, in the counts and in the file', async () => {
    const { capture, options } = await stage.makeCapture(64);
    const program = stage.waiting('dd if=/dev/zero of=/dev/null bs=1 count=300000; read more');
    const { run, file } = await stage.trace(capture, [program.pid]);
    program.go();
    // The shell reads its end of file and stays; by then nothing is written any more.
    await program.ended;
    await sleep(200);
    const { counts } = await run.stop().then((result) => result);
    expect(counts.lost).toBeGreaterThan(1000);
    const lines = linesOf(file);
    const gaps = lines.filter(({ name }) => name === 'events lost').map(({ args }) => Number(args['count']));
    expect(gaps.reduce((sum, count) => sum + count, 0)).toBe(counts.lost);
    expect(Object.values(counts.lostByCpu).reduce((sum, count) => sum + count, 0)).toBe(counts.lost);
    // Two calls per byte and two records per call; what the shell and the loader add is little.
    const total = counts.records + counts.lost;
    expect(total).toBeGreaterThanOrEqual(4 * 300_000);
    expect(total).toBeLessThan(4 * 300_000 + 1000);
    expect(instancesNamed(options.instanceName)).toEqual([]);
  });

  it('agrees with the statistics of the ring while it runs', async () => {
    const { capture, options } = await stage.makeCapture(64);
    const program = stage.waiting('dd if=/dev/zero of=/dev/null bs=1 count=200000; exec sleep 100');
    const { run } = await stage.trace(capture, [program.pid]);
    program.go();
    for (let before = -1; before !== run.counts().records || before === 0;) {
      before = run.counts().records;
      await sleep(400);
    }
    const kernelSays = overrunOf(options);
    const { counts } = await run.stop();
    expect([counts.lost, kernelSays > 0]).toEqual([kernelSays, true]);
  });
});

describe('several sessions', () => {
  it('sixteen at once see their own process each, through one instance', async () => {
    const { capture, options } = await stage.makeCapture();
    const programs = Array.from({ length: 16 }, () =>
      stage.waiting('exec dd if=/dev/zero of=/dev/null bs=1 count=500'),
    );
    const tracings: Tracing[] = [];
    for (const { pid } of programs) tracings.push(await stage.trace(capture, [pid]));
    expect(instancesNamed(stage.prefix)).toEqual([options.instanceName]);
    await Promise.all(programs.map((program) => program.run()));
    const results = await Promise.all(tracings.map(({ ended }) => ended));
    results.forEach(({ counts, reason }, index) => {
      const { file } = tracings[index] ?? { file: '' };
      const calls = callsIn(linesOf(file));
      expect([reason, counts.lost, new Set(calls.map(({ pid }) => pid))]).toEqual([
        'no tasks left',
        0,
        new Set([programs[index]?.pid]),
      ]);
      expect(calls.filter(({ name, args }) => name === 'write' && args['fd'] === 1 && args['count'] === 1).length).toBe(
        500,
      );
    });
  });

  it('may follow the same process, one after the other and at the same time', async () => {
    const { capture } = await stage.makeCapture();
    const program = stage.waiting('while :; do /bin/true; done');
    const first = await stage.trace(capture, [program.pid]);
    const second = await stage.trace(capture, [program.pid], syscallPlan('-s', 'execve'));
    program.go();
    await sleep(300);
    await first.run.stop();
    // Nobody else wanted most of its events; now they are wanted again.
    const third = await stage.trace(capture, [program.pid]);
    await sleep(300);
    await Promise.all([second.run.stop(), third.run.stop()]);
    const [ofFirst, ofSecond, ofThird] = [first, second, third].map(({ file }) => callsIn(linesOf(file)));
    expect([ofFirst, ofSecond, ofThird].map((calls) => (calls?.length ?? 0) > 10)).toEqual([true, true, true]);
    expect(new Set(ofSecond?.map(({ name }) => name))).toEqual(new Set(['execve']));
    expect(ofThird?.some(({ name, tid }) => tid === program.pid && name !== 'execve')).toBe(true);
  });

  it('one on a full disk fails with the reason, the others go on', async () => {
    const small = stage.file('small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'nodev', small]);
    try {
      const { capture } = await stage.makeCapture();
      const program = stage.waiting('dd if=/dev/zero of=/dev/null bs=1 count=200000; exec sleep 100');
      const full = join(small, 'full.pfw.gz');
      const doomed = await stage.trace(capture, [program.pid], syscallPlan(), {}, full);
      const healthy = await stage.trace(capture, [program.pid]);
      program.go();
      const { reason, counts } = await doomed.ended;
      expect(reason).toMatch(/^failed: ENOSPC/);
      const readable = gunzipSync(readFileSync(full)).toString();
      expect([readable.startsWith('[\n'), readable.endsWith('\n'), statSync(full).size]).toEqual([
        true,
        true,
        counts.bytes,
      ]);
      const total = (): number => healthy.run.counts().records + healthy.run.counts().lost;
      while (total() < 800_000) await sleep(50);
      expect((await healthy.run.stop()).reason).toBe('stopped');
      // What was written last may have been taken back: then there is room for a beginning.
      expect(() => {
        writeFileSync(join(small, 'rest'), Buffer.alloc(64 << 10));
      }).toThrow('ENOSPC');
      await expect(
        stage.trace(capture, [program.pid], syscallPlan(), {}, join(small, 'second.pfw.gz')),
      ).rejects.toMatchObject({
        code: 'STORAGE_FAILED',
      });
    } finally {
      execFileSync('umount', [small]);
    }
  });
});
