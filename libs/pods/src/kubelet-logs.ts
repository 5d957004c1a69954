import { readdirSync } from 'node:fs';

/** What the kubelet calls a container. */
export interface KubeletName {
  readonly pod: string;
  readonly namespace: string;
  readonly container: string;
}

/** `<pod>_<namespace>_<container>-<container id>.log`; neither part before the id may contain '_' in Kubernetes. */
const LOG_LINK = /^(?<pod>[^_]+)_(?<namespace>[^_]+)_(?<container>[^_]+)-(?<id>[0-9a-f]{64})\.log$/;

/**
 * The names of a node's containers by runtime id, from the links the kubelet keeps in the host's `/var/log/containers`
 * (seen through the root directory of process 1, so that it works from inside a container). It is the only place where
 * plain files tell Kubernetes names. Empty on a host without a kubelet or without the right to look.
 */
export function readKubeletNames(procfsPath: string): Map<string, KubeletName> {
  const names = new Map<string, KubeletName>();
  for (const link of listIfThere(`${procfsPath}/1/root/var/log/containers`)) {
    const { pod, namespace, container, id } = LOG_LINK.exec(link)?.groups ?? {};
    if (pod === undefined || namespace === undefined || container === undefined || id === undefined) continue;
    names.set(id, { pod, namespace, container });
  }
  return names;
}

function listIfThere(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}
