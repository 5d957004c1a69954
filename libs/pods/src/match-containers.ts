import { compileGlob } from './glob.js';
import type { Pod, PodContainer } from './pod.js';

export interface ContainerMatch {
  readonly pod: Pod;
  readonly container: PodContainer;
}

/**
 * The containers that two patterns name (`glob.ts` has the rules); the patterns are independent of each other.
 *
 * A pod answers to its bare name, to `namespace/name` and to the key it is shown under. So a pattern without a
 * namespace means the pods of that name in all namespaces, and one with `/` is how to tell them apart.
 */
export function matchContainers(pods: readonly Pod[], podPattern: string, containerPattern: string): ContainerMatch[] {
  const podMatches = compileGlob(podPattern);
  const containerMatches = compileGlob(containerPattern);
  const found: ContainerMatch[] = [];
  for (const pod of pods) {
    if (!namesOf(pod).some(podMatches)) continue;
    for (const container of pod.containers.values()) {
      if (containerMatches(container.name)) found.push({ pod, container });
    }
  }
  return found;
}

function namesOf({ key, name, namespace }: Pod): string[] {
  return namespace === undefined ? [key, name] : [key, name, `${namespace}/${name}`];
}
