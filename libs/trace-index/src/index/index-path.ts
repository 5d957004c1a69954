import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';

const DIGITS = 16;

/**
 * Where the index of a trace file belongs: beside it, or in a directory of its own, where the name tells files of equal
 * base names apart by what their whole path is.
 *
 * @param tracePath absolute
 */
export function indexPathOf(tracePath: string, indexDirectory: string | undefined): string {
  if (indexDirectory === undefined) return `${tracePath}.idx`;
  const path = createHash('sha256').update(tracePath).digest('hex').slice(0, DIGITS);
  return join(indexDirectory, `${basename(tracePath)}-${path}.idx`);
}
