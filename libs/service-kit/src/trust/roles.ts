import { TracerError } from '@tracer/base';

/** What a token may be allowed to do; see `ROUTE_RULES` for what each route needs. */
export const ROLES = ['read', 'ingest', 'trace', 'admin'] as const;

export type Role = (typeof ROLES)[number];

/** A role with what it contains: who may control sessions may look at them, an admin may do anything. */
const CONTAINS: Readonly<Record<Role, readonly Role[]>> = {
  read: ['read'],
  ingest: ['ingest'],
  trace: ['trace', 'read'],
  admin: ROLES,
};

/** Whether one of the roles is, or contains, the one that is needed. */
export function permits(roles: readonly Role[], needed: Role): boolean {
  return roles.some((role) => CONTAINS[role].includes(needed));
}

/** Reads `read,trace` (or `read+trace`). Throws CONFIG_INVALID naming the first word that is no role. */
export function parseRoles(text: string): Role[] {
  const roles: Role[] = [];
  for (const word of text.split(/[,+]/)) {
    const role = ROLES.find((candidate) => candidate === word);
    if (role === undefined)
      throw new TracerError('CONFIG_INVALID', `"${shortened(word)}" is no role; there are ${ROLES.join(', ')}`);
    if (!roles.includes(role)) roles.push(role);
  }
  return roles;
}

/** What stands in place of a role may be a token that got into the wrong place. */
function shortened(word: string): string {
  return word.length > 8 ? `${word.slice(0, 8)}…` : word;
}
