import { accessSync, constants, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { reasonOf, TracerError } from '@tracer/base';

/** Where the database and the indexes live when TRACER_DATA_DIR does not say. */
export function defaultDataDirectory(env: Readonly<Record<string, string | undefined>>): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'tracer');
  if (process.getuid?.() === 0) return '/var/lib/tracer';
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'tracer');
}

/** Makes a directory and checks that files can be made in it. Throws STORAGE_FAILED naming the setting and the reason. */
export function writableDirectory(path: string, setting: string): string {
  const directory = resolve(path);
  try {
    mkdirSync(directory, { recursive: true });
    accessSync(directory, constants.W_OK | constants.X_OK);
    // root passes every access check, also on a file system that is mounted read-only.
    const probe = join(directory, `.probe-${process.pid}`);
    writeFileSync(probe, '');
    rmSync(probe);
    return directory;
  } catch (error) {
    throw new TracerError('STORAGE_FAILED', `${setting}: cannot write to ${directory}: ${reasonOf(error)}`);
  }
}

/**
 * Takes the directory for this process, until the returned function is called or the process ends. A lock left by a
 * process that is gone is taken over. Throws STORAGE_FAILED naming the process that holds it.
 */
export function lockDirectory(directory: string): () => void {
  const lock = join(directory, 'tracer.lock');
  const mine = `${lock}.${process.pid}`;
  writeFileSync(mine, `${process.pid} ${startOf(process.pid)}\n`);
  try {
    if (!linked(mine, lock)) {
      const [pid = '', start = ''] = readFileSync(lock, 'utf8').trim().split(' ');
      if (startOf(Number(pid)) === start && start !== '')
        throw new TracerError(
          'STORAGE_FAILED',
          `${directory} is in use by another tracer (process ${pid}); stop it, or set TRACER_DATA_DIR and the ports`,
        );
      rmSync(lock);
      linkSync(mine, lock);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  return () => {
    rmSync(lock, { force: true });
  };
}

/** A hard link is made or refused in one step, so that two starts at the same moment cannot both win. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}

/** When a process started, to tell it from a later one with the same id; empty when there is none. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return processExists(pid) ? 'running' : '';
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux';
  } catch {
    return false;
  }
}
