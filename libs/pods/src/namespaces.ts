import { readlinkSync } from 'node:fs';
import { type ProcessEntry, type ProcessTable, slicer } from './process-table.js';

export type NamespaceKind = 'pid' | 'uts' | 'mnt';

/** A namespace as `/proc/<pid>/ns/<kind>` names it, `pid:[4026531836]`; undefined when it may not be read. */
export function namespaceOf(procfsPath: string, pid: number | 'self', kind: NamespaceKind): string | undefined {
  try {
    return readlinkSync(`${procfsPath}/${pid}/ns/${kind}`);
  } catch {
    return undefined;
  }
}

/** The namespaces of the host itself; a kind that cannot be learnt is missing. */
export type HostNamespaces = Readonly<Partial<Record<NamespaceKind, string>>>;

/**
 * The host's namespaces are those of process 1. Where that is hidden even from root, a kernel thread has the same
 * ones (kthreadd is always process 2), and where there is none (a procfs of a container) our own must do.
 */
export function hostNamespaces(procfsPath: string, table: ProcessTable): HostNamespaces {
  const witnesses: (number | 'self')[] = table.get(2)?.isKernelThread === true ? [1, 2, 'self'] : [1, 'self'];
  const found: Partial<Record<NamespaceKind, string>> = {};
  for (const kind of ['pid', 'uts', 'mnt'] as const) {
    for (const witness of witnesses) {
      const namespace = namespaceOf(procfsPath, witness, kind);
      if (namespace === undefined) continue;
      found[kind] = namespace;
      break;
    }
  }
  return found;
}

/**
 * Finds containers that no cgroup names: processes in a PID namespace of their own that also have their own host name
 * or their own mounts. Either alone is no container: browsers give each tab a PID namespace, systemd gives services
 * private mounts.
 * @returns group name (its outermost PID namespace) → processes
 */
export async function groupByNamespace(
  procfsPath: string,
  candidates: Iterable<ProcessEntry>,
  host: HostNamespaces,
): Promise<Map<string, ProcessEntry[]>> {
  const own = new Map<number, { entry: ProcessEntry; pidNamespace: string }>();
  const pause = slicer();
  for (const entry of candidates) {
    const pidNamespace = ownNamespace(procfsPath, entry.pid, 'pid', host);
    if (pidNamespace !== undefined) own.set(entry.pid, { entry, pidNamespace });
    await pause();
  }
  const groups = new Map<string, ProcessEntry[]>();
  for (const { entry } of own.values()) {
    const name = outermost(entry.pid, own);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [entry]);
    else group.push(entry);
  }
  for (const [name, entries] of groups) {
    if (!entries.some(({ pid }) => hasOwnSurroundings(procfsPath, pid, host))) groups.delete(name);
  }
  return groups;
}

function hasOwnSurroundings(procfsPath: string, pid: number, host: HostNamespaces): boolean {
  return (['uts', 'mnt'] as const).some((kind) => ownNamespace(procfsPath, pid, kind, host) !== undefined);
}

function ownNamespace(procfsPath: string, pid: number, kind: NamespaceKind, host: HostNamespaces): string | undefined {
  if (host[kind] === undefined) return undefined;
  const namespace = namespaceOf(procfsPath, pid, kind);
  return namespace === host[kind] ? undefined : namespace;
}

/** A sandbox inside a container is part of it: follow the parents for as long as they are off the host, too. */
function outermost(pid: number, own: ReadonlyMap<number, { entry: ProcessEntry; pidNamespace: string }>): string {
  let name = '';
  const seen = new Set<number>();
  for (let at = own.get(pid); at !== undefined && !seen.has(at.entry.pid); at = own.get(at.entry.parentPid)) {
    seen.add(at.entry.pid);
    name = at.pidNamespace;
  }
  return name;
}
