import type { Dirent, BigIntStats } from 'node:fs';
import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { reasonOf } from '@tracer/base';

/** A trace file as the directory shows it; nothing of it has been read. */
export interface ListedFile {
  /** Below the directory, with `/`: the key of the file. */
  readonly path: string;
  /** Where it really is; never below a symbolic link. */
  readonly realPath: string;
  readonly sizeBytes: number;
  readonly modifiedNs: bigint;
  readonly inode: bigint;
}

/** Why an entry that is named like a trace file, or a directory, is not looked at. */
export type IgnoredReason = 'not a regular file' | 'link leaves the directory' | 'linked directory' | 'unreadable';

export interface Listing {
  /** Sorted by path. */
  readonly files: readonly ListedFile[];
  readonly directories: readonly string[];
  readonly ignored: readonly { readonly path: string; readonly reason: IgnoredReason; readonly detail?: string }[];
}

const TRACE_NAME = /\.pfw(\.gz)?$/;

/**
 * Lists the trace files below a directory. A link to a file inside the directory is a file of its own; links that leave
 * it and linked directories are not followed; FIFOs, sockets and directories that are named like traces are ignored,
 * never opened. One unreadable sub-directory does not hide the others.
 *
 * @throws when the directory itself cannot be read
 */
export async function listTraces(root: string): Promise<Listing> {
  const listing = new Lister(root, await realpath(root));
  await listing.directory(root);
  listing.files.sort((a, b) => (a.path < b.path ? -1 : 1));
  return listing;
}

/** The file of that key as it is now; `undefined` when there is none, or none that would be listed. */
export async function findTrace(root: string, key: string): Promise<ListedFile | undefined> {
  const path = resolve(root, key);
  if (!TRACE_NAME.test(key) || relative(root, path).split(sep).join('/') !== key) return undefined;
  const lister = new Lister(root, await realpath(root));
  await lister.entry(path);
  const [file] = lister.files;
  return file?.path === key ? file : undefined;
}

class Lister implements Listing {
  readonly files: ListedFile[] = [];
  readonly directories: string[] = [];
  readonly ignored: { path: string; reason: IgnoredReason; detail?: string }[] = [];

  constructor(
    private readonly root: string,
    private readonly realRoot: string,
  ) {}

  async directory(path: string): Promise<void> {
    this.directories.push(path);
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      if (path === this.root) throw error;
      this.#ignore(path, 'unreadable', reasonOf(error));
      return [];
    });
    await Promise.all(entries.map((entry) => this.#entry(entry, join(path, entry.name))));
  }

  /** Looks at one file by its path, which must not lead over links. */
  async entry(path: string): Promise<void> {
    const found = await lstat(path, { bigint: true }).catch(() => undefined);
    const direct = found && (await realpath(dirname(path))) === join(this.realRoot, relative(this.root, dirname(path)));
    if (direct && found.isSymbolicLink()) await this.#link(path, true);
    else if (direct && found.isFile()) this.#file(path, path, found);
  }

  async #entry(entry: Dirent, path: string): Promise<void> {
    const named = TRACE_NAME.test(entry.name);
    if (entry.isDirectory()) {
      if (named) this.#ignore(path, 'not a regular file');
      return this.directory(path);
    }
    if (entry.isSymbolicLink()) return this.#link(path, named);
    if (!named) return;
    if (entry.isFile()) this.#file(path, path, await lstat(path, { bigint: true }).catch(() => undefined));
    else this.#ignore(path, 'not a regular file');
  }

  async #link(path: string, named: boolean): Promise<void> {
    const target = await realpath(path).catch(() => undefined);
    const found = target === undefined ? undefined : await stat(target, { bigint: true }).catch(() => undefined);
    if (target === undefined || found === undefined) {
      if (named) this.#ignore(path, 'unreadable', 'the link leads nowhere');
    } else if (found.isDirectory()) this.#ignore(path, 'linked directory');
    else if (!named) return;
    else if (!target.startsWith(this.realRoot + sep)) this.#ignore(path, 'link leaves the directory');
    else if (found.isFile()) this.#file(path, target, found);
    else this.#ignore(path, 'not a regular file');
  }

  #file(path: string, realPath: string, found: BigIntStats | undefined): void {
    // It was removed between being listed and being looked at.
    if (found === undefined) return;
    this.files.push({
      path: this.#key(path),
      realPath,
      sizeBytes: Number(found.size),
      modifiedNs: found.mtimeNs,
      inode: found.ino,
    });
  }

  #ignore(path: string, reason: IgnoredReason, detail?: string): void {
    this.ignored.push({ path: this.#key(path), reason, ...(detail === undefined ? {} : { detail }) });
  }

  #key(path: string): string {
    return relative(this.root, path).split(sep).join('/');
  }
}
