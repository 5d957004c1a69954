import { lockDirectory } from '@tracer/base';

/** Takes the state directory for this agent. Throws STORAGE_FAILED naming the process that has it. */
export function lockStateDirectory(directory: string): () => void {
  return lockDirectory(directory, {
    file: 'agent.lock',
    refusal: (path, pid) =>
      `${path} is in use by another agent (process ${pid}); give this one another --node-name or TRACER_DATA_DIR`,
  });
}

/** A name of a node as a name of a directory. Distinct names stay distinct. */
export function directoryNameOf(nodeName: string): string {
  const name = encodeURIComponent(nodeName).slice(0, 200);
  return /^\.*$/.test(name) ? `_${name}` : name;
}
