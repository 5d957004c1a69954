import { type Log, reasonOf, TracerError } from '@tracer/base';
import { CONTAINER_RUNNING, type CriClient, type CriContainer, type CriSandbox } from './cri-client.js';
import { type CriEndpoint, POD_NAME_LABEL } from './cri-endpoint.js';
import { ContainerProcesses, type Members } from './container-processes.js';
import { initPidOf } from './init-pid.js';
import { type PodContainer, type PodSource, type UnkeyedPod, withKeys } from './pod.js';
import { findPods } from './procfs-pods.js';
import { takingTurns } from './taking-turns.js';

const NAMESPACE_LABEL = 'io.kubernetes.pod.namespace';
const UID_LABEL = 'io.kubernetes.pod.uid';
/** Status calls in flight: a node may run hundreds of containers, its runtime answers a few at a time. */
const STATUS_CALLS = 32;

export interface CriSourceOptions {
  readonly procfsPath: string;
  readonly sysfsPath: string;
  /** Also list what the runtime does not know: containers of other runtimes and the host's own processes. */
  readonly hostPod: boolean;
  /** Time for all calls of one scan together. */
  readonly scanTimeoutMs: number;
  readonly log: Log;
}

/** One container as runtime and kernel together tell it. */
interface Found {
  readonly described: CriContainer;
  readonly image?: string;
  readonly members: Members;
}

/**
 * Pods as the container runtime knows them; their processes as the kernel knows them. Running containers that carry no
 * pod label are not listed here.
 */
export function criPodSource({ socketPath, client }: CriEndpoint, options: CriSourceOptions): PodSource {
  const scan = takingTurns(async () => {
    const deadlineMs = Date.now() + options.scanTimeoutMs;
    const processes = new ContainerProcesses(options.procfsPath, options.sysfsPath);
    const { containers, sandboxes } = await list(client, socketPath, deadlineMs, options.log);
    const found = await mapSome(containers, STATUS_CALLS, (container) =>
      examine(client, container, processes, deadlineMs, options.log),
    );
    const pods = toPods(found, sandboxes);
    if (!options.hostPod) return withKeys(pods);
    const claimed = {
      pids: new Set(found.flatMap(({ members }) => members.pids)),
      containerIds: new Set([...containers, ...sandboxes].map(({ id }) => id)),
    };
    return withKeys([
      ...pods,
      ...(await findPods(options.procfsPath, await processes.table(), { hostPod: true, claimed })),
    ]);
  });
  return {
    kind: 'cri',
    endpoint: `unix://${socketPath}`,
    scan,
    close: () => {
      client.close();
    },
  };
}

async function list(
  client: CriClient,
  socketPath: string,
  deadlineMs: number,
  log: Log,
): Promise<{ containers: CriContainer[]; sandboxes: CriSandbox[] }> {
  const sandboxesListed = client.listPodSandboxes(deadlineMs).catch((error: unknown) => {
    // Sandboxes only add the labels of the pods.
    log.warn({ socket: socketPath, reason: reasonOf(error) }, 'the container runtime does not list its pod sandboxes');
    return [];
  });
  try {
    const all = await client.listContainers({ state: { state: CONTAINER_RUNNING } }, deadlineMs);
    const containers = all.filter(
      ({ state, labels }) => state === CONTAINER_RUNNING && labels[POD_NAME_LABEL] !== undefined,
    );
    return { containers, sandboxes: await sandboxesListed };
  } catch (error) {
    const reason = `container runtime at ${socketPath} does not list its containers: ${reasonOf(error)}`;
    throw new TracerError('PODS_UNREADABLE', reason, { cause: error });
  }
}

/** A container whose status cannot be had is still listed; the kernel may know its processes by its id. */
async function examine(
  client: CriClient,
  described: CriContainer,
  processes: ContainerProcesses,
  deadlineMs: number,
  log: Log,
): Promise<Found> {
  let initPid: number | undefined;
  let image = described.image;
  let imageRef = described.imageRef;
  try {
    const { status, info } = await client.containerStatus(described.id, deadlineMs);
    initPid = initPidOf(info['info']);
    // The list gives the digest where the status gives the name that the image was asked for by.
    image = status?.image ?? image;
    imageRef = status?.imageRef ?? imageRef;
  } catch (error) {
    log.warn(
      { container: described.id, reason: reasonOf(error) },
      'the container runtime gives no status of a container',
    );
  }
  const members = await processes.of(described.id, initPid);
  const names = [image?.userSpecifiedImage, image?.image, imageRef];
  const name = names.find((candidate) => candidate !== undefined && candidate !== '');
  return { described, members, ...(name !== undefined && { image: name }) };
}

function toPods(found: readonly Found[], sandboxes: readonly CriSandbox[]): UnkeyedPod[] {
  const labelsOf = new Map(sandboxes.map(({ id, labels }) => [id, labels]));
  const pods = new Map<string, UnkeyedPod & { containers: Map<string, PodContainer> }>();
  // Oldest first: a restarted container takes over the name from an instance that is still ending.
  for (const one of found.toSorted((a, b) => compareAges(a.described, b.described))) {
    const { labels, podSandboxId, metadata } = one.described;
    const name = labels[POD_NAME_LABEL] ?? '';
    const namespace = labels[NAMESPACE_LABEL];
    const uid = labels[UID_LABEL];
    const identity = JSON.stringify([namespace, name, uid]);
    let pod = pods.get(identity);
    if (pod === undefined) {
      const known = { ...(namespace !== undefined && { namespace }), ...(uid !== undefined && { uid }) };
      pod = { name, ...known, labels: labelsOf.get(podSandboxId) ?? {}, containers: new Map() };
      pods.set(identity, pod);
    }
    const containerName = metadata?.name ?? '';
    pod.containers.set(containerName, toContainer(containerName, one, pod.containers.get(containerName)));
  }
  return [...pods.values()];
}

function toContainer(
  name: string,
  { described, image, members }: Found,
  older: PodContainer | undefined,
): PodContainer {
  const { cgroup } = members;
  const pids = [...new Set([...(older?.pids ?? []), ...members.pids])].sort((a, b) => a - b);
  const parents = [...new Set([...(older?.parents ?? []), ...members.parents])].filter((pid) => !pids.includes(pid));
  return {
    name,
    runtimeId: described.id,
    labels: described.labels,
    pids,
    parents,
    ...(image !== undefined && { image }),
    ...(cgroup !== undefined && { cgroup }),
  };
}

function compareAges(a: CriContainer, b: CriContainer): number {
  const difference = BigInt(a.createdAt) - BigInt(b.createdAt);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** `Promise.all` with at most `limit` under way. */
async function mapSome<T, R>(items: readonly T[], limit: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return results;
}
