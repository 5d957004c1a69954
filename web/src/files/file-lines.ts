import { directoryOf } from './file-keys.js';
import type { FileBounds } from './files-api.js';

/** A line of the list: a directory, or a file under it. */
export type Line =
  | {
      readonly kind: 'dir';
      readonly path: string;
      readonly files: readonly FileBounds[];
      /** Files of the directories below it. */
      readonly below: number;
    }
  | (FileBounds & { readonly kind: 'file' });

/** Files under their directories, in the order of their names. */
export function linesOf(files: readonly FileBounds[], find: string): Line[] {
  const wanted = find.toLowerCase();
  const byDirectory = new Map<string, FileBounds[]>();
  for (const file of files) {
    if (!file.path.toLowerCase().includes(wanted)) continue;
    const directory = directoryOf(file.path);
    byDirectory.set(directory, [...(byDirectory.get(directory) ?? []), file]);
  }
  const order = new Intl.Collator('en', { numeric: true });
  const below = filesBelowOf(byDirectory);
  // A directory of nothing but directories is a job, too.
  for (const [parent, { directories }] of below)
    if (directories > 1 && !byDirectory.has(parent)) byDirectory.set(parent, []);
  return [...byDirectory]
    .sort(([a], [b]) => order.compare(a, b))
    .flatMap(([path, inside]): Line[] => [
      { kind: 'dir', path, files: inside, below: below.get(path)?.files ?? 0 },
      ...inside.sort((a, b) => order.compare(a.path, b.path)).map((file) => ({ ...file, kind: 'file' as const })),
    ]);
}

/** Of every directory above files, what its sub-directories hold; not of the trace directory: all can be opened anyway. */
function filesBelowOf(
  byDirectory: ReadonlyMap<string, readonly FileBounds[]>,
): Map<string, { files: number; directories: number }> {
  const below = new Map<string, { files: number; directories: number }>();
  for (const [path, inside] of byDirectory)
    for (let parent = directoryOf(path); parent !== ''; parent = directoryOf(parent)) {
      const { files, directories } = below.get(parent) ?? { files: 0, directories: 0 };
      below.set(parent, { files: files + inside.length, directories: directories + 1 });
    }
  return below;
}
