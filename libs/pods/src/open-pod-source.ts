import type { Log } from '@tracer/base';
import { openCriClient } from './cri-client.js';
import { type CriEndpoint, findCriEndpoint, socketPathOf } from './cri-endpoint.js';
import { criPodSource } from './cri-source.js';
import type { PodSource } from './pod.js';
import { procfsPodSource } from './procfs-source.js';

export interface PodSourceOptions {
  /** Socket of the runtime to use: `unix:///path` or `/path`. It is taken at its word: no search and no fallback. */
  readonly criEndpoint?: string | undefined;
  /** The pod we run in ourselves: among several runtimes, the one that runs it is used. */
  readonly podName?: string | undefined;
  /** Directories to look for runtime sockets in, `/run` and `/var/run` of the host. */
  readonly runPaths: readonly string[];
  /** `/proc` of the host. */
  readonly procfsPath: string;
  /** `/sys` of the host. */
  readonly sysfsPath: string;
  /** Do not look for a container runtime. Wins over `criEndpoint`. */
  readonly forceProcfs: boolean;
  /**
   * List the host's own processes as the pod `host`; with a runtime, also the containers that it does not know
   * (of other runtimes, or without a pod).
   */
  readonly hostPod: boolean;
  readonly log: Log;
  /** How long a runtime may take to answer when looked for. */
  readonly connectTimeoutMs?: number;
  /** How long all calls of one scan may take together. */
  readonly scanTimeoutMs?: number;
}

/**
 * What is decided at the start holds for as long as the agent runs, and a node that has just been started is busy. Sockets
 * that nobody serves do not cost this time, only one that is there and silent does.
 */
const CONNECT_TIMEOUT_MS = 10_000;
const SCAN_TIMEOUT_MS = 3000;

/**
 * Decides where pods are learnt from: the given or found container runtime, else the process table.
 * @throws TracerError `CONFIG_INVALID` for a CRI endpoint that is no socket path
 */
export async function openPodSource(options: PodSourceOptions): Promise<PodSource> {
  const { log, scanTimeoutMs = SCAN_TIMEOUT_MS } = options;
  const endpoint = options.forceProcfs ? undefined : await endpointFor(options);
  if (endpoint === undefined) {
    log.info({ procfsPath: options.procfsPath }, 'pods are learnt from the process table');
    return procfsPodSource(options);
  }
  log.info({ socket: endpoint.socketPath }, 'pods are learnt from the container runtime');
  return criPodSource(endpoint, { ...options, scanTimeoutMs });
}

async function endpointFor(options: PodSourceOptions): Promise<CriEndpoint | undefined> {
  const { criEndpoint, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options;
  if (criEndpoint === undefined || criEndpoint === '')
    return findCriEndpoint({ ...options, timeoutMs: connectTimeoutMs });
  const socketPath = socketPathOf(criEndpoint);
  return { socketPath, client: openCriClient(socketPath) };
}
