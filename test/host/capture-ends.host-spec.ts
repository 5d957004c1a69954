import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { silent } from '@tracer/base';
import type { CaptureLimits } from '@tracer/trace-hooks';
import { BUILT_URL, captureOptions, instancesNamed, syscallPlan } from './fixtures/built-trace-hooks.js';
import { callsIn, linesOf, useCaptures, type Tracing } from './fixtures/capture-stage.js';

jest.setTimeout(60_000);

const stage = useCaptures('capture_ends');

describe('the end of a session', () => {
  /** A program of its own that traces `pid` and then does something. */
  function agent(prefix: string, file: string, pid: number, tracefsPath: string, then: string): ChildProcess {
    const script = `
      import { Capture, EventCatalog, instanceNameFor, nativeHooks } from ${JSON.stringify(BUILT_URL)};
      let worker;
      process.on('worker', (made) => (worker = made));
      const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
      const log = { info: say, warn: say, error: () => undefined };
      const options = { tracefsPath: ${JSON.stringify(tracefsPath)}, procfsPath: '/proc', log };
      const capture = new Capture({ ...options, instanceName: instanceNameFor(${JSON.stringify(prefix)}, '/proc') });
      const plan = nativeHooks.find(({ name }) => name === 'trace_syscalls').plan([], new EventCatalog(options.tracefsPath));
      const spec = { id: 'x', plan, tids: [${pid}], file: ${JSON.stringify(file)}, limits: {} };
      const run = await capture.start(spec, ({ reason, counts }) => say({ reason, events: counts.events }));
      say('started');
      ${then}
    `;
    return spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  async function grown(file: string): Promise<void> {
    while (!existsSync(file) || statSync(file).size < 5000) await sleep(50);
  }

  it('comes with the reason when its worker dies, and the next one has a new worker', async () => {
    const { tracefsPath } = await captureOptions(stage.prefix, silent);
    const file = stage.file('worker.pfw.gz');
    const program = stage.waiting('while :; do /bin/true; done');
    const restart = `
      while (run.counts().bytes < 5000) await new Promise((resolve) => setTimeout(resolve, 50));
      await worker.terminate();
      await run.stop();
      const again = await capture.start({ ...spec, file: spec.file + '2' }, ({ reason }) => say({ reason }));
      await again.stop();
      await capture.close();
      say('closed');
    `;
    const child = agent(`${stage.prefix}_worker`, file, program.pid, tracefsPath, restart);
    let output = '';
    child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()));
    while (!output.includes('started')) await sleep(20);
    program.go();
    await once(child, 'exit');
    const said = output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as unknown);
    expect(said).toEqual([
      'started',
      { instance: expect.stringContaining(`${stage.prefix}_worker`) as unknown },
      { reason: 'failed: the capture worker died: it ended', events: expect.any(Number) as unknown },
      { reason: 'stopped' },
      'closed',
    ]);
    expect(callsIn(linesOf(file)).length).toBeGreaterThan(10);
  });

  it('leaves, when the agent is killed, an instance that the next one removes and a file that can be closed', async () => {
    const { tracefsPath } = await captureOptions(stage.prefix, silent);
    const prefix = `${stage.prefix}_killed`;
    const file = stage.file('killed.pfw.gz');
    const program = stage.waiting('while :; do /bin/true; done');
    const child = agent(prefix, file, program.pid, tracefsPath, '');
    if (child.stdout !== null) await once(child.stdout, 'data');
    program.go();
    await grown(file);
    expect(instancesNamed(prefix).length).toBe(1);
    expect(stage.built.removeLeftovers(tracefsPath, prefix, silent, '/proc')).toBe(0); // Its owner lives.
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(instancesNamed(prefix).length).toBe(1);
    expect(stage.built.removeLeftovers(tracefsPath, prefix, silent, '/proc')).toBe(1);
    expect(instancesNamed(prefix)).toEqual([]);
    stage.built.closeTornFile(file);
    expect(callsIn(linesOf(file)).length).toBeGreaterThan(10);
  });

  it('comes by its limits', async () => {
    const { capture } = await stage.makeCapture();
    const program = stage.waiting('exec dd if=/dev/zero of=/dev/null bs=1 count=100000000');
    const limits: [CaptureLimits, string][] = [
      [{ timeMs: 200 }, 'time limit'],
      [{ events: 1234 }, 'event limit'],
      [{ bytes: 500_000 }, 'byte limit'],
    ];
    const tracings: Tracing[] = [];
    for (const [limit] of limits) tracings.push(await stage.trace(capture, [program.pid], syscallPlan(), limit));
    program.go();
    const results = await Promise.all(tracings.map(({ ended }) => ended));
    expect(results.map(({ reason }) => reason)).toEqual(limits.map(([, reason]) => reason));
    expect(results[1]?.counts.events).toBe(1234);
    expect(callsIn(linesOf(tracings[1]?.file ?? '')).length).toBe(1234);
    expect(results[2]?.counts.bytes).toBeLessThan(700_000);
  });
});
