/**
 * What the cgroup path of a process says about where it runs.
 *
 * A container runtime puts every container into a cgroup named after it; the places differ, the names hardly do:
 *
 *   /docker/<id>                                             Docker, cgroupfs driver
 *   /system.slice/docker-<id>.scope                          Docker, systemd driver
 *   /machine.slice/libpod-<id>.scope/container               Podman (systemd; the payload one level down)
 *   /libpod_parent/libpod-<id>                               Podman, cgroupfs
 *   /kubepods/burstable/pod<uid>/<id>                        kubelet, cgroupfs; CRI-O: …/crio-<id>
 *   /kubepods.slice/kubepods-pod<uid>.slice/cri-containerd-<id>.scope     kubelet, systemd ('_' for '-' in the uid)
 *   /system.slice/containerd.service/kubepods-pod<uid>.slice:cri-containerd:<id>   drivers of kubelet and runtime differ
 *   /docker/<node id>/kubelet/kubepods/pod<uid>/<id>         kind, k3d: a node that is itself a container
 *
 * So the path is read component by component and the innermost container wins; whatever a container makes below its own
 * cgroup still belongs to it. `<id>` is 64 hexadecimal digits, or, below a pod, any name.
 */
export interface ContainerCgroup {
  readonly containerId: string;
  /** Set where the path names the pod: a Kubernetes pod uid with dashes, or the id of a Podman pod. */
  readonly podUid?: string;
  /** The container's own cgroup: the path up to and including the component that names it. */
  readonly path: string;
}

/** One line of `/proc/<pid>/cgroup`. */
export interface CgroupLine {
  /** `''` for the unified hierarchy, else what the v1 hierarchy is mounted with: `cpu,cpuacct` or `name=systemd`. */
  readonly controllers: string;
  readonly path: string;
}

/** The reading of one whole `/proc/<pid>/cgroup`. */
export interface CgroupPlace {
  readonly lines: readonly CgroupLine[];
  readonly container?: ContainerCgroup;
}

const RUNTIME_ID = /(?:^|[-_:])(?<id>[0-9a-f]{64})(?:\.scope)?$/;
/** Podman and CRI-O keep the monitor of a container in a cgroup that carries the container's id as well. */
const MONITOR = /conmon-[0-9a-f]{64}/;
const KUBERNETES_POD =
  /(?:^|-)pod(?<uid>[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12}|[0-9a-f]{32})(?:\.slice)?(?:$|:)/;
const PODMAN_POD = /(?:^|[-_])libpod_pod_(?<uid>[0-9a-f]{64})\.slice$/;

/** Reads `/proc/<pid>/cgroup`, `hierarchy:controllers:path` per line (cgroups(7)). Lines of another form are skipped. */
export function readCgroupPlace(text: string): CgroupPlace {
  const lines = text.split('\n').flatMap((line) => parseLine(line) ?? []);
  let container: ContainerCgroup | undefined;
  for (const { path } of lines) {
    const found = containerOf(path);
    // A v1 host may move a process in some hierarchies only; the line that also names the pod says most.
    if (container === undefined || (container.podUid === undefined && found?.podUid !== undefined)) {
      container = found ?? container;
    }
  }
  return container === undefined ? { lines } : { lines, container };
}

function parseLine(line: string): CgroupLine | undefined {
  const first = line.indexOf(':');
  const second = line.indexOf(':', first + 1);
  if (first < 0 || second < 0) return undefined;
  const path = line.slice(second + 1);
  // The kernel marks the cgroup of a process that outlived it.
  return { controllers: line.slice(first + 1, second), path: path.replace(/ \(deleted\)$/, '') };
}

/** The innermost container that a cgroup path leads into. */
export function containerOf(path: string): ContainerCgroup | undefined {
  const components = path.split('/');
  let podUid: string | undefined;
  let found: ContainerCgroup | undefined;
  for (const [index, component] of components.entries()) {
    const pod = podOf(component);
    const containerId = runtimeIdOf(component);
    if (pod !== undefined) podUid = pod;
    if (containerId === undefined) continue;
    // A container below a container, without a pod between them, is not of the outer one's pod.
    if (found !== undefined && found.podUid === podUid) podUid = undefined;
    const own = components.slice(0, index + 1).join('/');
    found = podUid === undefined ? { containerId, path: own } : { containerId, podUid, path: own };
  }
  return found;
}

function runtimeIdOf(component: string): string | undefined {
  return MONITOR.test(component) ? undefined : RUNTIME_ID.exec(component)?.groups?.['id'];
}

function podOf(component: string): string | undefined {
  const kubernetes = KUBERNETES_POD.exec(component)?.groups?.['uid'];
  return kubernetes?.replaceAll('_', '-') ?? PODMAN_POD.exec(component)?.groups?.['uid'];
}

const UNIT_SUFFIXES = ['.service', '.scope'];
const USER_MANAGER = /^user@(?<uid>\d+)\.service$/;

/**
 * The systemd unit of a path: its innermost service or scope. A unit of a user's own manager is `<unit>@<uid>`, so that
 * the `dbus.service` of a user is not taken for the one of the system. Undefined for processes outside any unit.
 */
export function systemdUnitOf(lines: readonly CgroupLine[]): string | undefined {
  for (const { path } of lines) {
    const components = path.split('/');
    const unit = components.findLast((component) => UNIT_SUFFIXES.some((suffix) => component.endsWith(suffix)));
    if (unit === undefined) continue;
    const manager = components.map((component) => USER_MANAGER.exec(component)?.groups?.['uid']).find(Boolean);
    return manager === undefined || USER_MANAGER.test(unit) ? unit : `${unit}@${manager}`;
  }
  return undefined;
}
