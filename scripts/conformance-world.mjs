/**
 * Brings up, from dist/, the world in which recorded cases of the container-tracer API were captured, and keeps it until
 * Ctrl-C: two node agents over stand-ins for their container runtimes, a gateway in front of both, and a gateway that
 * knows no node at all.
 *
 *   node scripts/conformance-world.mjs [--node-a PORT] [--node-b PORT] [--svc PORT] [--svc-empty PORT]
 *
 *   node    pod      container   processes
 *   nodeA   shop-1   web         pid1
 *           shop-1   sidecar     pid2
 *           shop-2   web         pid2
 *           ghost-0  noinfo      none: its status call fails
 *           –        nolabel     a container without pod, which must not show up
 *   nodeB   store-0  db          pid1
 *           shop-9   web         pid2
 *
 * pid1 and pid2 are living processes whose parent is process 1. Hooks are in the relative directory `hooks`. One line of
 * JSON with addresses and process ids is printed when all is ready. Needs no privileges.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import { criService } from '../dist/libs/pods/src/cri-client.js';

const port = (fallback) => ({ type: 'string', default: fallback });
const { values: ports } = parseArgs({
  options: {
    'node-a': port('28081'),
    'node-b': port('28082'),
    svc: port('28080'),
    'svc-empty': port('28079'),
  },
});

const DIST = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'apps');
const READY_MS = 20_000;

/** A manager of hooks that do nothing: one that works, one that fails, one that says nothing, one that leaves. */
const MANAGER = `#!/bin/sh
stream=/tmp/ct-vec-pipe
wait_for_interrupt() { trap 'exit 0' INT; while :; do sleep 0.05; done; }
describe() {
  case "$1" in
    trace_nodesc) return 1 ;;
    trace_ok) printf '%s\\n' 'OK hook' '' '  -s, --syscall [SYSCALL ...] : names ' '  -t TIME' ;;
    *) echo "desc of $1" ;;
  esac
}
run() {
  case "$1" in
    trace_ok) printf '%s\\n' line1 line2 line3 >"$stream"; echo "$stream"; wait_for_interrupt ;;
    trace_slow) wait_for_interrupt ;;
    trace_fail) echo 'boom: bad argument' >&2; return 2 ;;
    trace_exit3) echo "$stream"; sleep 0.2; return 3 ;;
  esac
}
case "$1" in
  --get-all) echo trace_ok trace_fail; echo; echo trace_slow trace_exit3 trace_nodesc ;;
  --describe) describe "$2" ;;
  --run) run "$2" ;;
esac
`;

const world = mkdtempSync(join(tmpdir(), 'conformance-world-'));
const children = [];
const pids = [];
const runtimes = [];

try {
  const started = await start();
  console.log(JSON.stringify(started));
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await stop();
}

async function start() {
  mkdirSync(join(world, 'hooks', 'fake'), { recursive: true });
  writeFileSync(join(world, 'hooks', 'fake', 'manager.sh'), MANAGER, { mode: 0o755 });
  writeFileSync(join(world, 'hooks', 'README.md'), 'Not a hook.\n');
  writeFileSync(join(world, 'hooks', '.hidden'), '');
  const [pid1, pid2] = [orphan(), orphan()];
  await runtime('nodeA', [
    { name: 'web', pod: 'shop-1', pid: pid1 },
    { name: 'sidecar', pod: 'shop-1', pid: pid2 },
    { name: 'web', pod: 'shop-2', pid: pid2 },
    { name: 'nolabel' },
    { name: 'noinfo', pod: 'ghost-0' },
  ]);
  await runtime('nodeB', [
    { name: 'db', pod: 'store-0', pid: pid1 },
    { name: 'web', pod: 'shop-9', pid: pid2 },
  ]);
  const nodes = `nodeA=${url('node-a')},nodeB=${url('node-b')}`;
  const nodeA = node('nodeA', ports['node-a']);
  const nodeB = node('nodeB', ports['node-b']);
  const addresses = { node: url('node-a'), nodeB: url('node-b'), svc: url('svc'), svcEmpty: url('svc-empty') };
  app('tracer-svc', ['--address', `127.0.0.1:${ports.svc}`], { TRACER_NODES: nodes });
  app('tracer-svc', ['--address', `127.0.0.1:${ports['svc-empty']}`], { TRACER_NODES: '' });
  await Promise.all(Object.values(addresses).map(healthy));
  return { ...addresses, nodePids: { nodeA: nodeA.pid, nodeB: nodeB.pid }, pid1, pid2 };
}

function url(name) {
  return `http://127.0.0.1:${ports[name]}`;
}

function node(name, listenPort) {
  const flags = ['-node-name', name, '-trace-hooks', 'hooks', '-procfs-path', '/proc', '-sysfs-path', '/sys'];
  return app('tracer-node', [...flags, '-cri-endpoint', socketOf(name), '-address', `127.0.0.1:${listenPort}`], {
    TRACER_HOST_POD: 'off',
    TRACE_DIR: join(world, 'traces'),
    TRACER_DATA_DIR: join(world, 'data'),
  });
}

function app(name, argv, env) {
  const child = spawn(process.execPath, [join(DIST, name, 'src', 'main.js'), ...argv], {
    cwd: world,
    env: { ...process.env, TRACER_LOG_LEVEL: 'warn', ...env },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  children.push(child);
  return child;
}

/** A process that process 1 has taken over. */
function orphan() {
  const pid = Number(execFileSync('sh', ['-c', 'sleep 1000000 >/dev/null 2>&1 & echo $!'], { encoding: 'utf8' }));
  pids.push(pid);
  return pid;
}

function socketOf(name) {
  return join(world, `${name}.sock`);
}

/** A container runtime that lists these containers. One without a process has no status. */
async function runtime(name, containers) {
  const listed = containers.map(({ name: container, pod, pid }, index) => ({
    pid,
    described: {
      id: `${name}-${index}`,
      podSandboxId: `${name}-sandbox-${pod ?? 'none'}`,
      metadata: { name: container },
      state: 1,
      labels: pod === undefined ? {} : { 'io.kubernetes.pod.name': pod, 'io.kubernetes.pod.namespace': 'default' },
    },
  }));
  const server = new Server();
  server.addService(criService(), {
    Version: (_, reply) => reply(null, { runtimeName: 'stand-in', runtimeVersion: '1' }),
    ListPodSandbox: (_, reply) => reply(null, { items: [] }),
    ListContainers: (_, reply) => reply(null, { containers: listed.map(({ described }) => described) }),
    ContainerStatus: ({ request }, reply) => {
      const found = listed.find(({ described }) => described.id === request.containerId);
      if (found?.pid === undefined) reply({ code: status.UNKNOWN, details: 'no status' });
      else reply(null, { status: { id: found.described.id }, info: { info: JSON.stringify({ pid: found.pid }) } });
    },
  });
  await new Promise((resolve, reject) => {
    const bound = (error) => (error === null ? resolve() : reject(error));
    server.bindAsync(`unix://${socketOf(name)}`, ServerCredentials.createInsecure(), bound);
  });
  runtimes.push(server);
}

async function healthy(base) {
  for (const deadline = Date.now() + READY_MS; Date.now() < deadline; await sleep(50)) {
    const answer = await fetch(`${base}/health`).catch(() => undefined);
    if (answer?.ok) return;
    if (children.some(({ exitCode }) => exitCode !== null)) throw new Error('an app ended while the world was set up');
  }
  throw new Error(`${base} is not up after ${READY_MS / 1000} s`);
}

async function stop() {
  const running = children.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  const ended = running.map((child) => once(child, 'exit'));
  for (const child of running) child.kill('SIGTERM');
  await Promise.all(ended);
  for (const server of runtimes) server.forceShutdown();
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  rmSync(world, { recursive: true, force: true });
}
