import { type CgroupPlace, readCgroupPlace } from './cgroup-path.js';
import { parentsOf, pidsByCgroupPath, pidsInCgroup, withDescendants } from './container-members.js';
import { type ProcessTable, readIfThere, readProcessTable, readStat } from './process-table.js';

/** The processes of one container, as `PodContainer` has them. */
export interface Members {
  readonly pids: readonly number[];
  readonly parents: readonly number[];
  readonly cgroup?: string;
}

/** Ids shorter than this are not taken for unique when they are searched for in paths. */
const ID_LENGTH = 32;

/**
 * Finds all processes of containers whose id and, mostly, init process are known. Made for one scan: the process table
 * is read at most once, and only if the cgroup files do not suffice.
 *
 * An init process proves itself by a cgroup named after the container. One that does not may be a number from another
 * PID namespace (a runtime inside a container), so the id is searched for in all cgroups first; after that the number
 * is believed only if it is not known to be in another container.
 */
export class ContainerProcesses {
  readonly #procfsPath: string;
  readonly #sysfsPath: string;
  #table: Promise<ProcessTable> | undefined;

  constructor(procfsPath: string, sysfsPath: string) {
    this.#procfsPath = procfsPath;
    this.#sysfsPath = sysfsPath;
  }

  /** The process table of this scan. */
  table(): Promise<ProcessTable> {
    this.#table ??= readProcessTable(this.#procfsPath);
    return this.#table;
  }

  /** Never throws for what a single container lacks: it has no processes then. */
  async of(containerId: string, initPid: number | undefined): Promise<Members> {
    const place = initPid === undefined ? undefined : this.#placeOf(initPid);
    const cgroup = place && cgroupNamed(place, containerId);
    if (initPid === undefined || place === undefined || cgroup === undefined) {
      return this.#search(containerId, place === undefined ? undefined : initPid);
    }
    const listed = pidsInCgroup(this.#sysfsPath, place, cgroup, initPid);
    if (listed !== undefined) return this.#members(listed, cgroup);
    const table = await this.table();
    const pids = new Set([...pidsByCgroupPath(table, cgroup), ...withDescendants(table, [initPid])]);
    return this.#members(
      [...pids].sort((a, b) => a - b),
      cgroup,
    );
  }

  async #search(containerId: string, initPid: number | undefined): Promise<Members> {
    const table = await this.table();
    for (const { place } of table.values()) {
      const cgroup = cgroupNamed(place, containerId);
      if (cgroup !== undefined) return this.#members(pidsByCgroupPath(table, cgroup), cgroup);
    }
    const init = initPid === undefined ? undefined : table.get(initPid);
    const isBelievable =
      init !== undefined && init.pid !== 1 && !init.isKernelThread && init.place.container === undefined;
    return this.#members(isBelievable ? withDescendants(table, [init.pid]) : []);
  }

  /** Cgroups may still list processes that have ended; and any may have ended since it was found. */
  #members(found: readonly number[], cgroup?: string): Members {
    const parentOf = new Map<number, number>();
    for (const pid of found) {
      const stat = readStat(this.#procfsPath, pid);
      if (stat !== undefined) parentOf.set(pid, stat.parentPid);
    }
    const pids = [...parentOf.keys()];
    const parents = parentsOf(pids, (pid) => parentOf.get(pid));
    return cgroup === undefined ? { pids, parents } : { pids, parents, cgroup };
  }

  #placeOf(pid: number): CgroupPlace | undefined {
    const text = readIfThere(`${this.#procfsPath}/${pid}/cgroup`);
    return text === undefined ? undefined : readCgroupPlace(text);
  }
}

/** The cgroup that is named after a container: the path up to the component `<id>`, `<runtime>-<id>.scope`, `…:<id>`. */
function cgroupNamed({ lines }: CgroupPlace, containerId: string): string | undefined {
  if (containerId.length < ID_LENGTH) return undefined;
  for (const { path } of lines) {
    if (!path.includes(containerId)) continue;
    const components = path.split('/');
    const index = components.findIndex((component) => namesContainer(component, containerId));
    if (index >= 0) return components.slice(0, index + 1).join('/');
  }
  return undefined;
}

function namesContainer(component: string, containerId: string): boolean {
  const name = component.replace(/\.scope$/, '');
  if (!name.endsWith(containerId)) return false;
  const before = name.slice(0, -containerId.length);
  return before === '' || before.endsWith(':') || (before.endsWith('-') && !before.endsWith('conmon-'));
}
