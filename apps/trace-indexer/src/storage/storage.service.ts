import { readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { storageOf, type StorageDto, type StoredKindDto } from '@tracer/dtos';
import type { FileCatalogue } from '../catalogue/file-catalogue.js';

/** What is known of one file. */
interface Kept {
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** How many files are looked at at a time. */
const AT_A_TIME = 32;

/** What the trace directory and the indexes take. */
export class StorageService {
  constructor(
    private readonly catalogue: Pick<FileCatalogue, 'files'>,
    private readonly directories: { readonly traces: string; readonly indexes: string },
  ) {}

  async read(): Promise<StorageDto> {
    const { traces, indexes } = this.directories;
    const files = await this.catalogue.files();
    const listed = files.map(({ listed }): Kept => ({
      bytes: listed.sizeBytes,
      modifiedMs: Number(listed.modifiedNs / 1_000_000n),
    }));
    return storageOf([
      kindOf('trace files', listed, await freeBytes(traces)),
      kindOf('indexes', await indexFiles(indexes), await freeBytes(indexes)),
    ]);
  }
}

function kindOf(kind: StoredKindDto['kind'], files: readonly Kept[], free: number | undefined): StoredKindDto {
  let [oldestMs, newestMs] = [Infinity, -Infinity];
  for (const { modifiedMs } of files) {
    oldestMs = Math.min(oldestMs, modifiedMs);
    newestMs = Math.max(newestMs, modifiedMs);
  }
  return {
    kind,
    service: 'trace-indexer',
    bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
    count: files.length,
    ...(files.length === 0
      ? {}
      : { oldest: new Date(oldestMs).toISOString(), newest: new Date(newestMs).toISOString() }),
    limits: {},
    ...(free === undefined ? {} : { freeBytes: free }),
  };
}

/** Every index below a directory, of files that are gone as well; those that vanish meanwhile are left out. */
async function indexFiles(directory: string): Promise<Kept[]> {
  const names = await readdir(directory, { recursive: true }).catch(() => []);
  const paths = names.filter((name) => name.endsWith('.idx')).map((name) => join(directory, name));
  const kept: Kept[] = [];
  for (let at = 0; at < paths.length; at += AT_A_TIME) {
    const some = await Promise.all(paths.slice(at, at + AT_A_TIME).map((path) => stat(path).catch(() => undefined)));
    for (const stats of some) if (stats?.isFile() === true) kept.push({ bytes: stats.size, modifiedMs: stats.mtimeMs });
  }
  return kept;
}

/** What a process without rights may still write; of a directory that is still to be made, what its place has. */
async function freeBytes(directory: string): Promise<number | undefined> {
  const system = await statfs(directory).catch(() => statfs(dirname(directory)).catch(() => undefined));
  return system && system.bavail * system.bsize;
}
