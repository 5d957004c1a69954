import { realpathSync, statSync } from 'node:fs';
import { type Log, reasonOf, TracerError } from '@tracer/base';
import { CONTAINER_RUNNING, type CriClient, openCriClient } from './cri-client.js';

/** Where runtimes put their sockets below a run path, in order of preference. */
export const RUNTIME_SOCKETS = [
  'containerd/containerd.sock',
  'cri-dockerd.sock',
  'dockershim.sock',
  'crio/crio.sock',
  'k3s/containerd/containerd.sock',
] as const;

export const POD_NAME_LABEL = 'io.kubernetes.pod.name';

export interface CriEndpoint {
  readonly socketPath: string;
  readonly client: CriClient;
}

/**
 * The path of a CRI endpoint given as `unix:///path`, `unix:/path` or `/path`.
 * @throws TracerError `CONFIG_INVALID` for anything else
 */
export function socketPathOf(criEndpoint: string): string {
  const path = /^(?:unix:(?:\/\/)?)?(?<path>\/[^/].*)$/.exec(criEndpoint)?.groups?.['path'];
  if (path !== undefined) return path;
  throw new TracerError(
    'CONFIG_INVALID',
    `CRI endpoint "${criEndpoint}": expected unix:///path/to/socket or /path/to/socket`,
  );
}

/**
 * Looks for a runtime that answers, all known sockets at a time. The one that runs the pod `podName` wins; without a
 * pod name, or if none runs it, the first in the order of run paths and `RUNTIME_SOCKETS`.
 */
export async function findCriEndpoint(options: {
  runPaths: readonly string[];
  podName?: string | undefined;
  timeoutMs: number;
  log: Log;
}): Promise<CriEndpoint | undefined> {
  const { runPaths, podName, timeoutMs, log } = options;
  const deadlineMs = Date.now() + timeoutMs;
  const probes = await Promise.all(existingSockets(runPaths).map((path) => probe(path, podName, deadlineMs, log)));
  const answering = probes.filter((found) => found !== undefined);
  const chosen = answering.find(({ runsPod }) => runsPod) ?? answering[0];
  for (const { endpoint } of answering) if (endpoint !== chosen?.endpoint) endpoint.client.close();
  if (chosen === undefined) return undefined;
  if (podName !== undefined && !chosen.runsPod) {
    log.warn(
      { podName, socket: chosen.endpoint.socketPath },
      'no container runtime runs our own pod; using the first one',
    );
  }
  return chosen.endpoint;
}

/** `/var/run` mostly is a link to `/run`: each socket once. */
function existingSockets(runPaths: readonly string[]): string[] {
  const seen = new Map<string, string>();
  for (const path of runPaths.flatMap((runPath) => RUNTIME_SOCKETS.map((socket) => `${runPath}/${socket}`))) {
    try {
      const real = realpathSync(path);
      if (statSync(real).isSocket() && !seen.has(real)) seen.set(real, path);
    } catch {
      // Not there, or not ours to see: not a candidate.
    }
  }
  return [...seen.values()];
}

async function probe(
  socketPath: string,
  podName: string | undefined,
  deadlineMs: number,
  log: Log,
): Promise<{ endpoint: CriEndpoint; runsPod: boolean } | undefined> {
  const client = openCriClient(socketPath);
  try {
    const { runtimeName, runtimeVersion } = await client.version(deadlineMs);
    const runsPod = podName !== undefined && (await runs(client, podName, deadlineMs));
    log.info({ socket: socketPath, runtimeName, runtimeVersion, runsPod }, 'container runtime found');
    return { endpoint: { socketPath, client }, runsPod };
  } catch (error) {
    log.info({ socket: socketPath, reason: reasonOf(error) }, 'no container runtime answers here');
    client.close();
    return undefined;
  }
}

async function runs(client: CriClient, podName: string, deadlineMs: number): Promise<boolean> {
  const labelSelector = { [POD_NAME_LABEL]: podName };
  const containers = await client.listContainers({ state: { state: CONTAINER_RUNNING }, labelSelector }, deadlineMs);
  return containers.some(({ state, labels }) => state === CONTAINER_RUNNING && labels[POD_NAME_LABEL] === podName);
}
