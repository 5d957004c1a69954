import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { AgentProcess } from './fixtures/agent-process.js';
import { writeFixtureHooks } from '../../apps/tracer-node/src/trace-hooks/testing/fixture-hooks.js';

// The built agent as a process. It sees no tracefs, so this runs anywhere; test/host has the kernel.
const directory = mkdtempSync(join(tmpdir(), 'tracer-node-system-'));
const hooks = join(directory, 'hooks');
const agents = new Set<AgentProcess>();
const traced = spawn('sleep', ['600'], { stdio: 'ignore' });

function agent(argv: readonly string[] = [], env: Record<string, string> = {}): AgentProcess {
  const started = new AgentProcess(['--use-procfs', '-node-name', 'nodeA', ...argv], {
    TRACER_SYSFS_PATH: join(directory, 'sys'),
    TRACER_HOOKS: hooks,
    TRACER_DATA_DIR: join(directory, 'data'),
    TRACE_DIR: join(directory, 'traces'),
    ...env,
  });
  agents.add(started);
  return started;
}

/** The managers of hooks that run now, by process id. */
function hookProcesses(): string[] {
  const runs = (pid: string): boolean => {
    try {
      const isHook = readlinkSync(`/proc/${pid}/cwd`) === join(hooks, 'fixture');
      return isHook && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--run');
    } catch {
      // It ended, or is none of ours.
      return false;
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && runs(name));
}

async function create(on: AgentProcess, context: string): Promise<string> {
  const session = { pod: 'host', container: '*', 'trace-hook': 'say_ok', 'trace-user-context': context };
  const { status, body } = await on.call('/v1/trace-session', 'POST', session);
  expect(status).toBe(200);
  return Object.keys(body as object)[0] ?? '';
}

beforeAll(() => {
  writeFixtureHooks(hooks);
});
afterEach(async () => {
  for (const started of agents) await started.stop('SIGKILL');
  agents.clear();
});
afterAll(() => {
  traced.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

describe('the agent as a process', () => {
  it('answers, stops on SIGTERM with its files closed, and knows its sessions again', async () => {
    const first = agent();
    expect(await first.call('/health')).toMatchObject({ status: 200, body: { service: 'tracer-node' } });
    expect(await first.call('/ready')).toMatchObject({ status: 200 });
    const [idle, running] = [await create(first, 'idle'), await create(first, 'running')];
    await first.call(`/v1/trace-session/${running}`, 'PUT', { Run: true });
    expect(await first.stop('SIGTERM')).toBe(0);
    expect(gunzipSync(readFileSync(join(directory, 'traces', `${running}.pfw.gz`))).toString()).toBe('[\n]\n');

    const second = agent();
    const { body } = await second.call('/v1/trace-session/all');
    expect(body).toMatchObject({
      [idle]: { Context: 'idle', state: 'pending' },
      [running]: { Context: 'running', Running: false, state: 'interrupted', reason: 'the agent was stopped' },
    });
    expect(await second.stop('SIGINT')).toBe(0);
  }, 240_000);

  it('accounts for a run after it was killed, closes its file, and goes on with it if told to', async () => {
    const first = agent();
    const id = await create(first, 'killed');
    await first.call(`/v1/trace-session/${id}`, 'PUT', { Run: true });
    const hook = hookProcesses();
    expect(hook).toHaveLength(1);
    await first.stop('SIGKILL');
    expect(hookProcesses()).toEqual(hook);

    const second = agent();
    const { body } = await second.call(`/v1/trace-session/${id}`);
    expect(body).toMatchObject({ [id]: { state: 'interrupted', reason: expect.stringContaining('without stopping') } });
    expect(gunzipSync(readFileSync(join(directory, 'traces', `${id}.pfw.gz`))).toString()).toBe('[\n]\n');
    expect(hookProcesses()).toEqual([]);
    await second.call(`/v1/trace-session/${id}`, 'PUT', { Run: true });
    await second.stop('SIGKILL');

    const third = agent(['--resume-sessions']);
    const resumed = await third.call(`/v1/trace-session/${id}`);
    expect(resumed.body).toMatchObject({ [id]: { Running: true, state: 'running' } });
    await third.stop('SIGTERM');
  }, 240_000);

  it('refuses a second start on the same state, and directories it cannot write to', async () => {
    const first = agent();
    await first.url();
    const second = agent();
    expect(await second.ended).toBe(1);
    expect(second.output).toContain(`in use by another agent (process ${String(first.process.pid)})`);
    const nowhere = agent([], { TRACE_DIR: '/proc/nowhere', TRACER_DATA_DIR: join(directory, 'other') });
    expect(await nowhere.ended).toBe(1);
    expect(nowhere.output).toMatch(/TRACE_DIR: cannot write to \/proc\/nowhere/);
  }, 240_000);

  it('names every wrong setting and exits with 2', async () => {
    const started = agent(['--jaeger-endpoint', 'nope', '--rescan-ms', '1'], { TRACER_BUFFER_KB: 'many' });
    expect(await started.ended).toBe(2);
    for (const name of ['--jaeger-endpoint', '--rescan-ms', 'TRACER_BUFFER_KB']) expect(started.output).toContain(name);
  });

  it('takes every published flag and variable, and serves a Jaeger endpoint by OTLP with a note', async () => {
    const flags = ['-pod-name', 'me', '-cri-endpoint', '/x.sock', '-run-path', '/run', '-run-path', '/var/run'];
    const more = ['-procfs-path', '/proc', '-sysfs-path', join(directory, 'sys'), '-trace-hooks', hooks, '-verbose'];
    const started = agent([...flags, ...more, '-jaeger-endpoint', 'http://127.0.0.1:14268/api/traces'], {
      TRACER_API_ADDRESS: ':1',
      TRACER_NODE_NAME: 'other',
      TRACER_POD_NAME: 'p',
      TRACER_CRI_ENDPOINT: '/y.sock',
      TRACER_RUN_PATHS: '/a,/b',
      TRACER_PROCFS_PATH: '/nowhere',
      TRACER_FORCE_PROCFS: '',
      TRACER_JEAGER_ENDPOINT: 'auto',
      TRACER_VERBOSE: '0',
    });
    const { body } = await started.call('/v1/node');
    expect(body).toMatchObject({
      node: 'nodeA',
      collector: 'http://127.0.0.1:4318/v1/traces',
      pods: { source: 'procfs' },
    });
    expect(started.output).toMatch(/spans go to http:\/\/127.0.0.1:4318\/v1\/traces \(OTLP\) instead of/);
    await started.stop('SIGTERM');
  }, 240_000);

  it('has its help and its version', async () => {
    const help = agent(['--help']);
    expect(await help.ended).toBe(0);
    expect(help.output).toContain('--trace-hooks');
    expect(existsSync('dist/apps/tracer-node/src/main.js')).toBe(true);
  });
});
