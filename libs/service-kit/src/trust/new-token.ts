import { TracerError } from '@tracer/base';
import { parseTokenList } from './token-list.js';
import { digestOf, hashText, newToken } from './token.js';

/**
 * Makes a token for `name:role,role` and the line with its hash for the list of tokens.
 * Throws CONFIG_INVALID when the name or a role is wrong.
 */
export function tokenFor(spec: string, token: string = newToken()): { readonly token: string; readonly line: string } {
  const [, name = '', roles = ''] = /^([^:]*):(.*)$/.exec(spec) ?? [];
  if (name === '') throw new TracerError('CONFIG_INVALID', `--new-token needs NAME:ROLE, not "${spec}"`);
  const line = `${name} ${roles} ${hashText(digestOf(token))}`;
  parseTokenList(line, '--new-token');
  return { token, line };
}
