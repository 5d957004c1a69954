/**
 * The process id in the verbose status of a container: a field `pid`, in any case, of the JSON document that runtimes
 * give as `info`. Undefined when there is none, or none that can be a process.
 */
export function initPidOf(info: string | undefined): number | undefined {
  if (info === undefined) return undefined;
  let document: unknown;
  try {
    document = JSON.parse(info);
  } catch {
    return undefined;
  }
  if (typeof document !== 'object' || document === null) return undefined;
  const [, pid] = Object.entries(document).find(([name]) => name.toLowerCase() === 'pid') ?? [];
  return typeof pid === 'number' && Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}
