import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { reasonOf, TracerError } from '@tracer/base';
import type { FileIdentity } from '../query/file-facts.js';

export interface OpenFile {
  readonly handle: FileHandle;
  readonly identity: FileIdentity;
}

/**
 * Opens a regular file for reading; the caller closes the handle. A FIFO is refused instead of waited for.
 *
 * @throws TracerError NOT_FOUND when there is no such file, STORAGE_FAILED when it cannot be read or is none
 */
export async function openFile(path: string): Promise<OpenFile> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw openError(error);
  });
  try {
    const stat = await handle.stat({ bigint: true });
    if (!stat.isFile()) throw new TracerError('STORAGE_FAILED', 'not a regular file');
    return { handle, identity: { sizeBytes: Number(stat.size), modifiedNs: stat.mtimeNs, inode: stat.ino } };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

function openError(error: unknown): TracerError {
  const code = errorCodeOf(error);
  if (code === 'ENOENT') return new TracerError('NOT_FOUND', 'the file is gone', { cause: error });
  const reason = code === 'EACCES' || code === 'EPERM' ? 'permission denied' : reasonOf(error);
  return new TracerError('STORAGE_FAILED', `the file cannot be opened: ${reason}`, { cause: error });
}

export function sameIdentity(a: FileIdentity, b: FileIdentity): boolean {
  return a.sizeBytes === b.sizeBytes && a.modifiedNs === b.modifiedNs && a.inode === b.inode;
}

/** Whether what was known of a file still holds for a part of it: it is the same, or it has only grown. */
export function sameOrGrown(known: FileIdentity, now: FileIdentity): boolean {
  return sameIdentity(known, now) || (known.inode === now.inode && now.sizeBytes > known.sizeBytes);
}

/** Node's error code (`ENOENT`, `Z_DATA_ERROR`) of anything that was thrown. */
export function errorCodeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
