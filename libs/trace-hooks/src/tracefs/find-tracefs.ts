import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { reasonOf, TracerError } from '@tracer/base';
import { runCommand } from '../external/hook-process.js';

/** Where the host's file systems are seen from here; `/sys` and `/proc` unless the agent runs in a container. */
export interface HostPaths {
  readonly sysfsPath: string;
  readonly procfsPath: string;
}

const MOUNT_PROGRAMS = ['/bin/mount', '/usr/bin/mount', '/sbin/mount'];
const MOUNT_DEADLINE_MS = 5000;

/** A tracefs, by what only a mounted one has. */
function isTracefs(path: string): boolean {
  return existsSync(join(path, 'trace_clock')) && existsSync(join(path, 'events'));
}

/** Mount points of tracefs, and of debugfs with the `tracing` it holds, as the host's mount table has them. */
function mountedPaths({ sysfsPath, procfsPath }: HostPaths): string[] {
  let table: string;
  try {
    table = readFileSync(join(procfsPath, 'mounts'), 'utf8');
  } catch {
    return []; // Without a mount table there is still the usual place.
  }
  return table.split('\n').flatMap((line) => {
    const [, point = '', type] = line.split(' ');
    if (type !== 'tracefs' && type !== 'debugfs') return [];
    const path = type === 'debugfs' ? join(point, 'tracing') : point;
    return [path.startsWith(`${sep}sys${sep}`) ? join(sysfsPath, path.slice('/sys'.length)) : path];
  });
}

/** The directory of the mounted tracefs, or undefined when none is mounted. Does not ask whether it may be used. */
export function findTracefs(host: HostPaths): string | undefined {
  return [join(host.sysfsPath, 'kernel', 'tracing'), ...mountedPaths(host)].find(isTracefs);
}

/** Why a tracefs cannot be used, or undefined. */
export function tracefsProblem(path: string): string | undefined {
  try {
    accessSync(join(path, 'instances'), constants.W_OK | constants.X_OK);
  } catch (error) {
    return `tracefs at ${path} must be writable, which takes root (or CAP_SYS_ADMIN): ${reasonOf(error)}`;
  }
  return pageProblem(path);
}

/** The page layout that the reader understands: 64-bit, little-endian. */
function pageProblem(path: string): string | undefined {
  const layout = pageLayout(path);
  if (layout === undefined)
    return `the ring buffer of this kernel has an unknown page layout (${path}/events/header_page)`;
  const isLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
  return isLittleEndian ? undefined : 'ring pages of big-endian machines are not understood';
}

/** Bytes of a ring page, from `events/header_page`; undefined when its fields are not where 64-bit kernels have them. */
export function pageLayout(tracefsPath: string): { readonly pageBytes: number } | undefined {
  let header: string;
  try {
    header = readFileSync(join(tracefsPath, 'events', 'header_page'), 'utf8');
  } catch {
    return undefined;
  }
  const commit = /field: local_t commit;\s*offset:8;\s*size:8;/.test(header);
  const data = /field: char data;\s*offset:16;\s*size:(\d+);/.exec(header)?.[1];
  return commit && data !== undefined ? { pageBytes: 16 + Number(data) } : undefined;
}

/**
 * Finds the tracefs, mounting it at its usual place when it is missing and that is allowed.
 * @throws TracerError HOOK_UNAVAILABLE with a reason that says what to do.
 */
export async function openTracefs(host: HostPaths, mayMount: boolean): Promise<string> {
  const path = findTracefs(host) ?? (mayMount ? await mountTracefs(host) : undefined);
  if (path === undefined) throw unavailable(absence(host));
  const problem = tracefsProblem(path);
  if (problem !== undefined) throw unavailable(problem);
  return path;
}

function absence(host: HostPaths): string {
  const usual = join(host.sysfsPath, 'kernel', 'tracing');
  if (!existsSync(usual)) return `this kernel offers no tracefs: there is no ${usual}`;
  return `tracefs is not mounted; run: mount -t tracefs nodev ${usual}`;
}

async function mountTracefs(host: HostPaths): Promise<string | undefined> {
  const target = join(host.sysfsPath, 'kernel', 'tracing');
  const program = MOUNT_PROGRAMS.find((file) => existsSync(file));
  if (program === undefined || !existsSync(target)) return undefined;
  const command = { file: program, args: ['-t', 'tracefs', 'nodev', target], cwd: sep, env: {} };
  const { code, problem, errors } = await runCommand(command, MOUNT_DEADLINE_MS, { maxLines: 10, maxLineBytes: 1000 });
  if (code === 0 && isTracefs(target)) return target;
  throw unavailable(
    `tracefs could not be mounted at ${target}: ${problem ?? (errors.join(' ') || `status ${String(code)}`)}`,
  );
}

function unavailable(reason: string): TracerError {
  return new TracerError('HOOK_UNAVAILABLE', reason);
}
