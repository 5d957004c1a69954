import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { silent } from '@tracer/base';
import { ExternalHooks, parseTraceLine, type TraceLine } from '@tracer/trace-hooks';
import { tracefsPath } from './fixtures/record-hook.js';

jest.setTimeout(30_000);

const HOOKS = fileURLToPath(new URL('../../hooks', import.meta.url));
const GROUP = join(HOOKS, 'example');
const OPENS = 5000;

describe('the example of an external hook on the real kernel', () => {
  let tracefs: string;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    tracefs = await tracefsPath();
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  /** A program that waits for a line and then opens and closes a file many times. */
  const opener = (): { child: ChildProcess; go: () => Promise<unknown> } => {
    const script = `process.stdin.once('data', () => {
      const fs = require('node:fs');
      for (let index = 0; index < ${OPENS}; index++) fs.closeSync(fs.openSync('/dev/null'));
      process.exit();
    })`;
    const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'inherit', 'inherit'] });
    children.push(child);
    return {
      child,
      go: () => {
        child.stdin.end('go');
        return once(child, 'exit');
      },
    };
  };
  const discover = (): Promise<ExternalHooks> =>
    ExternalHooks.discover(HOOKS, process.env, silent, { tracefsPath: tracefs });
  const instances = (): string[] =>
    readdirSync(join(tracefs, 'instances')).filter((name) => name.startsWith('example_hook_'));

  it('is found with its description', async () => {
    const hooks = await discover();
    expect([...hooks.problems()]).toEqual([]);
    expect(hooks.groups().get(GROUP)).toEqual([
      {
        name: 'trace_files',
        description: [
          'Traces system calls that open and close files, as text.',
          '-s, --syscall NAME... : these calls instead of open, openat, creat and close',
          '-t, --time MS : end after so many milliseconds',
        ],
      },
    ]);
  });

  it('hands over every line, and leaves nothing behind', async () => {
    const hooks = await discover();
    const { child, go } = opener();
    const lines: (TraceLine | undefined)[] = [];
    const run = hooks.run(GROUP, 'trace_files', [child.pid ?? 0], ['-s', 'openat'], (more) => {
      lines.push(...more.map(parseTraceLine));
    });
    await run.firstLine;
    expect([run.errors, run.stream.refused]).toEqual([[], undefined]);
    await go();
    expect(await run.stop()).toEqual({ code: 0, signal: undefined });
    const ours = lines.filter((line) => line?.event === 'sys_openat' && line.tid === child.pid);
    const begins = ours.filter((line) => line?.detail.startsWith('('));
    expect(run.stream.lost).toBe(0);
    expect(begins.length).toBeGreaterThanOrEqual(OPENS);
    expect(ours.length).toBe(2 * begins.length);
    expect(lines.filter((line) => line === undefined)).toEqual([]);
    expect(instances()).toEqual([]);
  });

  it('can end by itself, and its instance goes with it', async () => {
    const hooks = await discover();
    const { child } = opener();
    const run = hooks.run(GROUP, 'trace_files', [child.pid ?? 0], ['-t', '300'], () => undefined);
    await run.firstLine;
    const instance = dirname(run.output[0] ?? '');
    expect(existsSync(instance)).toBe(true);
    expect(await run.ended).toEqual({ code: 0, signal: undefined });
    expect(existsSync(instance)).toBe(false);
  });

  it('says what is wrong with its arguments', async () => {
    const run = (await discover()).run(GROUP, 'trace_files', [1], ['--depth', '7']);
    await run.firstLine;
    expect(await run.ended).toMatchObject({ code: 2 });
    expect(run.errors).toEqual(['manager.sh: unknown option --depth']);
    expect(instances()).toEqual([]);
  });
});
