/** One container of a pod: a named set of processes. */
export interface PodContainer {
  /** Unique within its pod. */
  readonly name: string;
  /** The runtime's id of the container, where it has one. */
  readonly runtimeId?: string;
  readonly image?: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Every process (thread group id) of the container at the time of the scan, ascending. */
  readonly pids: readonly number[];
  /** Processes outside the container that are parents of processes inside (the runtime's shim), in order of discovery. */
  readonly parents: readonly number[];
  /** Path of the container's cgroup below the root of its hierarchy. */
  readonly cgroup?: string;
}

/** A named group of containers. */
export interface Pod {
  /** The name to show. Unique within one scan: `name`, or `namespace/name` or `name@uid` where `name` is ambiguous. */
  readonly key: string;
  readonly name: string;
  readonly namespace?: string;
  /** What tells pods of one name apart: the Kubernetes pod uid, or else a container id, or else a PID namespace. */
  readonly uid?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly containers: ReadonlyMap<string, PodContainer>;
}

/**
 * Where pods are learnt from.
 *
 * `scan` reads the present state; calls made while one is under way share its answer. It throws
 * `TracerError('PODS_UNREADABLE')` when the source as a whole cannot be read; a single container that cannot be read is
 * listed without processes. A source stays usable after a failed scan.
 */
export interface PodSource {
  readonly kind: 'cri' | 'procfs';
  /** What is being read, for the operator: a socket or a directory. */
  readonly endpoint: string;
  scan(): Promise<Pod[]>;
  close(): void;
}

/** A pod that has not been given its `key` yet. */
export type UnkeyedPod = Omit<Pod, 'key'>;

const SHORT_UID_LENGTH = 12;

/** The form in which long hexadecimal ids are shown. */
export function shortId(id: string): string {
  return id.slice(0, SHORT_UID_LENGTH);
}

/**
 * Gives every pod the shortest name that no other pod of the scan has. Pods that nothing tells apart (same namespace,
 * name and short uid) get a number, so that no pod ever hides another.
 */
export function withKeys(pods: readonly UnkeyedPod[]): Pod[] {
  const bearers = new Map<string, number>();
  for (const { name } of pods) bearers.set(name, (bearers.get(name) ?? 0) + 1);
  const taken = new Set<string>();
  return pods.map((pod) => {
    const wanted = (bearers.get(pod.name) ?? 0) > 1 ? qualified(pod) : pod.name;
    let key = wanted;
    for (let n = 2; taken.has(key); n++) key = `${wanted}#${n}`;
    taken.add(key);
    return { ...pod, key };
  });
}

function qualified({ name, namespace, uid }: UnkeyedPod): string {
  if (namespace !== undefined) return `${namespace}/${name}`;
  return uid === undefined ? name : `${name}@${shortId(uid)}`;
}
