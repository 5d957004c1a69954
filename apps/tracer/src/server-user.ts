import { lchownSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { TracerError } from '@tracer/base';

/** `nobody` on every Linux distribution; PostgreSQL refuses to run as root, and no user has to be created for it. */
const NOBODY = 65_534;

/** The user that the database server runs as. */
export interface ServerUser {
  /** For `spawn`; empty when the server runs as the caller. */
  readonly credentials: { readonly uid?: number; readonly gid?: number };
}

/**
 * The caller, or `nobody` when the caller is root. Throws STORAGE_FAILED naming the directory when `nobody` could not
 * reach the data directory.
 */
export function serverUser(dataDirectory: string): ServerUser {
  if (process.getuid?.() !== 0) return { credentials: {} };
  const closed = closedParent(dataDirectory);
  if (closed !== undefined)
    throw new TracerError(
      'STORAGE_FAILED',
      `the database runs as the user nobody, which may not enter ${closed}; set TRACER_DATA_DIR to a directory that is reachable, such as /var/lib/tracer`,
    );
  return { credentials: { uid: NOBODY, gid: NOBODY } };
}

/** The first directory on the way to `path`, itself included, that other users may not enter. */
export function closedParent(path: string): string | undefined {
  const chain: string[] = [];
  for (let at = resolve(path); ; at = dirname(at)) {
    chain.unshift(at);
    if (at === dirname(at)) break;
  }
  return chain.find((directory) => (statSync(directory).mode & 0o001) === 0);
}

/** Makes the server's user the owner of a path. */
export function giveTo({ credentials: { uid, gid } }: ServerUser, path: string): void {
  if (uid !== undefined && gid !== undefined) lchownSync(path, uid, gid);
}
