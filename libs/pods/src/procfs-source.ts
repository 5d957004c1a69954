import { type PodSource, withKeys } from './pod.js';
import { readProcessTable } from './process-table.js';
import { findPods } from './procfs-pods.js';
import { takingTurns } from './taking-turns.js';

/** Pods of any Linux host, from its process table alone; see `findPods` for what counts as a pod. */
export function procfsPodSource(options: { procfsPath: string; hostPod: boolean }): PodSource {
  const { procfsPath, hostPod } = options;
  const scan = takingTurns(async () => {
    const table = await readProcessTable(procfsPath);
    return withKeys(await findPods(procfsPath, table, { hostPod }));
  });
  return { kind: 'procfs', endpoint: procfsPath, scan, close: () => undefined };
}
