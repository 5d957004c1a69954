import { matchContainers } from '../../../libs/pods/src/match-containers.js';
import { isMalformedGlob } from '../../../libs/pods/src/glob.js';
import type { Container, Pods } from './session-api.js';
import { patternFor } from './wildcard.js';

/** A container with its pod, as a line of the list that one chooses from. */
export interface Candidate {
  /** Unique: node, pod and container. */
  readonly key: string;
  readonly pod: string;
  readonly container: Container;
  readonly namespace?: string;
}

export interface PatternPair {
  readonly pod: string;
  readonly container: string;
}

export function candidatesOf(pods: Pods): Candidate[] {
  return Object.entries(pods)
    .flatMap(([pod, { Containers, namespace }]) =>
      Object.values(Containers).map((container) => ({
        key: `${container.node}/${pod}/${container.Id}`,
        pod,
        container,
        ...(namespace !== undefined && { namespace }),
      })),
    )
    .sort((a, b) => (a.key < b.key ? -1 : 1));
}

/**
 * The keys of the candidates that two patterns match, by the code that the agents match with. An agent looks again when the
 * session is made, and again while it runs: what has come since then is traced as well.
 */
export function matchedKeys(pods: Pods, { pod, container }: PatternPair): Set<string> {
  const keys = new Set<string>();
  for (const [key, { Containers, name = key, namespace }] of Object.entries(pods)) {
    const containers = Object.values(Containers);
    // A node knows its own containers only, so each is asked for by itself: two nodes may have one name.
    for (const one of containers) {
      const candidate = { labels: {}, pids: [], parents: [], name: one.Id };
      const asPod = { key, name, labels: {}, containers: new Map([[one.Id, candidate]]) };
      const match = matchContainers([{ ...asPod, ...(namespace !== undefined && { namespace }) }], pod, container);
      if (match.length > 0) keys.add(`${one.node}/${key}/${one.Id}`);
    }
  }
  return keys;
}

/** Why a pattern can never match; undefined when it can. */
export function patternProblem(pattern: string): string | undefined {
  if (pattern === '') return 'Give a name or a pattern; * means all.';
  return isMalformedGlob(pattern) ? 'This pattern is not closed: check [ ] and \\.' : undefined;
}

/** The narrowest two patterns for some candidates. Pods and containers are matched independently of each other. */
export function patternsFor(chosen: readonly Candidate[], all: readonly Candidate[]): PatternPair {
  const names = (list: readonly Candidate[], of: (one: Candidate) => string): string[] => [...new Set(list.map(of))];
  const podOf = (one: Candidate): string => one.pod;
  const nameOf = (one: Candidate): string => one.container.Id;
  const pods = names(chosen, podOf);
  const inPods = all.filter((one) => pods.includes(one.pod));
  const everyOne = inPods.every((one) => chosen.includes(one));
  return {
    pod: patternFor(pods, names(all, podOf)).pattern,
    container: everyOne ? '*' : patternFor(names(chosen, nameOf), names(inPods, nameOf)).pattern,
  };
}
