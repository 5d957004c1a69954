import { homedir } from 'node:os';
import { join } from 'node:path';
import { lockDirectory } from '@tracer/base';

/** Where the database and the indexes live when TRACER_DATA_DIR does not say. */
export function defaultDataDirectory(env: Readonly<Record<string, string | undefined>>): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'tracer');
  if (process.getuid?.() === 0) return '/var/lib/tracer';
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'tracer');
}

/** Takes the data directory for this suite. Throws STORAGE_FAILED naming the process that has it. */
export function lockDataDirectory(directory: string): () => void {
  return lockDirectory(directory, {
    file: 'tracer.lock',
    refusal: (path, pid) =>
      `${path} is in use by another tracer (process ${pid}); stop it, or set TRACER_DATA_DIR and the ports`,
  });
}
