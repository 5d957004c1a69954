import { types } from 'node:util';

/**
 * Every failure a caller can act on. The list is closed: the HTTP status of each code lives in service-kit, its meaning
 * in `docs/errors.md`, and both are checked against this list.
 */
export const TRACER_ERROR_CODES = [
  'BODY_MALFORMED',
  'BODY_TOO_LARGE',
  'CONFIG_INVALID',
  'CONTAINER_NOT_MATCHED',
  'FOREIGN_PAGE',
  'HOOK_ARGUMENT_INVALID',
  'HOOK_FAILED',
  'HOOK_UNAVAILABLE',
  'HOOK_UNKNOWN',
  'INTERNAL',
  'METHOD_NOT_ALLOWED',
  'NODES_UNREACHABLE',
  'NOT_FOUND',
  'NOT_READY',
  'PODS_UNREADABLE',
  'ROLE_MISSING',
  'SESSION_CONFLICT',
  'SESSION_ID_INVALID',
  'SESSION_NOT_FOUND',
  'SPANS_MALFORMED',
  'STORAGE_FAILED',
  'TOKEN_INVALID',
  'TOKEN_REQUIRED',
  'TOO_MANY',
  'UPSTREAM_FAILED',
  'VALIDATION',
] as const;

export type TracerErrorCode = (typeof TRACER_ERROR_CODES)[number];

/** A failure with a stable code and a message that a user can act on. */
export class TracerError extends Error {
  override readonly name = 'TracerError';

  constructor(
    readonly code: TracerErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The message of anything that was thrown, for log lines and for causes shown to a user. */
export function reasonOf(thrown: unknown): string {
  // Not `instanceof`: errors of Node itself come from another realm inside a test runner or a `vm` context.
  return types.isNativeError(thrown) ? thrown.message : String(thrown);
}
