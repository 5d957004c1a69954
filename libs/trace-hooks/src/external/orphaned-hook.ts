import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf, stillRuns, type ProcessRef } from './process-tree.js';

export interface OrphanDeadlines {
  /** From SIGINT to the manager until SIGKILL to its group. */
  readonly interruptMs: number;
}

const CHECK_MS = 50;

/**
 * Ends the hook of an agent that died: nobody reads it any more, but it would trace on. SIGINT to the manager first, so
 * that it can clean up; SIGKILL to its group and its descendants if it does not go.
 *
 * @returns false if the process is gone already, or another one has its number
 */
export async function endOrphanedHook(
  manager: ProcessRef,
  deadlines: OrphanDeadlines = { interruptMs: 2000 },
): Promise<boolean> {
  if (!stillRuns(manager)) return false;
  const descendants = descendantsOf(manager.pid);
  signal(manager.pid, 'SIGINT');
  for (const by = Date.now() + deadlines.interruptMs; stillRuns(manager) && Date.now() < by;) await sleep(CHECK_MS);
  if (stillRuns(manager)) signal(-manager.pid, 'SIGKILL');
  for (const process of descendants) if (stillRuns(process)) signal(process.pid, 'SIGKILL');
  return true;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal.
  }
}
