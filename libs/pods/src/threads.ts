import { readdirSync } from 'node:fs';

/**
 * The ids of all threads of the given processes, ascending, each once. A process that is gone has none. Reads one
 * directory per process, about 15 µs each, without giving way to other events.
 */
export function threadsOf(procfsPath: string, pids: Iterable<number>): number[] {
  const tids = new Set<number>();
  for (const pid of pids) {
    for (const tid of threadNames(procfsPath, pid)) tids.add(Number(tid));
  }
  return [...tids].sort((a, b) => a - b);
}

function threadNames(procfsPath: string, pid: number): string[] {
  try {
    return readdirSync(`${procfsPath}/${pid}/task`);
  } catch {
    return [];
  }
}
