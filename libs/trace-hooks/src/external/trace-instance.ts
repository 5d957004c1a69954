/** The tracefs instance that an external hook made for itself, known by the stream path that it printed. */
import { readdirSync, realpathSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOf } from '@tracer/base';

const REMOVE_ATTEMPTS = 20;
const REMOVE_PAUSE_MS = 50;

/** The names of all instances that exist now; empty if they can't be listed. */
export function instancesOf(tracefsPath: string): Set<string> {
  try {
    return new Set(readdirSync(join(tracefsPath, 'instances')));
  } catch {
    return new Set();
  }
}

/** `/sys/kernel/tracing/instances/kube_x/trace_pipe` → `/sys/kernel/tracing/instances/kube_x`; undefined for any other. */
export function instanceOf(streamPath: string, tracefsPath: string): string | undefined {
  if (!streamPath.startsWith(sep) || streamPath.includes('\0')) return undefined;
  try {
    const instance = realpathSync(dirname(streamPath));
    return dirname(instance) === join(realpathSync(tracefsPath), 'instances') ? instance : undefined;
  } catch {
    return undefined;
  }
}

/** Switches the recording of an instance off, so that what is left in it can be read to the end. */
export function stopRecording(instance: string): void {
  try {
    writeFileSync(join(instance, 'tracing_on'), '0', { flag: 'r+' });
  } catch {
    // The hook was faster and has removed its instance: there is nothing left to stop.
  }
}

/**
 * Removes an instance that its hook left behind, for example because the stream was still open when it tried. Nothing
 * happens to one that is gone already. Answers why it could not be removed.
 */
export async function removeInstance(instance: string): Promise<string | undefined> {
  let reason: string | undefined;
  for (let attempt = 0; attempt < REMOVE_ATTEMPTS; attempt += 1) {
    try {
      rmdirSync(instance);
      return undefined;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT') return undefined;
      reason = `${basename(instance)}: ${reasonOf(error)}`;
      if (code !== 'EBUSY') return reason;
    }
    await sleep(REMOVE_PAUSE_MS);
  }
  return reason;
}
