import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTicksOf } from '../tracefs/leftovers.js';

/** A thread as `/proc` shows it. Plain data. */
export interface Task {
  readonly tid: number;
  readonly tgid: number;
  readonly comm: string;
}

/** Clock ticks per second that `/proc` counts in, on every Linux. */
const TICKS_PER_SECOND = 100;
const BATCH = 200;

/** A living thread; undefined when it is gone or a zombie. Thread ids are found too, though `/proc` does not list them. */
export function readTask(procfsPath: string, tid: number): Task | undefined {
  const text = readText(join(procfsPath, String(tid), 'status'));
  const tgid = Number(/^Tgid:\s*(\d+)/m.exec(text)?.[1]);
  if (!(tgid > 0) || /^State:\s*[ZX]/m.test(text)) return undefined;
  const comm = /^Name:\t(.*)$/m.exec(text)?.[1] ?? '';
  return { tid, tgid, comm: comm.replace(/\\n/g, '\n').replace(/\\\\/g, '\\') };
}

/** Parent process of a thread, 0 when unknown. */
export function parentOf(procfsPath: string, tid: number): number {
  return Number(/^PPid:\s*(\d+)/m.exec(readText(join(procfsPath, String(tid), 'status')))?.[1] ?? 0);
}

/** Reads many threads, letting others run in between. Those that are gone are left out. */
export async function readTasks(procfsPath: string, tids: readonly number[]): Promise<Task[]> {
  const tasks: Task[] = [];
  for (let at = 0; at < tids.length; at += BATCH) {
    if (at > 0) await new Promise(setImmediate);
    for (const tid of tids.slice(at, at + BATCH)) {
      const task = readTask(procfsPath, tid);
      if (task !== undefined) tasks.push(task);
    }
  }
  return tasks;
}

/** Now, in the clock that the start times of tasks are in. */
export function nowTicks(procfsPath: string): number {
  return Math.floor(Number(readText(join(procfsPath, 'uptime')).split(' ')[0]) * TICKS_PER_SECOND);
}

/** The threads of this process as the host numbers them. */
export function ownTids(procfsPath: string): number[] {
  return numbersIn(join(procfsPath, 'self', 'task'));
}

/**
 * Threads and child processes of `tasks` that began at or after `sinceTicks` and are not among them, and theirs in turn:
 * who slipped through between the listing of the tasks and the kernel beginning to follow their forks.
 */
export function bornSince(procfsPath: string, tasks: readonly Task[], sinceTicks: number): Task[] {
  const known = new Set(tasks.map((task) => task.tid));
  const born: Task[] = [];
  const meet = (tid: number): boolean => {
    if (known.has(tid) || !isYoung(procfsPath, tid, sinceTicks)) return false;
    known.add(tid);
    const task = readTask(procfsPath, tid);
    if (task !== undefined) born.push(task);
    return task !== undefined;
  };
  const queue = [...new Set(tasks.map((task) => task.tgid))];
  for (let tgid = queue.pop(); tgid !== undefined; tgid = queue.pop()) {
    for (const tid of numbersIn(join(procfsPath, String(tgid), 'task'))) {
      meet(tid);
      queue.push(...childrenOf(procfsPath, tgid, tid).filter(meet));
    }
  }
  return born;
}

function isYoung(procfsPath: string, tid: number, sinceTicks: number): boolean {
  const startTicks = startTicksOf(procfsPath, tid);
  return startTicks !== undefined && startTicks >= sinceTicks;
}

/** Needs CONFIG_PROC_CHILDREN; without it there is nobody to find. */
function childrenOf(procfsPath: string, tgid: number, tid: number): number[] {
  const text = readText(join(procfsPath, String(tgid), 'task', String(tid), 'children'));
  return text
    .split(' ')
    .map(Number)
    .filter((child) => child > 0);
}

function numbersIn(directory: string): number[] {
  try {
    return readdirSync(directory).map(Number);
  } catch {
    return []; // The process ended.
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // The task ended.
  }
}
