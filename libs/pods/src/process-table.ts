import { readdirSync, readFileSync } from 'node:fs';
import { reasonOf, TracerError } from '@tracer/base';
import { type CgroupPlace, readCgroupPlace } from './cgroup-path.js';

/** One process, as `/proc/<pid>/stat` and `/proc/<pid>/cgroup` tell. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parentPid: number;
  readonly command: string;
  readonly isKernelThread: boolean;
  /** Start time in clock ticks since boot: with the pid it names a process for good. */
  readonly startTicks: number;
  readonly place: CgroupPlace;
}

export type ProcessTable = ReadonlyMap<number, ProcessEntry>;

/** Longest stretch of work before other events get their turn. One file of /proc costs about 10 µs. */
const SLICE_MS = 10;
const PF_KTHREAD = 0x0020_0000;

/**
 * Reads all processes that `procfsPath` shows. Those that vanish meanwhile are left out, and so are those that have
 * ended and only wait for their parent to notice.
 *
 * The files are read synchronously, which is several times cheaper than an await for each, and the event loop gets its
 * turn every 10 ms.
 * @throws TracerError `PODS_UNREADABLE` when the directory itself cannot be listed
 */
export async function readProcessTable(procfsPath: string): Promise<ProcessTable> {
  const places = new Map<string, CgroupPlace>();
  const table = new Map<number, ProcessEntry>();
  const pause = slicer();
  for (const pid of pidsIn(procfsPath)) {
    const entry = readProcess(procfsPath, pid, places);
    if (entry !== undefined) table.set(pid, entry);
    await pause();
  }
  return table;
}

/** Returns a function that gives way to other events once a slice of time is used up. */
export function slicer(): () => Promise<void> | undefined {
  let sliceStart = performance.now();
  return () => {
    if (performance.now() - sliceStart < SLICE_MS) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        sliceStart = performance.now();
        resolve();
      });
    });
  };
}

function pidsIn(procfsPath: string): number[] {
  let names: string[];
  try {
    names = readdirSync(procfsPath);
  } catch (error) {
    throw new TracerError('PODS_UNREADABLE', `procfs path ${procfsPath}: ${reasonOf(error)}`, { cause: error });
  }
  return names.filter((name) => /^\d+$/.test(name)).map(Number);
}

/** `places` keeps the readings of equal cgroup files: a host has thousands of processes and dozens of cgroups. */
function readProcess(procfsPath: string, pid: number, places: Map<string, CgroupPlace>): ProcessEntry | undefined {
  const fields = readStat(procfsPath, pid);
  if (fields === undefined) return undefined;
  const text = readIfThere(`${procfsPath}/${pid}/cgroup`) ?? '';
  let place = places.get(text);
  if (place === undefined) {
    place = readCgroupPlace(text);
    places.set(text, place);
  }
  return { pid, ...fields, place };
}

export type ProcessStat = Omit<ProcessEntry, 'pid' | 'place'>;

/** What `/proc/<pid>/stat` tells; undefined for a process that is gone or has ended. */
export function readStat(procfsPath: string, pid: number): ProcessStat | undefined {
  const stat = readIfThere(`${procfsPath}/${pid}/stat`);
  return stat === undefined ? undefined : parseStat(stat);
}

/**
 * `pid (comm) state ppid pgrp session tty tpgid flags … num_threads(20) itrealvalue starttime(22)`: proc_pid_stat(5).
 * The command is taken up to the last parenthesis, because it may contain any character itself.
 */
function parseStat(stat: string): ProcessStat | undefined {
  const open = stat.indexOf('(');
  const close = stat.lastIndexOf(')');
  const rest = stat.slice(close + 2).split(' ');
  const startTicks = Number(rest[19]);
  if (open < 0 || close < open || !Number.isFinite(startTicks)) return undefined;
  // A main thread may end before the others: then it is a zombie and the process is not.
  if (rest[0] === 'Z' && Number(rest[17]) <= 1) return undefined;
  return {
    command: stat.slice(open + 1, close),
    parentPid: Number(rest[1]),
    isKernelThread: (Number(rest[6]) & PF_KTHREAD) !== 0,
    startTicks,
  };
}

/** The text of a file, or undefined: processes end at any time, and some of their files need more rights than we have. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
