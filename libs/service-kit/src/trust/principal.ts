import type { IncomingMessage } from 'node:http';
import { ROLES, type Role } from './roles.js';

/** Who is behind a request. */
export interface Principal {
  /** Name of the token; `anonymous` where none is needed. */
  readonly name: string;
  readonly roles: readonly Role[];
  /**
   * How it was known: `none` (no token is needed here, or given where none is needed), `token`, or `gateway`: a service
   * of the suite, by the shared token or its client certificate, maybe in the name of somebody else.
   */
  readonly by: 'none' | 'token' | 'gateway';
  /** Identifies the token as long as it is valid. */
  readonly digest?: Buffer;
}

export const ANYBODY: Principal = { name: 'anonymous', roles: ROLES, by: 'none' };
/** Whoever brings no token where tokens are needed: may use what is open. */
export const NOBODY: Principal = { name: 'anonymous', roles: [], by: 'none' };

const principals = new WeakMap<IncomingMessage, Principal>();

export function setPrincipal(request: IncomingMessage, principal: Principal): void {
  principals.set(request, principal);
}

/** Who is behind a request that was let in. */
export function principalOf(request: IncomingMessage): Principal {
  return principals.get(request) ?? NOBODY;
}

/** Header fields in which the gateway tells the services behind it for whom it asks. */
export const USER_HEADER = 'x-tracer-user';
export const ROLES_HEADER = 'x-tracer-roles';

/** What the gateway adds to a request that it makes for somebody. */
export function onBehalfOf({ name, roles }: Principal): Record<string, string> {
  return { [USER_HEADER]: name, [ROLES_HEADER]: roles.join(',') };
}
