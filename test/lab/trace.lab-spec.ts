import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { startCriLab, type CriLab } from './fixtures/cri-lab.js';

// Real pods on a real containerd, traced on the real kernel by an agent from dist/.
const directory = mkdtempSync(join(tmpdir(), 'trace-lab-'));
const agent = 'http://127.0.0.1:27381';

interface Session {
  readonly Id: string;
  readonly Containers: Record<string, string[]>;
  readonly state: string;
  readonly events: number;
  readonly lost: number;
  readonly file: string;
}

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(`${agent}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text) as T;
}

async function sessionOf(id: string): Promise<Session> {
  const found = (await call<Record<string, Session>>('GET', `/v1/trace-session/${id}`))[id];
  if (found === undefined) throw new Error(`no session ${id}`);
  return found;
}

describe('containers of a real runtime', () => {
  let lab: CriLab;
  let child: ChildProcess;

  beforeAll(async () => {
    lab = await startCriLab();
    const flags = ['--address', '127.0.0.1:27381', '--cri-endpoint', `unix://${lab.socketPath}`, '--node-name', 'lab'];
    const env = { ...process.env, TRACE_DIR: join(directory, 'traces'), TRACER_DATA_DIR: join(directory, 'data') };
    child = spawn(process.execPath, ['dist/apps/tracer-node/src/main.js', ...flags], {
      env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const deadline = Date.now() + 30_000;
    while (
      !(await fetch(`${agent}/health`).then(
        ({ ok }) => ok,
        () => false,
      ))
    ) {
      if (Date.now() > deadline) throw new Error('the agent does not answer');
      await sleep(100);
    }
  }, 300_000);

  afterAll(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    await lab.down();
    rmSync(directory, { recursive: true, force: true });
  }, 60_000);

  it('lists the pods of the runtime with their containers', async () => {
    const pods = await call<Record<string, { Containers: Record<string, { Tasks: number[] }> }>>('GET', '/v1/pods');
    for (const { pod, name } of lab.containers) expect(pods[pod]?.Containers[name]?.Tasks.length).toBeGreaterThan(0);
  });

  it('traces all processes of all of them in one session', async () => {
    const created = await call<Record<string, Session>>('POST', '/v1/trace-session', {
      pod: '*',
      container: '*',
      'trace-hook': 'trace_syscalls',
    });
    const [session] = Object.values(created);
    if (session === undefined) throw new Error('no container was matched');
    const listed = Object.entries(session.Containers).flatMap(([podName, names]) =>
      names.map((name) => `${podName}/${name}`),
    );
    expect(listed).toEqual(
      expect.arrayContaining(lab.containers.map(({ pod: podName, name }) => `${podName}/${name}`)),
    );
    await call('PUT', `/v1/trace-session/${session.Id}`, { run: true });
    await sleep(3_000);
    const tasks = await call<Record<string, { Containers: Record<string, { Tasks: number[] }> }>>('GET', '/v1/pods');
    await call('PUT', `/v1/trace-session/${session.Id}`, { run: false });
    const { state, events, lost, file } = await sessionOf(session.Id);
    expect({ state, lost }).toEqual({ state: 'finished', lost: 0 });
    const lines = gunzipSync(readFileSync(join(directory, 'traces', file)))
      .toString()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as { pid: number; ph: string; cat: string });
    expect(lines.filter(({ ph }) => ph === 'X').length).toBe(events);
    // Every container has long-lived processes that work all the time: each of them has left its mark.
    const traced = new Set(lines.map(({ pid }) => pid));
    for (const { pod: podName, name } of lab.containers)
      expect(tasks[podName]?.Containers[name]?.Tasks.some((pid) => traced.has(pid))).toBe(true);
  }, 60_000);
});
