import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silent } from '@tracer/base';
import {
  Capture,
  EventCatalog,
  nativeHooks,
  openTracefs,
  type CaptureCounts,
  type HookPlan,
} from '@tracer/trace-hooks';
import type { BenchRow } from './bench-table.js';

export const title = 'Live capture: dd bs=1 on this kernel, whole path to the .pfw.gz on disk';

const DEFAULT_KB = 8192;
const TINY_KB = 64;
/** A byte copied is two calls, four records. */
const RECORDS_PER_BYTE = 4;
const UNTRACED_BYTES = 800_000;
const ROUNDS = 5;

interface Stage {
  readonly tracefsPath: string;
  readonly plan: HookPlan;
  readonly directory: string;
}

export async function run(): Promise<BenchRow[]> {
  const tracefsPath = await openTracefs({ sysfsPath: '/sys', procfsPath: '/proc' }, true);
  const hook = nativeHooks.find(({ name }) => name === 'trace_syscalls');
  if (hook === undefined) throw new Error('there is no hook trace_syscalls');
  const directory = mkdtempSync(join(tmpdir(), 'bench-live-'));
  const stage = { tracefsPath, plan: hook.plan([], new EventCatalog(tracefsPath)), directory };
  try {
    return [...(await rates(stage)), await exactness(stage), await memory(stage), ...(await untraced(stage))];
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface Traced {
  readonly counts: CaptureCounts;
  /** From the first instruction to the last. */
  readonly seconds: number;
  /** CPU time of everything in this process. */
  readonly cpuSeconds: number;
}

async function traced(stage: Stage, command: string, bufferKbPerCpu: number): Promise<Traced> {
  const { tracefsPath, plan, directory } = stage;
  const instanceName = `bench_live_${process.pid}`;
  const capture = new Capture({ tracefsPath, procfsPath: '/proc', instanceName, bufferKbPerCpu, log: silent });
  const child = spawn('/bin/sh', ['-c', `read go; ${command}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  const file = join(directory, 'live.pfw.gz');
  try {
    const run = await capture.start({ id: 'live', plan, tids: [child.pid ?? 0], file, limits: {} }, () => undefined);
    const exited = once(child, 'exit');
    const cpu = process.cpuUsage();
    const startMs = performance.now();
    child.stdin.end('go\n');
    await exited;
    const seconds = (performance.now() - startMs) / 1000;
    const { counts } = await run.stop();
    const { user, system } = process.cpuUsage(cpu);
    return { counts, seconds, cpuSeconds: (user + system) / 1e6 };
  } finally {
    child.kill('SIGKILL');
    await capture.close();
    rmSync(file, { force: true });
  }
}

/** `dd` in bursts, so that the mean is about what is wanted; 0 means as fast as it goes. */
function copies(recordsPerSecond: number, seconds: number): string {
  const copy = (bytes: number): string => `dd if=/dev/zero of=/dev/null bs=1 count=${bytes}`;
  if (recordsPerSecond === 0) return `exec ${copy(1_000_000)}`;
  const burst = Math.round(recordsPerSecond / RECORDS_PER_BYTE / 10);
  // A burst begins every 100 ms, whatever it takes: a process in the background keeps the beat.
  return `i=0; while [ $i -lt ${seconds * 10} ]; do sleep 0.1 & ${copy(burst)}; wait; i=$((i+1)); done`;
}

async function rates(stage: Stage): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [wanted, name, target] of [
    [300_000, '300 k events/s', 'no loss'],
    [1_000_000, '1 M events/s', 'no loss'],
    [0, 'as fast as dd goes, 4 M events', 'report'],
  ] as const) {
    const { counts, seconds, cpuSeconds } = await traced(stage, copies(wanted, 4), DEFAULT_KB);
    const total = counts.records + counts.lost;
    rows.push({
      name: `default buffer, ${name}`,
      measured: `${(counts.records / seconds / 1e6).toFixed(2)} M events/s written, ${counts.lost} lost`,
      baseline: `${(total / seconds / 1e6).toFixed(2)} M events/s made`,
      ratio: `${((cpuSeconds / seconds) * 100).toFixed(0)} % of a core`,
      target,
    });
  }
  return rows;
}

/** A ring that is far too small: what was made is known, so what is missing is known too. */
async function exactness(stage: Stage): Promise<BenchRow> {
  const bytes = 500_000;
  const { counts } = await traced(stage, `exec dd if=/dev/zero of=/dev/null bs=1 count=${bytes}`, TINY_KB);
  const whole = await traced(stage, 'exec dd if=/dev/zero of=/dev/null bs=1 count=0', DEFAULT_KB);
  const expected = RECORDS_PER_BYTE * bytes + whole.counts.records;
  return {
    name: `${TINY_KB} KiB buffer: lost + written, against what dd made`,
    measured: String(counts.lost + counts.records),
    baseline: `${expected} (± a few records of lineage), ${counts.lost} of them lost`,
    ratio: ((counts.lost + counts.records) / expected).toFixed(5),
    target: '1.0000',
  };
}

/** A session of 20 M events in an agent of its own, whose largest size the kernel knows. */
async function memory({ tracefsPath, directory }: Stage): Promise<BenchRow> {
  const index = new URL('../libs/trace-hooks/src/index.js', import.meta.url).href;
  const script = `
    import { readFileSync } from 'node:fs';
    import { Capture, EventCatalog, nativeHooks } from ${JSON.stringify(index)};
    import { spawn } from 'node:child_process';
    const log = { info() {}, warn() {}, error() {} };
    const tracefsPath = ${JSON.stringify(tracefsPath)};
    const capture = new Capture({ tracefsPath, procfsPath: '/proc', instanceName: 'bench_rss_' + process.pid, log });
    const plan = nativeHooks.find(({ name }) => name === 'trace_syscalls').plan([], new EventCatalog(tracefsPath));
    const command = 'read go; exec dd if=/dev/zero of=/dev/null bs=1 count=5000000';
    const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'ignore', 'ignore'] });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    const spec = { id: 'm', plan, tids: [child.pid], file: ${JSON.stringify(join(directory, 'm.pfw.gz'))}, limits: {} };
    const run = await capture.start(spec, () => undefined);
    child.stdin.end('go\\n');
    await ended;
    const { counts } = await run.stop();
    const peakKb = Number(/^VmHWM:\\s*(\\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
    console.log(JSON.stringify({ total: counts.records + counts.lost, lost: counts.lost, peakKb }));
    await capture.close();
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'exit');
  const { total, lost, peakKb } = JSON.parse(output) as { total: number; lost: number; peakKb: number };
  return {
    name: 'peak memory of an agent, one session of 20 M events',
    measured: `${(peakKb / 1024).toFixed(0)} MiB`,
    baseline: `${(total / 1e6).toFixed(1)} M events, ${lost} lost`,
    ratio: '',
    target: '< 250 MB',
  };
}

/** What an untraced process pays while sessions trace others. */
async function untraced(stage: Stage): Promise<BenchRow[]> {
  const free = await withSessions(stage, 0);
  const one = await withSessions(stage, 1);
  const many = await withSessions(stage, 16);
  const ns = (seconds: number): string => `${((seconds * 1e9) / UNTRACED_BYTES / 2).toFixed(0)} ns`;
  return [
    {
      name: 'a system call of an untraced process, 16 sessions running',
      measured: ns(many),
      baseline: `one session: ${ns(one)}`,
      ratio: `${(many / one).toFixed(2)}×`,
      target: '≤ 1.3×',
    },
    {
      name: 'the same, one session running',
      measured: ns(one),
      baseline: `none: ${ns(free)}`,
      ratio: `${(one / free).toFixed(2)}×`,
      target: '',
    },
  ];
}

async function withSessions({ tracefsPath, plan, directory }: Stage, count: number): Promise<number> {
  const instanceName = `bench_cost_${process.pid}`;
  const capture = new Capture({ tracefsPath, procfsPath: '/proc', instanceName, log: silent });
  const sleepers = Array.from({ length: count }, () => spawn('sleep', ['1000'], { stdio: 'ignore' }));
  try {
    for (const [index, { pid }] of sleepers.entries()) {
      const file = join(directory, `cost${index}.pfw.gz`);
      await capture.start({ id: String(index), plan, tids: [pid ?? 0], file, limits: {} }, () => undefined);
    }
    let fastest = Infinity;
    for (let round = 0; round < ROUNDS; round++) fastest = Math.min(fastest, await copySeconds());
    return fastest;
  } finally {
    for (const sleeper of sleepers) sleeper.kill('SIGKILL');
    await capture.close();
  }
}

/** CPU time that a copy byte by byte takes, as the scheduler counts it. */
async function copySeconds(): Promise<number> {
  const script = `dd if=/dev/zero of=/dev/null bs=1 count=${UNTRACED_BYTES} 2>/dev/null & wait; cat /proc/$$/stat`;
  const child = spawn('/bin/sh', ['-c', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await once(child, 'close');
  // Fields 16 and 17: user and system time of children that were waited for, in ticks of 10 ms.
  const fields = output.slice(output.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / 100;
}
