import { readdirSync, readFileSync } from 'node:fs';

const MAX_DESCENDANTS = 1024;
/** Place of `starttime` in /proc/<pid>/stat, counted after the command name, which may hold anything. */
const START_TIME_AFTER_COMM = 19;

/** A process, told apart from a later one of the same number by the time it was started. */
export interface ProcessRef {
  readonly pid: number;
  readonly startTime: string;
}

/** A process as it is now; undefined if there is none of this number. */
export function processRefOf(pid: number, procfsPath = '/proc'): ProcessRef | undefined {
  const startTime = startTimeOf(pid, procfsPath);
  return startTime === undefined ? undefined : { pid, startTime };
}

/**
 * All living descendants of a process, in whatever session or group they are. A manager may start its tracer in a new
 * session; when such a manager has to be killed, its tracer must not stay behind.
 */
export function descendantsOf(pid: number, procfsPath = '/proc'): ProcessRef[] {
  const seen = new Set([pid]);
  const found: ProcessRef[] = [];
  for (const parent of seen) {
    for (const child of childrenOf(parent, procfsPath)) {
      const startTime = startTimeOf(child, procfsPath);
      if (startTime === undefined || seen.has(child) || found.length >= MAX_DESCENDANTS) continue;
      seen.add(child);
      found.push({ pid: child, startTime });
    }
  }
  return found;
}

/** Whether the process is still the one that was seen. */
export function stillRuns(process: ProcessRef, procfsPath = '/proc'): boolean {
  return startTimeOf(process.pid, procfsPath) === process.startTime;
}

function childrenOf(pid: number, procfsPath: string): number[] {
  try {
    return readdirSync(`${procfsPath}/${pid}/task`).flatMap((tid) =>
      readFileSync(`${procfsPath}/${pid}/task/${tid}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    // Gone between two reads, or a kernel without the children file: nobody to name.
    return [];
  }
}

function startTimeOf(pid: number, procfsPath: string): string | undefined {
  try {
    const stat = readFileSync(`${procfsPath}/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME_AFTER_COMM];
  } catch {
    return undefined;
  }
}
