/** Finds the hook groups below a directory: every directory that holds an executable file `manager.*`. */
import { accessSync, constants, readdirSync, statSync, type Dirent } from 'node:fs';
import { join, resolve } from 'node:path';
import { reasonOf } from '@tracer/base';

/** Deeper trees and more groups than these are a mistake (a file system root, say), not a hook directory. */
const MAX_DEPTH = 16;
export const MAX_GROUPS = 256;
const MANAGER_PREFIX = 'manager.';

export interface FoundGroup {
  /** The key of the group: its path as walked from the directory that was given, `hooks/ftrace`. */
  readonly group: string;
  /** The same directory, absolute: the working directory of its manager. */
  readonly path: string;
  /** `manager.py` */
  readonly manager: string;
  /** Why the manager can't be run. */
  readonly problem?: string;
}

export interface Discovery {
  readonly groups: readonly FoundGroup[];
  /** Directories that could not be read, with the reason. */
  readonly problems: ReadonlyMap<string, string>;
}

/**
 * Walks in name order. Names that begin with a dot are skipped, symbolic links to directories are not followed, and of
 * several managers in one directory the last one by name counts.
 */
export function findGroups(directory: string): Discovery {
  const groups: FoundGroup[] = [];
  const problems = new Map<string, string>();
  const walk = (group: string, depth: number): void => {
    const entries = entriesOf(group);
    if (typeof entries === 'string') {
      problems.set(group, entries);
      return;
    }
    const manager = entries.findLast((entry) => isManager(entry));
    if (manager !== undefined) {
      if (groups.length >= MAX_GROUPS) problems.set(group, `more than ${MAX_GROUPS} hook groups`);
      else groups.push(foundGroup(group, manager.name));
    }
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      if (depth >= MAX_DEPTH) problems.set(join(group, entry.name), `deeper than ${MAX_DEPTH} directories`);
      else walk(join(group, entry.name), depth + 1);
    }
  };
  walk(directory, 0);
  return { groups, problems };
}

function entriesOf(directory: string): Dirent[] | string {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.'))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    return reasonOf(error);
  }
}

function isManager(entry: Dirent): boolean {
  return !entry.isDirectory() && entry.name.startsWith(MANAGER_PREFIX);
}

function foundGroup(group: string, manager: string): FoundGroup {
  const path = resolve(group);
  const problem = cannotRun(join(path, manager));
  return { group, path, manager, ...(problem === undefined ? {} : { problem: `${manager}: ${problem}` }) };
}

function cannotRun(file: string): string | undefined {
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return 'not a regular file';
    // Root may "execute" everything by access(2) as soon as one x bit is set, and nothing if none is.
    accessSync(file, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'not executable' : reasonOf(error);
  }
}
