import { readdirSync, readFileSync, readlinkSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '@tracer/base';

const ATTEMPTS = 50;
const PAUSE_MS = 20;
/** `<prefix>_<pid>_<start>`: the owner can be told from another process that has its id by now. */
const OWNED = /_(\d+)_(\d+)(?:_host)?$/;

/** Start of a process in clock ticks since boot, field 22 of `stat`; undefined when there is no such process. */
export function startTicksOf(procfsPath: string, pid: number | string): number | undefined {
  let stat: string;
  try {
    stat = readFileSync(join(procfsPath, String(pid), 'stat'), 'latin1');
  } catch {
    return undefined; // It ended, or never was.
  }
  // The name in parentheses may contain anything, spaces and parentheses too; the state is field 3.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : Number(fields[19]);
}

/**
 * A name for the instance of this process, so that another agent's can be told from the remains of a dead one.
 * @param procfsPath the host's `/proc`, whose `self` is this process as the host numbers it
 */
export function instanceNameFor(prefix: string, procfsPath: string): string {
  return `${prefix}_${readlinkSync(join(procfsPath, 'self'))}_${startTicksOf(procfsPath, 'self') ?? 0}`;
}

/**
 * Removes the instances of agents that died without cleaning up. An instance of a living process stays: its name says
 * whose it is, and one whose files are open cannot be removed anyway.
 * @returns how many were removed
 */
export function removeLeftovers(tracefsPath: string, prefix: string, log: Log, procfsPath: string): number {
  let names: string[];
  try {
    names = readdirSync(join(tracefsPath, 'instances'));
  } catch {
    return 0; // No tracefs, no left-overs; who wants to trace is told elsewhere.
  }
  const dead = names.filter((name) => name.startsWith(prefix) && !isOwnerAlive(name, procfsPath));
  return dead.filter((name) => removeInstance(join(tracefsPath, 'instances', name), log)).length;
}

function isOwnerAlive(name: string, procfsPath: string): boolean {
  const [, pid, start] = OWNED.exec(name) ?? [];
  return pid !== undefined && startTicksOf(procfsPath, pid) === Number(start);
}

/**
 * Removes an instance, waiting a moment (and blocking the thread) for the files of who was just killed to close.
 * @returns false when it stays, or was not there
 */
export function removeInstance(path: string, log: Log): boolean {
  for (let attempt = 1; ; attempt++) {
    const problem = tryRemove(path);
    if (problem === undefined) {
      log.info({ instance: path }, 'removed a left-over tracefs instance');
      return true;
    }
    if (problem.code === 'ENOENT') return false;
    if (problem.code !== 'EBUSY' || attempt === ATTEMPTS) {
      log.warn({ instance: path, reason: problem.message }, 'a tracefs instance stays behind');
      return false;
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

function tryRemove(path: string): NodeJS.ErrnoException | undefined {
  try {
    rmdirSync(path);
    return undefined;
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
}
