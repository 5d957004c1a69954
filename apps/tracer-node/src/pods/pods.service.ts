import { Injectable } from '@nestjs/common';
import { ContainerDto, PodDto } from '@tracer/dtos';
import type { Pod, PodContainer } from '@tracer/pods';
import { NodeAgent } from '../agent/node-agent.js';

@Injectable()
export class PodsService {
  constructor(private readonly agent: NodeAgent) {}

  /** The pods of now, by the name under which they are shown. */
  async list(): Promise<Record<string, PodDto>> {
    const pods = [...(await this.agent.pods.scan())].sort(({ key: a }, { key: b }) => (a < b ? -1 : 1));
    return Object.fromEntries(pods.map((pod) => [pod.key, podDto(pod)]));
  }
}

function podDto({ key, name, namespace, uid, labels, containers }: Pod): PodDto {
  const sorted = [...containers.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    Containers: Object.fromEntries(sorted.map((container) => [container.name, containerDto(container, key)])),
    ...(name === key ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(uid === undefined ? {} : { uid }),
    ...labelsOf(labels),
  };
}

function containerDto(container: PodContainer, pod: string): ContainerDto {
  const { name, runtimeId, image, cgroup, pids, parents, labels } = container;
  return {
    Id: name,
    Pod: pod,
    Parent: listOrNull(parents),
    Tasks: listOrNull(pids),
    ...(runtimeId === undefined ? {} : { runtimeId }),
    ...(image === undefined ? {} : { image }),
    ...labelsOf(labels),
    ...(cgroup === undefined ? {} : { cgroup }),
  };
}

/** The published agent writes an empty list as `null`. */
function listOrNull(list: readonly number[]): number[] | null {
  return list.length === 0 ? null : [...list];
}

function labelsOf(labels: Readonly<Record<string, string>>): { labels?: Record<string, string> } {
  return Object.keys(labels).length === 0 ? {} : { labels: { ...labels } };
}
