import { lockDirectory } from '@tracer/base';

/** Takes the data directory for this suite. Throws STORAGE_FAILED naming the process that has it. */
export function lockDataDirectory(directory: string): () => void {
  return lockDirectory(directory, {
    file: 'tracer.lock',
    refusal: (path, pid) =>
      `${path} is in use by another tracer (process ${pid}); stop it, or set TRACER_DATA_DIR and the ports`,
  });
}
