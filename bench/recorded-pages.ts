import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readSync, readvSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { LINEAGE_EVENTS } from '../libs/trace-hooks/src/capture/lineage.js';
import type { EventCatalog } from '../libs/trace-hooks/src/event-format.js';
import { TracefsInstance } from '../libs/trace-hooks/src/tracefs/instance.js';

const PAGE_BYTES = 4096;
const BATCH_PAGES = 16;

export interface Recording {
  readonly tid: number;
  /** All pages of each CPU, one after the other. */
  readonly cpus: ReadonlyMap<number, Buffer>;
  /** CPU seconds that reading the pages took. */
  readonly readSeconds: number;
}

/** CPU time of this process since `start`, s. */
export function cpuSeconds(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e6;
}

/** Every system call, and what the capture always records. */
export function allEvents(catalog: EventCatalog): string[] {
  const calls = catalog.syscalls().flatMap((name) => [`syscalls/sys_enter_${name}`, `syscalls/sys_exit_${name}`]);
  return [...Object.values(LINEAGE_EVENTS), ...calls];
}

/** Runs a shell command with all its system calls recorded, and lets `read` take what the rings hold afterwards. */
export async function recordCommand<T>(
  catalog: EventCatalog,
  command: string,
  bufferKb: number,
  read: (instance: TracefsInstance, tid: number) => T,
): Promise<T> {
  const instance = await TracefsInstance.create(catalog.tracefsPath, `bench_${process.pid}`, bufferKb);
  try {
    const child = spawn('/bin/sh', ['-c', `read go; ${command}`], { stdio: ['pipe', 'ignore', 'ignore'] });
    const tid = child.pid ?? 0;
    await instance.addTids([tid]);
    await instance.setEvents(new Set(allEvents(catalog)));
    await instance.setRecording(true);
    const exited = once(child, 'exit');
    child.stdin.end('go\n');
    await exited;
    await instance.setRecording(false);
    await sleep(10);
    return read(instance, tid);
  } finally {
    await instance.remove();
  }
}

export async function recordPages(catalog: EventCatalog, command: string, bufferKb: number): Promise<Recording> {
  return recordCommand(catalog, command, bufferKb, (instance, tid) => {
    const files = instance.openCpus();
    const start = process.cpuUsage();
    const cpus = new Map(files.map(({ cpu, pages }) => [cpu, readAll(pages)]));
    return { tid, cpus, readSeconds: cpuSeconds(start) };
  });
}

function readAll(fd: number): Buffer {
  const batches: Buffer[] = [];
  for (let bytes = -1; bytes !== 0;) {
    const batch = Buffer.allocUnsafe(PAGE_BYTES * BATCH_PAGES);
    const views = Array.from({ length: BATCH_PAGES }, (_, at) =>
      batch.subarray(at * PAGE_BYTES, (at + 1) * PAGE_BYTES),
    );
    bytes = orNothing(() => readvSync(fd, views));
    if (bytes > 0) batches.push(batch.subarray(0, bytes));
  }
  return Buffer.concat(batches);
}

/** Hands over the text of the rings, in pieces as the kernel gives them. */
export function readText(instance: TracefsInstance, onText: (text: string) => void): void {
  const fd = openSync(join(instance.path, 'trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK);
  const piece = Buffer.allocUnsafe(64 << 10);
  try {
    for (let bytes = -1; bytes !== 0;) {
      bytes = orNothing(() => readSync(fd, piece));
      onText(piece.toString('latin1', 0, bytes));
    }
  } finally {
    closeSync(fd);
  }
}

function orNothing(read: () => number): number {
  try {
    return read();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 0;
    throw error;
  }
}
