import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RemoteTrace } from '../../clients/perf-tracer-js/remote-trace.mjs';
import { SpanWorld } from './fixtures/span-world.js';

/** A TypeScript program with the client, compiled by plain tsc, against the service. */
const world = new SpanWorld();
const directory = mkdtempSync(join(tmpdir(), 'perf-client-'));
const PROGRAM = 'test/e2e/fixtures/checkout-timing.ts';
const root = (path: string): string => new URL(`../../${path}`, import.meta.url).pathname;
const run = promisify(execFile);

beforeAll(async () => {
  await world.start();
  // Nothing of this project's settings: the program, the client, and that they are modules.
  for (const path of [PROGRAM, 'clients/perf-tracer-js'])
    cpSync(root(path), join(directory, path), { recursive: true });
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
}, 60_000);
afterAll(async () => {
  await world.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What the published client promises to those who use it. */
interface PublishedClient {
  readonly name: string;
  readonly id: string | null;
  readonly url: string;
  start(): Promise<void>;
  step(name: string, options?: { track?: boolean; end?: boolean }): Promise<void>;
  end(): Promise<void>;
}
const construct: new (name: string, options?: { id?: string | null; url?: string }) => PublishedClient = RemoteTrace;

async function compile(file: string): Promise<void> {
  const tsc = root('node_modules/typescript/bin/tsc');
  const flags = ['--strict', '--target', 'es2022', '--module', 'nodenext', '--noEmitOnError'];
  await run(process.execPath, [tsc, ...flags, '--types', 'node', '--typeRoots', root('node_modules/@types'), file], {
    cwd: directory,
  });
}

interface Run {
  readonly trace_id: string | null;
  readonly duration_seconds: number;
  readonly steps: { readonly step_name: string; readonly track_duration: boolean; readonly duration_seconds: number }[];
}

describe('a TypeScript program with the client', () => {
  it('takes the client for the published one', () => {
    const { name, id, url } = new construct('checkout');
    expect([name, id, url]).toEqual(['checkout', null, 'http://localhost:8000/api/tracing']);
  });

  it('compiles and times a feature', async () => {
    await compile(PROGRAM);
    await run(process.execPath, [PROGRAM.replace('.ts', '.js'), `http://127.0.0.1:${world.port}/api/tracing`], {
      cwd: directory,
    });
    const runs = await world.json<Run[]>('/api/traces/checkout');
    expect(runs.map(({ trace_id, steps }) => [typeof trace_id, steps.map(({ step_name }) => step_name)])).toEqual([
      ['string', ['cart shown', 'user typed', 'paid']],
      ['object', ['cart shown']],
    ]);
    const [first] = runs;
    expect(first?.steps[0]?.duration_seconds).toBeGreaterThan(0.018);
    expect(first?.steps[1]?.track_duration).toBe(false);
    const counted = first?.steps.filter((step) => step.track_duration).map((step) => step.duration_seconds) ?? [];
    expect(first?.duration_seconds).toBeCloseTo(
      counted.reduce((sum, seconds) => sum + seconds, 0),
      6,
    );
  });

  it('does not compile when it uses the client wrongly', async () => {
    writeFileSync(
      join(directory, 'wrong.ts'),
      `import { RemoteTrace } from './clients/perf-tracer-js/remote-trace.mjs';\nawait new RemoteTrace('x').step('s', { tracked: true });\n`,
    );
    await expect(compile('wrong.ts')).rejects.toMatchObject({ stdout: expect.stringContaining('TS2561') });
  });
});
