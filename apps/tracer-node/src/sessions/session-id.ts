import { randomBytes } from 'node:crypto';

/** A random id that `isTaken` does not know; never 0, which reads like "none". */
export function newSessionId(isTaken: (id: string) => boolean, random: () => bigint = randomUint64): string {
  for (;;) {
    const id = String(random());
    if (id !== '0' && !isTaken(id)) return id;
  }
}

function randomUint64(): bigint {
  return randomBytes(8).readBigUInt64BE();
}
