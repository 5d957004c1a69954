import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs';
import { hostname } from 'node:os';
import { type HostNamespaces, namespaceOf } from './namespaces.js';
import { readIfThere } from './process-table.js';

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;
const HOST_NAME_FILE = 'etc/hostname';
const FILE_LIMIT_BYTES = 256;
/** How many processes of a container are asked before its host name counts as unknown. */
const PROCESSES_TO_ASK = 3;

/** What is known of the host's own name, so that a container that merely inherited it is not named after it. */
export interface HostIdentity {
  readonly namespaces: HostNamespaces;
  readonly names: ReadonlySet<string>;
  /** The host's `/etc/hostname`. */
  readonly file?: Stats;
}

export function hostIdentity(procfsPath: string, namespaces: HostNamespaces): HostIdentity {
  const isOurs = namespaces.uts !== undefined && namespaceOf(procfsPath, 'self', 'uts') === namespaces.uts;
  const inherited = [hostNameFromEnvironment(procfsPath, 1), ...(isOurs ? [hostname()] : [])];
  const names = new Set(inherited.filter((name) => name !== undefined));
  const file =
    statIfThere(`${procfsPath}/1/root/${HOST_NAME_FILE}`) ?? (isOurs ? statIfThere(`/${HOST_NAME_FILE}`) : undefined);
  return file === undefined ? { namespaces, names } : { namespaces, names, file };
}

/**
 * The host name of a container, from the first of its processes that tells: `HOSTNAME` in its environment (runtimes set
 * it), else the `/etc/hostname` it sees (runtimes mount it). Undefined when the container shares the host's name.
 *
 * The kernel has no file that shows the host name of another UTS namespace, and joining one needs a system call that
 * Node does not offer.
 */
export function hostNameOf(procfsPath: string, pids: readonly number[], host: HostIdentity): string | undefined {
  for (const pid of pids.slice(0, PROCESSES_TO_ASK)) {
    const uts = namespaceOf(procfsPath, pid, 'uts');
    if (uts !== undefined && uts === host.namespaces.uts) continue;
    const name = hostNameFromEnvironment(procfsPath, pid);
    if (name !== undefined && !host.names.has(name)) return name;
    const fromFile = hostNameFromFile(`${procfsPath}/${pid}/root/${HOST_NAME_FILE}`, host);
    if (fromFile !== undefined) return fromFile;
  }
  return undefined;
}

function hostNameFromEnvironment(procfsPath: string, pid: number): string | undefined {
  const environment = readIfThere(`${procfsPath}/${pid}/environ`);
  const variable = environment?.split('\0').find((entry) => entry.startsWith('HOSTNAME='));
  return valid(variable?.slice('HOSTNAME='.length));
}

/**
 * Reads a file that a container controls: only a regular file (a FIFO would block us, a device might act on being
 * opened), no link (it would be followed on the host), and not more than a name needs.
 */
function hostNameFromFile(path: string, host: HostIdentity): string | undefined {
  const before = statIfThere(path);
  if (before === undefined || !before.isFile() || isSameFile(before, host.file)) return undefined;
  let descriptor: number;
  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
  try {
    if (!isSameFile(before, fstatSync(descriptor))) return undefined;
    const bytes = Buffer.alloc(FILE_LIMIT_BYTES);
    return valid(bytes.toString('utf8', 0, readSync(descriptor, bytes)).trim());
  } catch {
    return undefined;
  } finally {
    closeSync(descriptor);
  }
}

function isSameFile(one: Stats, other: Stats | undefined): boolean {
  return one.dev === other?.dev && one.ino === other.ino;
}

function statIfThere(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

function valid(name: string | undefined): string | undefined {
  return name !== undefined && HOST_NAME.test(name) ? name : undefined;
}
