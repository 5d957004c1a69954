import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { writeFixtureHooks } from '../../apps/tracer-node/src/trace-hooks/testing/fixture-hooks.js';

// The built agent as a process. It sees no tracefs, so this runs anywhere; test/host has the kernel.
const directory = mkdtempSync(join(tmpdir(), 'tracer-node-system-'));
const hooks = join(directory, 'hooks');
const agents = new Set<Agent>();
const traced = spawn('sleep', ['600'], { stdio: 'ignore' });

class Agent {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';

  constructor(argv: readonly string[] = [], env: Record<string, string> = {}) {
    this.process = spawn(
      process.execPath,
      ['dist/apps/tracer-node/src/main.js', '--address', '127.0.0.1:0', '--use-procfs', '-node-name', 'nodeA', ...argv],
      {
        env: {
          PATH: process.env['PATH'],
          TRACER_SYSFS_PATH: join(directory, 'sys'),
          TRACER_HOOKS: hooks,
          TRACER_DATA_DIR: join(directory, 'data'),
          TRACE_DIR: join(directory, 'traces'),
          TRACER_LOG_LEVEL: 'info',
          ...env,
        },
      },
    );
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.ended = once(this.process, 'exit').then(([code]) => code as number | null);
    agents.add(this);
  }

  /** The address, once the agent listens. */
  async url(): Promise<string> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const [, port] = /"port":(\d+),.*"msg":"listening"/.exec(this.output) ?? [];
      if (port !== undefined) return `http://127.0.0.1:${port}`;
      if (Date.now() > deadline || this.process.exitCode !== null) throw new Error(`not listening:\n${this.output}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    this.process.kill(signal);
    return this.ended;
  }
}

/** The managers of hooks that run now, by process id. */
function hookProcesses(): string[] {
  const isHook = (pid: string): boolean => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === join(hooks, 'fixture');
    } catch {
      // It ended, or is none of ours.
      return false;
    }
  };
  const managers = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && isHook(name));
  return managers.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--run'));
}

type Sessions = Record<string, Record<string, unknown>>;

async function call(url: string, method = 'GET', body?: object): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { method, ...(body && { body: JSON.stringify(body) }) });
  return { status: response.status, body: await response.json() };
}

const create = async (url: string, context: string): Promise<string> => {
  const session = { pod: 'host', container: '*', 'trace-hook': 'say_ok', 'trace-user-context': context };
  const { status, body } = await call(`${url}/v1/trace-session`, 'POST', session);
  expect(status).toBe(200);
  return Object.keys(body as Sessions)[0] ?? '';
};

beforeAll(() => {
  writeFixtureHooks(hooks);
});
afterEach(async () => {
  for (const agent of agents) await agent.stop('SIGKILL');
  agents.clear();
});
afterAll(() => {
  traced.kill('SIGKILL');
  rmSync(directory, { recursive: true });
});

describe('the agent as a process', () => {
  it('answers, stops on SIGTERM with its files closed, and knows its sessions again', async () => {
    const first = new Agent();
    const url = await first.url();
    expect(await call(`${url}/health`)).toMatchObject({ status: 200, body: { service: 'tracer-node' } });
    expect(await call(`${url}/ready`)).toMatchObject({ status: 200 });
    const [idle, running] = [await create(url, 'idle'), await create(url, 'running')];
    await call(`${url}/v1/trace-session/${running}`, 'PUT', { Run: true });
    expect(await first.stop('SIGTERM')).toBe(0);
    expect(gunzipSync(readFileSync(join(directory, 'traces', `${running}.pfw.gz`))).toString()).toBe('[\n]\n');

    const second = new Agent();
    const { body } = await call(`${await second.url()}/v1/trace-session/all`);
    expect(body).toMatchObject({
      [idle]: { Context: 'idle', state: 'pending' },
      [running]: { Context: 'running', Running: false, state: 'interrupted', reason: 'the agent was stopped' },
    });
    expect(await second.stop('SIGINT')).toBe(0);
  }, 60_000);

  it('accounts for a run after it was killed, closes its file, and goes on with it if told to', async () => {
    const first = new Agent();
    const url = await first.url();
    const id = await create(url, 'killed');
    await call(`${url}/v1/trace-session/${id}`, 'PUT', { Run: true });
    const hook = hookProcesses();
    expect(hook).toHaveLength(1);
    await first.stop('SIGKILL');
    expect(hookProcesses()).toEqual(hook);

    const second = new Agent();
    const { body } = await call(`${await second.url()}/v1/trace-session/${id}`);
    expect(body).toMatchObject({ [id]: { state: 'interrupted', reason: expect.stringContaining('without stopping') } });
    expect(gunzipSync(readFileSync(join(directory, 'traces', `${id}.pfw.gz`))).toString()).toBe('[\n]\n');
    expect(hookProcesses()).toEqual([]);
    await call(`${await second.url()}/v1/trace-session/${id}`, 'PUT', { Run: true });
    await second.stop('SIGKILL');

    const third = new Agent(['--resume-sessions']);
    const resumed = await call(`${await third.url()}/v1/trace-session/${id}`);
    expect(resumed.body).toMatchObject({ [id]: { Running: true, state: 'running' } });
    await third.stop('SIGTERM');
  }, 60_000);

  it('refuses a second start on the same state, and directories it cannot write to', async () => {
    const first = new Agent();
    await first.url();
    const second = new Agent();
    expect(await second.ended).toBe(1);
    expect(second.output).toContain(`in use by another agent (process ${String(first.process.pid)})`);
    const nowhere = new Agent([], { TRACE_DIR: '/proc/nowhere', TRACER_DATA_DIR: join(directory, 'other') });
    expect(await nowhere.ended).toBe(1);
    expect(nowhere.output).toMatch(/TRACE_DIR: cannot write to \/proc\/nowhere/);
  }, 60_000);

  it('names every wrong setting and exits with 2', async () => {
    const agent = new Agent(['--jaeger-endpoint', 'nope', '--rescan-ms', '1'], { TRACER_BUFFER_KB: 'many' });
    expect(await agent.ended).toBe(2);
    for (const name of ['--jaeger-endpoint', '--rescan-ms', 'TRACER_BUFFER_KB']) expect(agent.output).toContain(name);
  });

  it('takes every published flag and variable, and serves a Jaeger endpoint by OTLP with a note', async () => {
    const flags = ['-pod-name', 'me', '-cri-endpoint', '/x.sock', '-run-path', '/run', '-run-path', '/var/run'];
    const more = ['-procfs-path', '/proc', '-sysfs-path', join(directory, 'sys'), '-trace-hooks', hooks, '-verbose'];
    const agent = new Agent([...flags, ...more, '-jaeger-endpoint', 'http://127.0.0.1:14268/api/traces'], {
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
    const { body } = await call(`${await agent.url()}/v1/node`);
    expect(body).toMatchObject({
      node: 'nodeA',
      collector: 'http://127.0.0.1:4318/v1/traces',
      pods: { source: 'procfs' },
    });
    expect(agent.output).toMatch(/spans go to http:\/\/127.0.0.1:4318\/v1\/traces \(OTLP\) instead of/);
    await agent.stop('SIGTERM');
  }, 60_000);

  it('has its help and its version', async () => {
    const help = new Agent(['--help']);
    expect(await help.ended).toBe(0);
    expect(help.output).toContain('--trace-hooks');
    expect(existsSync('dist/apps/tracer-node/src/main.js')).toBe(true);
  });
});
