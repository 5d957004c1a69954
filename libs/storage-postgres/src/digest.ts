import { createHash } from 'node:crypto';

/** What stands for bytes that may be longer than an index entry: half a SHA-256, in the size of a uuid. */
export function digestOf(...parts: readonly Buffer[]): Buffer {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, 16);
}
