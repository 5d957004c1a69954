import { HttpStatus } from '@nestjs/common';
import type { TracerErrorCode } from '@tracer/base';

/** The only place where a failure becomes an HTTP status; a new code does not compile until it has one. */
export const HTTP_STATUS_OF = {
  BODY_MALFORMED: HttpStatus.BAD_REQUEST,
  BODY_TOO_LARGE: HttpStatus.PAYLOAD_TOO_LARGE,
  CONFIG_INVALID: HttpStatus.INTERNAL_SERVER_ERROR,
  CONTAINER_NOT_MATCHED: HttpStatus.NOT_FOUND,
  FOREIGN_PAGE: HttpStatus.FORBIDDEN,
  HOOK_ARGUMENT_INVALID: HttpStatus.BAD_REQUEST,
  HOOK_FAILED: HttpStatus.INTERNAL_SERVER_ERROR,
  HOOK_UNAVAILABLE: HttpStatus.UNPROCESSABLE_ENTITY,
  HOOK_UNKNOWN: HttpStatus.NOT_FOUND,
  INTERNAL: HttpStatus.INTERNAL_SERVER_ERROR,
  METHOD_NOT_ALLOWED: HttpStatus.METHOD_NOT_ALLOWED,
  NODES_UNREACHABLE: HttpStatus.INTERNAL_SERVER_ERROR,
  NOT_FOUND: HttpStatus.NOT_FOUND,
  NOT_READY: HttpStatus.SERVICE_UNAVAILABLE,
  PODS_UNREADABLE: HttpStatus.INTERNAL_SERVER_ERROR,
  ROLE_MISSING: HttpStatus.FORBIDDEN,
  SESSION_CONFLICT: HttpStatus.NOT_FOUND,
  SESSION_ID_INVALID: HttpStatus.BAD_REQUEST,
  SESSION_NOT_FOUND: HttpStatus.NOT_FOUND,
  SPANS_MALFORMED: HttpStatus.BAD_REQUEST,
  STORAGE_FAILED: HttpStatus.INTERNAL_SERVER_ERROR,
  TOKEN_INVALID: HttpStatus.UNAUTHORIZED,
  TOKEN_REQUIRED: HttpStatus.UNAUTHORIZED,
  TOO_MANY: HttpStatus.TOO_MANY_REQUESTS,
  UPSTREAM_FAILED: HttpStatus.BAD_GATEWAY,
  VALIDATION: HttpStatus.BAD_REQUEST,
} as const satisfies Record<TracerErrorCode, HttpStatus>;

/** The code of an HTTP failure that a framework raised, not an engine. */
export function codeOfStatus(status: number): TracerErrorCode {
  if (status === 404) return 'NOT_FOUND';
  if (status === 405) return 'METHOD_NOT_ALLOWED';
  if (status === 413) return 'BODY_TOO_LARGE';
  return status < 500 ? 'VALIDATION' : 'INTERNAL';
}
