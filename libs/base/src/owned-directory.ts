import { accessSync, constants, existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { reasonOf, TracerError } from './tracer-error.js';

/** Makes a directory if needed and checks that files can be made in it. Throws STORAGE_FAILED naming setting and reason. */
export function writableDirectory(path: string, setting: string): string {
  const directory = resolve(path);
  try {
    makeDirectory(directory);
    accessSync(directory, constants.W_OK | constants.X_OK);
    // Every access check lets root pass, also on a file system that is mounted read-only.
    const probe = join(directory, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
    return directory;
  } catch (error) {
    throw new TracerError('STORAGE_FAILED', `${setting}: cannot write to ${directory}: ${reasonOf(error)}`);
  }
}

/** Not `recursive`: on file systems that refuse new directories with ENOENT, such as /proc, Node tries that for ever. */
function makeDirectory(path: string): void {
  if (existsSync(path)) return;
  makeDirectory(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

export interface DirectoryLock {
  /** Name of the lock file in the directory. */
  readonly file: string;
  /** What to tell somebody who comes second. */
  readonly refusal: (directory: string, pid: string) => string;
}

/**
 * Takes a directory for this process until the returned function is called. What a process that is gone left behind is
 * taken over. Throws STORAGE_FAILED with the refusal when a running process has it.
 */
export function lockDirectory(directory: string, { file, refusal }: DirectoryLock): () => void {
  const lock = join(directory, file);
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, `${process.pid} ${startOf(process.pid)}\n`);
  try {
    for (let attempt = 0; !linked(mine, lock); attempt++) {
      const [pid = '', start = ''] = readFileSync(lock, 'utf8').trim().split(' ');
      if (attempt > 0 || (start !== '' && startOf(Number(pid)) === start))
        throw new TracerError('STORAGE_FAILED', refusal(directory, pid));
      rmSync(lock, { force: true });
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    rmSync(lock, { force: true });
  };
}

/** Making a hard link succeeds for one of several processes only. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * When a process started, in clock ticks since boot, to tell it from a later one of its number; empty if it is gone.
 * Where there is no /proc, a process that exists counts as the one that was meant.
 */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return process.platform !== 'linux' && isRunning(pid) ? 'running' : '';
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
