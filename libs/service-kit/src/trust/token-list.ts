import { TracerError } from '@tracer/base';
import { parseRoles, type Role } from './roles.js';

/** One line of a list of tokens. */
export interface TokenEntry {
  /** Who has it; shown in the audit log. */
  readonly name: string;
  readonly roles: readonly Role[];
  /** SHA-256 of the token. */
  readonly digest: Buffer;
  /** Epoch ms from which on it is not accepted any more. */
  readonly expiresAtMs?: number;
}

const MOST_TOKENS = 1_000;
const NAME = /^[\w.@-]{1,64}$/;
const HASH = /^sha256:([0-9a-f]{64})$/i;
const EXPIRY = /^expires=(\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?Z)?)$/;

/**
 * Reads a list of tokens. An entry is a line, or what stands between two semicolons; `#` begins a comment:
 *
 * ```
 *   # name   roles        hash                    until (optional, UTC)
 *   alice    admin        sha256:<64 hex digits>
 *   grafana  read         sha256:<64 hex digits>  expires=2027-01-31
 *   ci       ingest,read  sha256:<64 hex digits>  expires=2027-01-31T12:00:00Z
 * ```
 *
 * A name may stand on several lines, so that a token can be replaced without a gap; a hash may not.
 * Throws CONFIG_INVALID naming the source and every wrong line; what stands in place of a hash is never repeated,
 * because it may be a token.
 */
export function parseTokenList(text: string, source: string): TokenEntry[] {
  const entries: TokenEntry[] = [];
  const wrong: string[] = [];
  for (const [index, line] of text.split(/\r?\n|;/).entries()) {
    const content = line.replace(/#.*/, '').trim();
    if (content === '') continue;
    const entry = parseEntry(content);
    if (typeof entry === 'string') wrong.push(`entry ${index + 1}: ${entry}`);
    else if (entries.some(({ digest }) => digest.equals(entry.digest)))
      wrong.push(`entry ${index + 1}: this hash is there already`);
    else entries.push(entry);
  }
  if (entries.length > MOST_TOKENS) wrong.push(`more than ${MOST_TOKENS} tokens`);
  if (wrong.length > 0)
    throw new TracerError('CONFIG_INVALID', `wrong list of tokens in ${source}: ${wrong.slice(0, 10).join('; ')}`);
  return entries;
}

/** The entry, or what is wrong with it. */
function parseEntry(content: string): TokenEntry | string {
  const [name = '', roleText = '', hash = '', until, ...more] = content.split(/\s+/);
  if (!NAME.test(name)) return 'the name must be 1 to 64 letters, digits or one of . _ @ -';
  const [, hex] = HASH.exec(hash) ?? [];
  if (hex === undefined) return 'expected "NAME ROLES sha256:<64 hex digits>"';
  const expiresAtMs = until === undefined ? undefined : expiryOf(until);
  if (more.length > 0 || Number.isNaN(expiresAtMs))
    return 'only expires=YYYY-MM-DD or expires=YYYY-MM-DDThh:mm:ssZ may stand behind the hash';
  try {
    const entry = { name, roles: parseRoles(roleText), digest: Buffer.from(hex, 'hex') };
    return expiresAtMs === undefined ? entry : { ...entry, expiresAtMs };
  } catch (error) {
    return (error as Error).message;
  }
}

/** NaN when it is no time. */
function expiryOf(text: string): number {
  const [, time = ''] = EXPIRY.exec(text) ?? [];
  return Date.parse(time);
}
