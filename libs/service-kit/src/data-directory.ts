import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the services of a machine keep what is theirs when TRACER_DATA_DIR does not say. */
export function defaultDataDirectory(env: Readonly<Record<string, string | undefined>>): string {
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'tracer');
  if (process.getuid?.() === 0) return '/var/lib/tracer';
  return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'tracer');
}
