/**
 * Files as the routes take them by `file`: a path, `job7/` for the files of a directory, `job7/**` for those below it, too.
 * `./` and `**` begin at the trace directory. No key at all means every file.
 */
export type FileKey = string;

/** Directory of a file, '' for the trace directory itself. */
export const directoryOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** The files directly in a directory, '' being the trace directory. */
export const filesIn = (directory: string): FileKey => `${directory === '' ? '.' : directory}/`;

/** The files of a directory and of all below it. */
export const filesBelow = (directory: string): FileKey => (directory === '' ? '**' : `${directory}/**`);

/** What an address names: files by `file`, else a directory by `dir`; in links of before, the latter ends without `/`. */
export function keysOf(query: URLSearchParams): FileKey[] {
  const named = query.getAll('file');
  const directory = query.get('dir');
  if (named.length > 0 || directory === null) return named;
  return [/(?:\/|\*\*)$/.test(directory) ? directory : filesIn(directory)];
}

export function isDirectoryKey(key: FileKey): boolean {
  return key.endsWith('/') || key === '**' || key.endsWith('/**');
}

/** Tells whether a file is chosen; asked of thousands of files, so that single files are looked up, not searched for. */
export function chosenBy(keys: readonly FileKey[]): (path: string) => boolean {
  if (keys.length === 0) return () => true;
  const single = new Set(keys);
  const directories = keys.filter(isDirectoryKey);
  return (path) => single.has(path) || directories.some((key) => isInside(path, key));
}

function isInside(path: string, key: FileKey): boolean {
  const named = key.replace(/(?:\/?\*\*|\/)$/, '').replace(/^\.$/, '');
  const directory = directoryOf(path);
  if (directory === named) return true;
  return key.endsWith('**') && (named === '' || directory.startsWith(`${named}/`));
}

/** The shortest keys of a choice: a directory all of whose files are chosen stands for them. */
export function shortKeys(chosen: ReadonlySet<string>, known: readonly string[]): FileKey[] {
  const whole = new Map<string, boolean>();
  for (const path of known) {
    const directory = directoryOf(path);
    whole.set(directory, (whole.get(directory) ?? true) && chosen.has(path));
  }
  return [
    ...new Set([...chosen].map((path) => (whole.get(directoryOf(path)) === true ? filesIn(directoryOf(path)) : path))),
  ];
}
