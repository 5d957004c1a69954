import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { silent } from '@tracer/base';
import type { EngineRun, RunEnd, RunSpec } from '../sessions/engine.js';
import { discoverExternal, type ExternalProvider } from './external-provider.js';
import { writeFixtureHooks } from './testing/fixture-hooks.js';

let directory: string;
let group: string;
let provider: ExternalProvider;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'external-'));
  group = join(directory, 'hooks', 'fixture');
  writeFixtureHooks(join(directory, 'hooks'));
  mkdirSync(join(directory, 'tracefs'));
  const env = { PATH: process.env['PATH'], TRACER_PROCFS_PATH: '/host/proc' };
  const paths = { tracefsPath: join(directory, 'tracefs'), procfsPath: '/proc' };
  provider = await discoverExternal(join(directory, 'hooks'), { env, ...paths, log: silent });
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

interface Started {
  readonly run: EngineRun;
  readonly ended: Promise<RunEnd>;
}

async function start(
  hook: string,
  params: string[] = [],
  limits = { timeMs: 0, events: 0, bytes: 0 },
): Promise<Started> {
  const chosen = provider.choose(group, hook);
  const session = { id: '7', context: '', hookGroup: group, hook, params, podPattern: '*', containers: [], limits };
  const spec: RunSpec = {
    session: { ...session, createdAtUs: 0 },
    tasks: { pids: [10, 11], tids: [10, 11, 12] },
    file: join(directory, '7.pfw.gz'),
    limits,
  };
  let tell: (end: RunEnd) => void = () => undefined;
  const ended = new Promise<RunEnd>((resolve) => {
    tell = resolve;
  });
  return { run: await chosen.engine.start(spec, tell), ended };
}

const calls = (): string[] => readFileSync(join(group, 'calls'), 'utf8').trimEnd().split('\n');

describe('external hooks', () => {
  it('are listed by directory, those without a description left out, and cleared at the start', () => {
    expect(provider.groups()).toMatchObject([
      {
        key: group,
        hooks: [
          { name: 'say_ok', description: ['Says a path', 'and waits'] },
          { name: 'say_error', description: ['about say_error'] },
          { name: 'leave_3' },
          { name: 'stubborn' },
          { name: 'quiet' },
          { name: 'streams' },
        ],
        problem: expect.stringContaining('undescribed'),
      },
    ]);
    expect(calls()).toEqual(['clear']);
  });

  it('run on the processes with the arguments in one word, until they are stopped', async () => {
    const { run, ended } = await start('say_ok', ['-s', 'read']);
    expect([run.output, run.errors]).toEqual([['/nowhere/trace_pipe'], []]);
    expect(calls().at(-1)).toBe('say_ok --args --pid 10 11 -s read proc=/host/proc');
    expect(run.counts()).toMatchObject({ events: 0, lost: 0, tasks: 3 });
    const end = await run.stop();
    expect(end).toMatchObject({ state: 'finished', reason: 'stopped', counts: { events: 0 } });
    expect([end.held, end.exit]).toEqual([undefined, undefined]);
    expect(await ended).toEqual(end);
    expect(gunzipSync(readFileSync(join(directory, '7.pfw.gz'))).toString()).toBe('[\n]\n');
  });

  it.each([
    ['say_error', 'exit status 2', [], ['no: such argument']],
    ['leave_3', 'exit status 3', ['/nowhere/trace_pipe'], []],
  ])('%s ends by itself and is held with what it printed', async (hook, exit, output, errors) => {
    const { run, ended } = await start(hook);
    expect(await ended).toMatchObject({ state: 'failed', reason: exit, held: { exit } });
    expect([run.output, run.errors]).toEqual([output, errors]);
    expect(await run.stop()).toMatchObject({ held: { exit } });
  });

  it('pass on the status with which a hook answers its stop', async () => {
    const { run } = await start('stubborn');
    expect(await run.stop()).toMatchObject({
      state: 'failed',
      reason: 'stopped, exit status 4',
      exit: 'exit status 4',
    });
  });

  it('end at the time limit of the session', async () => {
    const { ended } = await start('say_ok', [], { timeMs: 200, events: 0, bytes: 0 });
    const end = await ended;
    expect(end).toMatchObject({ state: 'finished', reason: 'time limit' });
    expect(end.held).toBeUndefined();
  });

  it('wait for the first line and no longer', async () => {
    const begun = performance.now();
    const { run } = await start('quiet');
    expect(performance.now() - begun).toBeGreaterThan(4500);
    expect(performance.now() - begun).toBeLessThan(6500);
    expect([run.output, run.errors]).toEqual([[], []]);
    await run.stop();
  }, 90_000);

  it('leave nothing open when they cannot be started', async () => {
    await expect(start('unknown')).rejects.toMatchObject({ code: 'HOOK_UNKNOWN' });
    expect(() => {
      provider.choose(group, 'say_ok').check(['--pid', '1']);
    }).toThrow(expect.objectContaining({ code: 'HOOK_ARGUMENT_INVALID' }));
    await sleep(10);
    const { run } = await start('say_ok');
    await run.stop();
  });
});
