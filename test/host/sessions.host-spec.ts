import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeCollector } from '../../apps/tracer-node/src/export/testing/fake-collector.js';
import { AgentProcess, type Answer } from '../system/fixtures/agent-process.js';
import { cgroupHierarchies, startDemoPod, type DemoPod } from './fixtures/demo-pod.js';

// The built agent on the real kernel: sessions from the list of pods to the trace file.

const INSTANCES = '/sys/kernel/tracing/instances';
const directory = mkdtempSync(join(tmpdir(), 'sessions-host-'));
const traces = join(directory, 'traces');
const [hierarchy = ''] = cgroupHierarchies();
const agents = new Set<AgentProcess>();
const children: ChildProcess[] = [];
let shop: DemoPod;
let store: DemoPod;

function agent(env: Record<string, string> = {}): AgentProcess {
  const started = new AgentProcess(['--use-procfs', '--node-name', 'host-test'], {
    TRACER_HOOKS: join(directory, 'none'),
    TRACER_DATA_DIR: join(directory, 'data'),
    TRACE_DIR: traces,
    TRACER_RESCAN_MS: '200',
    ...env,
  });
  agents.add(started);
  return started;
}

interface Session extends Record<string, unknown> {
  readonly Id: string;
  readonly events: number;
  readonly lost: number;
  readonly state: string;
  readonly export?: { readonly sent: number };
}

interface Event {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur: number;
  readonly args: Record<string, unknown>;
}

const SYSCALLS = { pod: 'shop-*', container: '*', 'trace-hook': 'trace_syscalls' };

async function create(on: AgentProcess, request: object = SYSCALLS): Promise<string> {
  const { status, body } = await on.call('/v1/trace-session', 'POST', request);
  expect([status, body]).toEqual([200, expect.anything()]);
  return Object.keys(body as object)[0] ?? '';
}

async function run(on: AgentProcess, id: string, Run: boolean): Promise<void> {
  const answer: Answer = await on.call(`/v1/trace-session/${id}`, 'PUT', { Run });
  expect(answer).toEqual({ status: 200, body: {} });
}

async function get(on: AgentProcess, id: string): Promise<Session> {
  const { body } = await on.call(`/v1/trace-session/${id}`);
  const session = (body as Record<string, Session>)[id];
  if (session === undefined) throw new Error(`no session in ${JSON.stringify(body)}`);
  return session;
}

/** The events of a session's file, which must be whole: brackets at both ends, one object a line. */
function eventsOf(id: string): Event[] {
  const lines = gunzipSync(readFileSync(join(traces, `${id}.pfw.gz`)))
    .toString()
    .trimEnd()
    .split('\n');
  expect([lines[0], lines.at(-1)]).toEqual(['[', ']']);
  return lines
    .slice(1, -1)
    .map((line) => JSON.parse(line) as Event)
    .filter(({ ph, cat }) => ph === 'X' && cat !== 'tracer');
}

async function until(what: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 30_000;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error('it never happened');
    await sleep(50);
  }
}

/** Tracefs instances of an agent that had this process id. */
const instancesOf = (pid: number | undefined): string[] =>
  readdirSync(INSTANCES).filter((name) => name.startsWith(`tracer_${String(pid)}_`));

beforeAll(async () => {
  shop = await startDemoPod({ name: 'shop-1', containers: 2 });
  store = await startDemoPod({ name: 'store-0' });
}, 60_000);
afterEach(async () => {
  for (const started of agents) await started.stop('SIGKILL');
  agents.clear();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await shop.stop();
  await store.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('the walk of a user', () => {
  it('lists pods, traces by wildcard, follows live, and reads the same events from the file', async () => {
    const node = agent();
    const pods = (await node.call('/v1/pods')).body as Record<
      string,
      { Containers: Record<string, { Tasks: number[] }> }
    >;
    expect(Object.keys(pods)).toEqual(expect.arrayContaining(['host', 'shop-1', 'store-0']));
    const containers = Object.values(pods['shop-1']?.Containers ?? {});
    expect(containers).toHaveLength(2);
    for (const { pid } of shop.containers) expect(containers.flatMap(({ Tasks }) => Tasks)).toContain(pid);
    const hooks = (await node.call('/v1/trace-hooks')).body as Record<string, { Tracers: Record<string, object> }>;
    expect(hooks['native']?.Tracers['trace_syscalls']).not.toHaveProperty('unavailable');

    const id = await create(node);
    const live = fetch(`${await node.url()}/v1/trace-session/${id}/events`);
    await run(node, id, true);
    expect(instancesOf(node.process.pid)).toHaveLength(1);
    await until(async () => (await get(node, id)).events > 500);
    const { body: early } = await node.call(`/v1/trace-session/${id}/summary`);
    expect(early).toMatchObject({ state: 'running', calls: { openat: { errors: { ENOENT: expect.any(Number) } } } });
    await run(node, id, false);

    const followed = (await (await live).text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Event);
    const events = eventsOf(id);
    const session = await get(node, id);
    expect(session).toMatchObject({ state: 'finished', reason: 'stopped', Running: false, lost: 0 });
    expect(events).toHaveLength(session.events);
    expect(followed.filter(({ ph, cat }) => ph === 'X' && cat !== 'tracer')).toHaveLength(session.events);
    const traced = new Set(events.map(({ pid }) => pid));
    for (const { pid } of shop.containers) expect(traced).toContain(pid);
    for (const { pid } of store.containers) expect(traced).not.toContain(pid);
    expect(traced).not.toContain(node.process.pid);
    const missing = events.filter(({ name, args }) => name === 'openat' && args['error'] === 'ENOENT');
    const { body: summary } = await node.call(`/v1/trace-session/${id}/summary`);
    expect(summary).toMatchObject({
      events: session.events,
      calls: { openat: { errors: { ENOENT: missing.length } } },
    });
  }, 60_000);

  it('follows processes that join a container after the start, as those of docker exec do', async () => {
    const node = agent();
    const id = await create(node, { ...SYSCALLS, 'trace-arguments': '-s kill' });
    await run(node, id, true);
    const [container] = shop.containers;
    const joins = `echo $$ > ${hierarchy}${container?.cgroup ?? ''}/cgroup.procs; while :; do kill -0 $$; sleep 0.02; done`;
    const joined = spawn('sh', ['-c', joins], { stdio: 'ignore' });
    children.push(joined);
    await until(async () => (await get(node, id)).events > 5);
    joined.kill('SIGKILL');
    await run(node, id, false);
    expect(new Set(eventsOf(id).map(({ pid }) => pid))).toEqual(new Set([joined.pid]));
  }, 60_000);
});

describe('sessions side by side', () => {
  it('each get their own events, whatever happens to the others', async () => {
    const node = agent();
    const small = join(directory, 'small');
    mkdirSync(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    try {
      const shopSession = await create(node);
      const storeSession = await create(node, { ...SYSCALLS, pod: 'store-0', 'event-limit': 300 });
      const full = await create(node, { ...SYSCALLS, pod: 'store-0' });
      writeFileSync(join(small, 'file'), '');
      symlinkSync(join(small, 'file'), join(traces, `${full}.pfw.gz`));
      for (const id of [shopSession, storeSession, full]) await run(node, id, true);
      await until(async () => (await get(node, storeSession)).state === 'finished');
      await until(async () => (await get(node, full)).state === 'failed');
      await until(async () => (await get(node, shopSession)).events > 300);
      expect(await get(node, storeSession)).toMatchObject({ reason: 'event limit', events: 300, Running: false });
      expect(await get(node, full)).toMatchObject({ reason: expect.stringMatching(/no space left on device/i) });
      expect((await get(node, shopSession)).state).toBe('running');
      await run(node, shopSession, false);
      expect(eventsOf(storeSession)).toHaveLength(300);
      const pids = (id: string): Set<number> => new Set(eventsOf(id).map(({ pid }) => pid));
      expect([...pids(shopSession)].filter((pid) => pids(storeSession).has(pid))).toEqual([]);
    } finally {
      await node.stop('SIGTERM');
      execFileSync('umount', [small]);
    }
  }, 60_000);

  it('refuse arguments before anything runs, naming them', async () => {
    const node = agent();
    for (const [args, named] of [
      ['-s nosuchcall', 'nosuchcall'],
      ['--pid 1', '--pid'],
      ['-t soon', 'soon'],
      ['--bogus', '--bogus'],
    ] as const) {
      const answer = await node.call('/v1/trace-session', 'POST', { ...SYSCALLS, 'trace-arguments': args });
      expect([args, answer]).toEqual([args, { status: 400, body: expect.stringContaining(named) }]);
    }
    expect(instancesOf(node.process.pid)).toEqual([]);
  }, 60_000);

  it('are sent to a collector, every event once, under one span', async () => {
    const collector = new FakeCollector();
    try {
      const node = agent({ TRACER_OTLP_ENDPOINT: await collector.open() });
      const id = await create(node, { ...SYSCALLS, 'event-limit': 700, 'trace-user-context': 'slow shop' });
      await run(node, id, true);
      await until(async () => (await get(node, id)).state === 'finished');
      await until(async () => (await get(node, id)).export?.sent === 701);
      expect(await get(node, id)).toMatchObject({ export: { sent: 701, dropped: 0 } });
      const parent = collector.spans.find(({ parentSpanId }) => parentSpanId === undefined);
      expect(parent).toMatchObject({ name: 'slow shop' });
      expect(collector.spans.filter(({ parentSpanId }) => parentSpanId === parent?.spanId)).toHaveLength(700);
    } finally {
      await collector.close();
    }
  }, 60_000);
});

describe('the end of an agent', () => {
  it('on SIGTERM stops all sessions, closes their files and leaves nothing in the kernel', async () => {
    const node = agent();
    const id = await create(node);
    await run(node, id, true);
    await until(async () => (await get(node, id)).events > 50);
    expect(await node.stop('SIGTERM')).toBe(0);
    expect(instancesOf(node.process.pid)).toEqual([]);
    const counted = eventsOf(id).length;
    expect(await get(agent(), id)).toMatchObject({
      state: 'interrupted',
      reason: 'the agent was stopped',
      events: counted,
    });
  }, 60_000);

  it('by SIGKILL in the middle of a session costs a second of events and leaves nothing behind after a restart', async () => {
    const node = agent();
    const id = await create(node);
    await run(node, id, true);
    await sleep(6000);
    await node.stop('SIGKILL');
    expect(instancesOf(node.process.pid)).toHaveLength(1);
    const next = agent({ TRACER_RESUME_SESSIONS: '1' });
    await next.url();
    expect(instancesOf(node.process.pid)).toEqual([]);
    const resumed = await get(next, id);
    expect(resumed).toMatchObject({ state: 'running', Running: true });
    await run(next, id, false);
    expect(await get(next, id)).toMatchObject({ state: 'finished' });
    const times = eventsOf(id).map(({ ts }) => ts / 1e6);
    const gaps = times.slice(1).map((time, at) => time - (times[at] ?? time));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(5);
    // Less than what was not yet on disk and the time between the two agents.
    expect(Math.max(...gaps)).toBeLessThan(30);
  }, 60_000);

  it('by SIGKILL is told by a session that is not resumed, with the counts of the last look', async () => {
    const node = agent();
    const id = await create(node);
    await run(node, id, true);
    await sleep(6000);
    await node.stop('SIGKILL');
    const next = agent();
    const session = await get(next, id);
    expect(session).toMatchObject({
      state: 'interrupted',
      Running: false,
      reason: expect.stringContaining('without stopping the session'),
    });
    expect(session.events).toBeGreaterThan(0);
    const events = eventsOf(id);
    expect(events.length).toBeGreaterThanOrEqual(session.events * 0.5);
    const { body } = await next.call(`/v1/trace-session/${id}/summary`);
    expect(body).toMatchObject({
      state: 'interrupted',
      asOf: expect.any(Number),
      calls: { openat: expect.anything() },
    });
    expect(existsSync(join(traces, `${id}.pfw.gz`))).toBe(true);
  }, 60_000);
});
