import { systemdUnitOf } from './cgroup-path.js';
import { parentsOf } from './container-members.js';
import { type HostIdentity, hostIdentity, hostNameOf } from './host-name.js';
import { type KubeletName, readKubeletNames } from './kubelet-logs.js';
import { groupByNamespace, hostNamespaces } from './namespaces.js';
import { type PodContainer, shortId, type UnkeyedPod } from './pod.js';
import type { ProcessEntry, ProcessTable } from './process-table.js';

export const HOST_POD = 'host';

/** What another source has named already. */
export interface Claimed {
  readonly pids: ReadonlySet<number>;
  readonly containerIds: ReadonlySet<string>;
}

/** A container as the process table shows it. */
interface Group {
  readonly containerId?: string;
  readonly podUid: string;
  readonly cgroup?: string;
  /** The first process started from outside comes first. */
  readonly entries: readonly ProcessEntry[];
}

interface World {
  readonly procfsPath: string;
  readonly table: ProcessTable;
  readonly host: HostIdentity;
  readonly kubelet: ReadonlyMap<string, KubeletName>;
}

/**
 * Finds pods in a process table alone.
 *
 * A container is a cgroup that a runtime named, or else a set of processes in a PID namespace of their own. Containers
 * of one pod uid make one pod; any other container is a pod by itself. Names, the first that can be had:
 *
 *   pod        kubelet's name, host name of one of its containers, short pod uid (container id, `ns-<PID namespace>`)
 *   container  kubelet's name, short container id, command of its first process
 *
 * All other processes but kernel threads are the pod `host` (if wanted): a container per systemd unit, or per command
 * for processes outside any unit. "Host" is what surrounds process 1, even if that is a container itself.
 */
export async function findPods(
  procfsPath: string,
  table: ProcessTable,
  options: { hostPod: boolean; claimed?: Claimed },
): Promise<UnkeyedPod[]> {
  const { contained, plain } = sortProcesses(table, options.claimed);
  const namespaces = hostNamespaces(procfsPath, table);
  const isolated = await groupByNamespace(procfsPath, plain, namespaces);
  const groups = [...contained.values()].map(cgroupGroup);
  for (const [namespace, entries] of isolated) {
    groups.push({ podUid: `ns-${namespace.replace(/\D/g, '')}`, entries: leaderFirst(entries) });
  }
  const world = {
    procfsPath,
    table,
    host: hostIdentity(procfsPath, namespaces),
    kubelet: readKubeletNames(procfsPath),
  };
  const pods = [...groupBy(groups, ({ podUid }) => podUid).values()].map((containers) => podOf(world, containers));
  if (!options.hostPod) return pods;
  const isolatedPids = new Set([...isolated.values()].flat().map(({ pid }) => pid));
  const host = hostPodOf(
    table,
    plain.filter(({ pid }) => !isolatedPids.has(pid)),
  );
  return host === undefined ? pods : [...pods, host];
}

function sortProcesses(
  table: ProcessTable,
  claimed: Claimed | undefined,
): { contained: Map<string, ProcessEntry[]>; plain: ProcessEntry[] } {
  const hostContainerId = table.get(1)?.place.container?.containerId;
  const contained = new Map<string, ProcessEntry[]>();
  const plain: ProcessEntry[] = [];
  for (const entry of table.values()) {
    const id = entry.place.container?.containerId;
    if (entry.isKernelThread || claimed?.pids.has(entry.pid) === true) continue;
    if (id === undefined || id === hostContainerId) plain.push(entry);
    else if (claimed?.containerIds.has(id) !== true) append(contained, id, entry);
  }
  return { contained, plain };
}

function cgroupGroup(entries: readonly ProcessEntry[]): Group {
  const sorted = leaderFirst(entries);
  const container = sorted[0]?.place.container;
  const containerId = container?.containerId ?? '';
  return { containerId, podUid: container?.podUid ?? containerId, cgroup: container?.path ?? '', entries: sorted };
}

/** Puts the oldest process whose parent is outside first: the init process of a container. */
function leaderFirst(entries: readonly ProcessEntry[]): ProcessEntry[] {
  const inside = new Set(entries.map(({ pid }) => pid));
  const rank = (entry: ProcessEntry): number => (inside.has(entry.parentPid) ? 1 : 0);
  return entries.toSorted((a, b) => rank(a) - rank(b) || a.startTicks - b.startTicks || a.pid - b.pid);
}

function podOf(world: World, groups: readonly Group[]): UnkeyedPod {
  const uid = groups[0]?.podUid ?? '';
  const kubelet = groups
    .map(({ containerId }) => world.kubelet.get(containerId ?? ''))
    .find((name) => name !== undefined);
  const containers = new Map<string, PodContainer>();
  for (const group of groups) {
    const container = containerOf(world, group);
    containers.set(container.name, container);
  }
  const name = kubelet?.pod ?? hostNameOfPod(world, groups) ?? (uid.startsWith('ns-') ? uid : shortId(uid));
  return { name, ...(kubelet && { namespace: kubelet.namespace }), uid, labels: {}, containers };
}

function hostNameOfPod({ procfsPath, host }: World, groups: readonly Group[]): string | undefined {
  for (const { entries } of groups) {
    const name = hostNameOf(
      procfsPath,
      entries.map(({ pid }) => pid),
      host,
    );
    if (name !== undefined) return name;
  }
  return undefined;
}

function containerOf({ table, kubelet }: World, { containerId, cgroup, entries }: Group): PodContainer {
  const members = membersOf(table, entries);
  if (containerId === undefined) return { name: entries[0]?.command ?? '', labels: {}, ...members };
  const name = kubelet.get(containerId)?.container ?? shortId(containerId);
  return { name, runtimeId: containerId, labels: {}, ...members, ...(cgroup !== undefined && { cgroup }) };
}

function hostPodOf(table: ProcessTable, entries: readonly ProcessEntry[]): UnkeyedPod | undefined {
  if (entries.length === 0) return undefined;
  const byName = groupBy(entries, ({ place, command }) => systemdUnitOf(place.lines) ?? command);
  const containers = new Map<string, PodContainer>();
  for (const [name, members] of byName) containers.set(name, { name, labels: {}, ...membersOf(table, members) });
  return { name: HOST_POD, labels: {}, containers };
}

function membersOf(table: ProcessTable, entries: readonly ProcessEntry[]): Pick<PodContainer, 'pids' | 'parents'> {
  const pids = entries.map(({ pid }) => pid).sort((a, b) => a - b);
  return { pids, parents: parentsOf(pids, (pid) => table.get(pid)?.parentPid) };
}

function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) append(groups, keyOf(item), item);
  return groups;
}

function append<T>(groups: Map<string, T[]>, key: string, item: T): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [item]);
  else group.push(item);
}
