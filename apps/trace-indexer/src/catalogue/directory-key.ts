/** Files by their directory. */
export interface DirectoryKey {
  /** Path below the trace directory, '' for that one itself. */
  readonly directory: string;
  /** Whether directories below it count, too. */
  readonly deep: boolean;
}

/**
 * What a key that names a directory means: `job7/` the files directly in it, `job7/**` those in directories below it as well;
 * `./` and `**` begin at the trace directory. `undefined` for the key of a file, which never ends so.
 */
export function directoryKey(key: string): DirectoryKey | undefined {
  const deep = key === '**' || key.endsWith('/**');
  if (!deep && !key.endsWith('/')) return undefined;
  const directory = key.slice(0, Math.max(0, key.length - (deep ? 3 : 1)));
  return { directory: directory === '.' ? '' : directory, deep };
}

/** Whether a file, by its path below the trace directory, belongs to it. */
export function isInside(path: string, { directory, deep }: DirectoryKey): boolean {
  const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
  if (!deep || parent === directory) return parent === directory;
  return directory === '' || parent.startsWith(`${directory}/`);
}
