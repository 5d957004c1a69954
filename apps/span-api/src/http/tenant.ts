import type { IncomingHttpHeaders } from 'node:http';
import { TracerError } from '@tracer/base';

/** Whose spans a request brings or asks for, where the published API has no place to say so. */
export const TENANT_HEADER = 'x-project-id';
/** The project of everybody who names none; also the one in all published examples of ATS. */
export const DEFAULT_TENANT = '0';

const PROJECT_ID = /^[A-Za-z0-9_-]{1,64}$/;
/** `clusterId` and `namespace` become index columns, which have a size limit. */
const SCOPE_CHARACTERS = 256;

export function isProjectId(text: string): boolean {
  return PROJECT_ID.test(text);
}

/** The tenant named by the header, or the default one. Throws VALIDATION naming the header. */
export function tenantOf(headers: IncomingHttpHeaders): string {
  const given = headers[TENANT_HEADER];
  if (given === undefined) return DEFAULT_TENANT;
  if (typeof given === 'string' && isProjectId(given)) return given;
  throw new TracerError('VALIDATION', `header X-Project-Id must be 1 to 64 letters, digits, "_" or "-"`);
}

/** Where ATS clients filter. */
export interface ClusterScope {
  readonly clusterId?: string;
  readonly namespace?: string;
}

/** The optional `clusterId` and `namespace` headers. Throws VALIDATION for one that is too long. */
export function clusterScopeOf(headers: IncomingHttpHeaders): ClusterScope {
  const clusterId = scopeHeader(headers, 'clusterId');
  const namespace = scopeHeader(headers, 'namespace');
  return { ...(clusterId === undefined ? {} : { clusterId }), ...(namespace === undefined ? {} : { namespace }) };
}

function scopeHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const given = headers[name.toLowerCase()];
  if (given === undefined || given === '') return undefined;
  const text = String(given);
  if (text.length > SCOPE_CHARACTERS)
    throw new TracerError('VALIDATION', `header ${name} has more than ${SCOPE_CHARACTERS} characters`);
  return text;
}
