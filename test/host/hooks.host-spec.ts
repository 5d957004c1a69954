import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { EventCatalog, nativeHooks } from '@tracer/trace-hooks';
import { recordHook, tracefsPath, type TraceEvent } from './fixtures/record-hook.js';

const sh = (script: string): string[] => ['/bin/sh', '-c', script];
const node = (script: string): string[] => [process.execPath, '-e', script];
const run = async (file: string, args: readonly string[]): Promise<number> => {
  const child = spawn(file, args, { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
};
const sum = (events: readonly TraceEvent[]): number =>
  events.reduce((total, { args }) => total + Number(args['dur_ns']), 0);
const endUs = ({ ts, dur }: TraceEvent): number => ts + dur;

jest.setTimeout(30_000);

describe('native hooks on this kernel', () => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'hooks-'));
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  it('are all available and leave nothing behind', async () => {
    const tracefs = await tracefsPath();
    const catalog = new EventCatalog(tracefs);
    expect(nativeHooks.map((hook) => [hook.name, hook.unavailableBecause(catalog)])).toEqual(
      ['block', 'exec', 'net', 'openfiles', 'sched', 'signals', 'syscalls'].map((name) => [`trace_${name}`, undefined]),
    );
    await recordHook('trace_block', '', sh('true'));
    const left = readdirSync(join(tracefs, 'instances')).filter((name) => name.includes(String(process.pid)));
    expect(left).toEqual([]);
  });

  it('trace_sched agrees with the accounting of the scheduler', async () => {
    const script = 'sleep 0.2; i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; cat /proc/$$/schedstat';
    const { pid, events, output, result } = await recordHook('trace_sched', '', sh(script));
    const own = events.filter(({ tid }) => tid === pid);
    const [cpuNs = 0, waitNs = 0] = output.split(' ').map(Number);
    const onCpuNs = sum(own.filter(({ name }) => name === 'on cpu'));
    const runQueueNs = sum(own.filter(({ name }) => name === 'run queue'));
    const unknownNs = result.summary.counters['nanoseconds unknown'] ?? 0;
    // The kernel also counts what the process did before it was recorded and does not count until the very end.
    expect(Math.abs(onCpuNs - cpuNs)).toBeLessThan(5e6 + 0.05 * cpuNs + unknownNs);
    expect(Math.abs(runQueueNs - waitNs)).toBeLessThan(10e6 + 0.1 * waitNs + unknownNs);
    // Slices of a thread follow each other without a gap, but for the time that is owned up to.
    let gapUs = 0;
    for (const tid of new Set(events.map((event) => event.tid))) {
      const slices = events.filter((event) => event.tid === tid).sort((a, b) => a.ts - b.ts || endUs(a) - endUs(b));
      slices.slice(1).forEach((slice, index) => (gapUs += slice.ts - endUs(slices[index] ?? slice)));
    }
    expect(gapUs).toBeLessThanOrEqual(unknownNs / 1000 + 1 + result.counts.unpaired);
    const asleep = events.filter(({ name, tid, args }) => name === 'blocked' && tid !== pid && args['state'] === 'S');
    expect(Math.max(...asleep.map(({ args }) => Number(args['dur_ns'])))).toBeGreaterThan(199e6);
    expect(asleep.some(({ args }) => args['woken_by'] === 'interrupt')).toBe(true);
    expect(own.some(({ args }) => args['woken_by'] === 'thread' && Number(args['waker']) !== pid)).toBe(true);
    expect(result.counts.lost).toBe(0);
  });

  it('trace_exec tells who started what and how it ended', async () => {
    const script = "sleep 0.01; sh -c 'kill -TERM $$'; (exit 3); sh -c \"sh -c 'exit 4'\"; exit 5";
    const { pid, named } = await recordHook('trace_exec', '', sh(script));
    const processes = named('process').map(({ args }) => [
      args['comm'],
      args['ended_by'],
      args['exit_code'] ?? args['signal'],
    ]);
    expect(processes).toEqual([
      ['sleep', 'exit', 0],
      ['sh', 'signal', 'SIGTERM'],
      ['sh', 'exit', 3],
      ['sh', 'exit', 4],
      ['sh', 'exit', 4],
    ]);
    const [asleep] = named('process');
    expect(asleep?.args).toMatchObject({ parent: pid, execs: 1, exit_seen: true });
    expect(asleep?.args['filename']).toMatch(/\/sleep$/u);
    expect(asleep?.dur).toBeGreaterThan(10_000);
    expect(named('exit').at(-1)).toMatchObject({ pid, args: { ended_by: 'exit', exit_code: 5 } });
  });

  it('trace_exec counts threads as such', async () => {
    const script = 'const { Worker } = require("worker_threads"); new Worker("0", { eval: true })';
    const { pid, named } = await recordHook('trace_exec', '--threads', node(script));
    const threads = named('thread');
    expect(threads.length).toBeGreaterThan(4);
    expect(new Set(threads.map((thread) => thread.pid))).toEqual(new Set([pid]));
    expect(named('fork')).toEqual([]);
  });

  it('trace_block sees every direct request with its bytes', async () => {
    const file = join(directory, 'block');
    const script = `dd if=/dev/zero of=${file} bs=1M count=3 oflag=direct 2>&1; dd if=${file} of=/dev/null bs=4k count=5 iflag=direct 2>&1`;
    const { events, named, result } = await recordHook('trace_block', '', sh(script));
    const bytes = (of: readonly TraceEvent[]): number =>
      of.reduce((total, { args }) => total + Number(args['bytes']), 0);
    expect(bytes(named('write').filter(({ args }) => args['rwbs'] === 'WS'))).toBe(3 << 20);
    expect(named('read').filter(({ args }) => args['rwbs'] === 'RS' && args['bytes'] === 4096)).toHaveLength(5);
    for (const { args } of events) {
      expect(Number(args['queue_ns']) + Number(args['device_ns'])).toBe(args['dur_ns']);
      expect(existsSync(`/sys/block/${String(args['device'])}`)).toBe(true);
    }
    expect(result.counts.unpaired).toBe(0);
  });

  it('trace_net knows clients, servers and refusals', async () => {
    const script = `
      const net = require('node:net');
      const server = net.createServer((socket) => { socket.on('data', () => socket.end('bye')); socket.on('error', () => {}); });
      server.listen(0, '127.0.0.1', () => {
        console.log(server.address().port);
        const refused = net.connect(1, '::1');
        refused.on('error', () => {});
      });
      setTimeout(() => server.close(() => process.exit()), 400);`;
    let port = 0;
    const recording = await recordHook('trace_net', '', node(script), async (_pid, output) => {
      port = Number(await output());
      // A client that nobody follows: all that happens to the server's socket happens in its context or in softirq.
      const client = `const c = require("node:net").connect(${port}, "127.0.0.1").resume(); setTimeout(() => c.end("hello"), 60)`;
      await run(process.execPath, ['-e', client]);
    });
    const { pid, named } = recording;
    const connections = named('connection').map(({ args }) => [args['role'], args['established'], args['open']]);
    expect(connections).toEqual([
      ['client', false, false],
      ['server', true, false],
    ]);
    const [refused, served] = named('connection');
    expect(refused?.args).toMatchObject({ remote: '[::1]:1', protocol: 'tcp' });
    expect(served).toMatchObject({ pid, args: { local: `127.0.0.1:${port}`, owner: 'thread' } });
    expect(served?.dur).toBeGreaterThan(50_000);
    expect(named('LISTEN')).toHaveLength(1);
    expect(named('ESTABLISHED')).toHaveLength(1);
    expect(recording.events.filter((event) => event.pid !== pid)).toEqual([]);
  });

  it('trace_signals measures from the sender outside to the handler', async () => {
    const script = 'trap "echo got it" USR1; echo ready; while :; do sleep 0.01; done';
    let sender = 0;
    const { pid, named } = await recordHook('trace_signals', '', sh(script), async (target, output) => {
      await output();
      // Not by this process, whose own threads are never recorded.
      sender = await run('/bin/sh', ['-c', `kill -USR1 ${target}`]);
      await sleep(100);
      await run('/bin/sh', ['-c', `kill -TERM ${target}`]);
    });
    expect(named('SIGUSR1')).toHaveLength(1);
    expect(named('SIGUSR1')[0]).toMatchObject({
      pid,
      args: { sender, code: 'SI_USER', action: 'handler' },
    });
    expect(named('SIGTERM')[0]).toMatchObject({ pid, args: { action: 'end', delivered: true } });
    expect(named('SIGCHLD').length).toBeGreaterThan(3);
    expect(named('SIGCHLD').every(({ args }) => args['sender_comm'] === 'sleep')).toBe(true);
  });

  it('trace_signals knows the interrupt of a timer', async () => {
    const { named } = await recordHook('trace_signals', '-s ALRM', [
      '/usr/bin/timeout',
      '--foreground',
      '0.1',
      'sleep',
      '5',
    ]);
    expect(named('SIGALRM')[0]).toMatchObject({ args: { sent_by: 'interrupt', action: 'handler' } });
  });

  it('trace_openfiles never shows a wrong path', async () => {
    const names = Array.from({ length: 300 }, (_, index) => join(directory, `file ${index}`));
    for (const name of names) writeFileSync(name, 'x'.repeat(10));
    // Files are opened and closed at once, again and again under the same descriptor; some stay open for longer than a drain takes.
    const script = `
      const fs = require('node:fs');
      for (let index = 0; index < 300; index++) {
        const fd = fs.openSync(${JSON.stringify(directory)} + '/file ' + index);
        fs.readSync(fd, Buffer.alloc(100));
        if (index % 30 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 150);
        fs.closeSync(fd);
      }
      try { fs.openSync('/nowhere/at/all'); } catch {}`;
    const { named, result } = await recordHook('trace_openfiles', '--bytes', node(script));
    const files = named('file').filter(({ args }) => args['bytes_read'] === 10 && args['reads'] === 1);
    expect(files).toHaveLength(300);
    const wrong = files.filter(({ args }, index) => args['path'] !== undefined && args['path'] !== names[index]);
    expect(wrong).toEqual([]);
    const resolved = files.filter(({ args }) => args['path_from'] === 'fd');
    expect(resolved.length).toBeGreaterThanOrEqual(10);
    expect(named('open').some(({ args }) => args['error'] === 'ENOENT')).toBe(true);
    const { counters } = result.summary;
    expect((counters['paths resolved'] ?? 0) + (counters['paths unresolved'] ?? 0)).toBe(named('open').length);
  });

  it('trace_syscalls records pairs, and halves as they are asked for', async () => {
    const { named } = await recordHook('trace_syscalls', '-s openat sys_exit_read', [
      '/bin/cat',
      '/nowhere',
      '/etc/hostname',
    ]);
    expect(named('openat').some(({ args }) => args['error'] === 'ENOENT' && typeof args['dfd'] === 'number')).toBe(
      true,
    );
    expect(named('sys_exit_read').length).toBeGreaterThan(1);
    expect(named('read')).toEqual([]);
  });
});
