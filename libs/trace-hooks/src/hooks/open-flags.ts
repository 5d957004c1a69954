import { constants } from 'node:fs';

/** The numbers differ between architectures; those of this machine are the ones its kernel records. */
const FLAGS: readonly (readonly [name: string, bits: number])[] = [
  ['O_CREAT', constants.O_CREAT],
  ['O_EXCL', constants.O_EXCL],
  ['O_NOCTTY', constants.O_NOCTTY],
  ['O_TRUNC', constants.O_TRUNC],
  ['O_APPEND', constants.O_APPEND],
  ['O_NONBLOCK', constants.O_NONBLOCK],
  ['O_SYNC', constants.O_SYNC],
  ['O_DSYNC', constants.O_DSYNC],
  ['O_DIRECT', constants.O_DIRECT],
  ['O_NOATIME', constants.O_NOATIME],
  // O_TMPFILE holds the bit of O_DIRECTORY, as O_SYNC holds that of O_DSYNC: the larger one comes first.
  ['O_TMPFILE', 0o20000000 | constants.O_DIRECTORY],
  ['O_DIRECTORY', constants.O_DIRECTORY],
  ['O_NOFOLLOW', constants.O_NOFOLLOW],
  ['O_CLOEXEC', 0o2000000],
  ['O_PATH', 0o10000000],
];
const ACCESS = ['O_RDONLY', 'O_WRONLY', 'O_RDWR', 'O_ACCMODE'];
const ACCESS_MASK = 3;
export const O_CLOEXEC = 0o2000000;
/** What creat(2) stands for. */
export const CREAT_FLAGS = constants.O_CREAT | constants.O_WRONLY | constants.O_TRUNC;

/** `O_WRONLY|O_CREAT|O_CLOEXEC`; bits without a name as one number in the end. */
export function openFlags(flags: number): string {
  const names = [ACCESS[flags & ACCESS_MASK] ?? ''];
  let rest = flags & ~ACCESS_MASK;
  for (const [name, bits] of FLAGS) {
    if (bits === 0 || (rest & bits) !== bits) continue;
    names.push(name);
    rest &= ~bits;
  }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`);
  return names.join('|');
}
