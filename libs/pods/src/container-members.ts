import { readdirSync } from 'node:fs';
import type { CgroupLine, CgroupPlace } from './cgroup-path.js';
import { type ProcessTable, readIfThere } from './process-table.js';

/** Deeper nesting than any real container has; a loop made of bind mounts must end somewhere. */
const DEPTH_LIMIT = 32;

/**
 * All processes below the cgroup `path`, read from the cgroup file system.
 *
 * `place` is the reading of a process known to be in there (`witness`): it tells which hierarchies carry the path.
 * Undefined when the files are not visible or do not list the witness, as under another cgroup or PID namespace than
 * the one that procfs was mounted in; then the numbers would mean other processes.
 */
export function pidsInCgroup(
  sysfsPath: string,
  place: CgroupPlace,
  path: string,
  witness: number,
): number[] | undefined {
  for (const line of place.lines) {
    if (!isWithin(line.path, path)) continue;
    for (const root of hierarchyRoots(sysfsPath, line)) {
      const pids = new Set<number>();
      collectPids(`${root}${path}`, pids, DEPTH_LIMIT);
      if (pids.has(witness)) return ascending(pids);
    }
  }
  return undefined;
}

/** All processes of the table whose cgroup is `path` or below it, in any hierarchy. */
export function pidsByCgroupPath(table: ProcessTable, path: string): number[] {
  const pids: number[] = [];
  for (const { pid, place } of table.values()) {
    if (place.lines.some((line) => isWithin(line.path, path))) pids.push(pid);
  }
  return ascending(pids);
}

/** The processes among `roots` and all their descendants. */
export function withDescendants(table: ProcessTable, roots: readonly number[]): number[] {
  const children = new Map<number, number[]>();
  for (const { pid, parentPid } of table.values()) {
    const siblings = children.get(parentPid);
    if (siblings === undefined) children.set(parentPid, [pid]);
    else siblings.push(pid);
  }
  const found = new Set<number>();
  const open = roots.filter((pid) => table.has(pid));
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    if (found.has(pid)) continue;
    found.add(pid);
    open.push(...(children.get(pid) ?? []));
  }
  return ascending(found);
}

/** Parents of the processes that are not among them, each once, in the order of the processes; 0 is no process. */
export function parentsOf(pids: readonly number[], parentOf: (pid: number) => number | undefined): number[] {
  const inside = new Set(pids);
  const parents = new Set<number>();
  for (const pid of pids) {
    const parent = parentOf(pid);
    if (parent !== undefined && parent > 0 && !inside.has(parent)) parents.add(parent);
  }
  return [...parents];
}

function isWithin(path: string, ancestor: string): boolean {
  return path === ancestor || path.startsWith(`${ancestor}/`);
}

/** Where a hierarchy may be mounted: v2 alone, v2 beside v1, or v1 under one or all of its controllers' names. */
function hierarchyRoots(sysfsPath: string, { controllers }: CgroupLine): string[] {
  const base = `${sysfsPath}/fs/cgroup`;
  if (controllers === '') return [base, `${base}/unified`];
  const names = controllers.replace(/^name=/, '');
  return [...new Set([names, ...names.split(',')])].map((name) => `${base}/${name}`);
}

function collectPids(directory: string, pids: Set<number>, depth: number): void {
  for (const line of readIfThere(`${directory}/cgroup.procs`)?.split('\n') ?? []) {
    // 0 stands for a process outside our PID namespace.
    if (line !== '' && line !== '0') pids.add(Number(line));
  }
  if (depth === 0) return;
  for (const name of subdirectories(directory)) collectPids(`${directory}/${name}`, pids, depth - 1);
}

function subdirectories(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) =>
      entry.isDirectory() ? [entry.name] : [],
    );
  } catch {
    return [];
  }
}

function ascending(pids: Iterable<number>): number[] {
  return [...pids].sort((a, b) => a - b);
}
