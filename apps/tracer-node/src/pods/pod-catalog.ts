import { matchContainers, threadsOf, type ContainerMatch, type Pod, type PodSource } from '@tracer/pods';
import type { Tasks } from '../sessions/engine.js';
import type { ContainerRef } from '../sessions/session.js';

export interface PodCatalogOptions {
  readonly source: PodSource;
  readonly procfsPath: string;
  /** Told how long each scan took. */
  readonly onScan?: (seconds: number) => void;
}

/** The pods of this node as of the last scan. */
export class PodCatalog {
  #pods: readonly Pod[] = [];
  #scannedAtMs: number | undefined;
  #scanMs: number | undefined;

  constructor(private readonly options: PodCatalogOptions) {}

  get source(): PodSource {
    return this.options.source;
  }

  /** How the last scan went, for the operator. */
  get lastScan(): { readonly atMs: number; readonly tookMs: number; readonly pods: number } | undefined {
    if (this.#scannedAtMs === undefined || this.#scanMs === undefined) return undefined;
    return { atMs: this.#scannedAtMs, tookMs: this.#scanMs, pods: this.#pods.length };
  }

  /** Reads the present state. Throws PODS_UNREADABLE; what was known before stays known. */
  async scan(): Promise<readonly Pod[]> {
    const started = performance.now();
    this.#pods = await this.options.source.scan();
    this.#scanMs = performance.now() - started;
    this.#scannedAtMs = Date.now();
    this.options.onScan?.(this.#scanMs / 1000);
    return this.#pods;
  }

  /** Containers of the last scan, or of a new one if none matches: it may have started since. */
  async match(podPattern: string, containerPattern: string): Promise<ContainerRef[]> {
    const known = matchContainers(this.#pods, podPattern, containerPattern);
    const found = known.length > 0 ? known : matchContainers(await this.scan(), podPattern, containerPattern);
    return found.map(refOf);
  }

  /** Every process and thread that the containers have, as of the last scan. */
  tasksOf(containers: readonly ContainerRef[]): Tasks {
    const pids = new Set<number>();
    for (const ref of containers) for (const pid of this.processesOf(ref)) pids.add(pid);
    return { pids: [...pids], tids: threadsOf(this.options.procfsPath, pids) };
  }

  /** Every process that a container has, as of the last scan. */
  processesOf(ref: ContainerRef): number[] {
    return podsOf(this.#pods, ref).flatMap((pod) => pod.containers.get(ref.container)?.pids ?? []);
  }

  close(): void {
    this.options.source.close();
  }
}

function refOf({ pod, container }: ContainerMatch): ContainerRef {
  const { key, name, namespace, uid } = pod;
  return {
    key,
    pod: name,
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    container: container.name,
  };
}

/**
 * The pods that a reference means today. A pod that was replaced under its name (an update of a stateful set) is
 * followed; while the old one lives it alone is meant.
 */
function podsOf(pods: readonly Pod[], ref: ContainerRef): readonly Pod[] {
  const named = pods.filter(({ name, namespace }) => name === ref.pod && namespace === ref.namespace);
  const same = named.filter(({ uid }) => uid === ref.uid);
  return same.length > 0 ? same : named;
}
