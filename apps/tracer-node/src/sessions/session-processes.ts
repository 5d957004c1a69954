import type { ContainerRef, SeenProcesses } from './session.js';

/** Kept of one session; beyond, those that were seen first are forgotten. */
const MOST_PROCESSES = 20_000;

/**
 * Which process was in which container, over all runs of a session. The trace file knows processes by their numbers only, and
 * when they have ended nothing else does. A number that comes again belongs to the container in which it was seen last.
 */
export class SessionProcesses {
  /** Process → place of its container, in the order in which they were first seen. */
  readonly #places = new Map<number, number>();

  constructor(
    private readonly containers: readonly ContainerRef[],
    before: SeenProcesses = [],
    private readonly most = MOST_PROCESSES,
  ) {
    for (const [place, pids] of before.entries()) this.#note(place, pids);
  }

  /** Takes down who is there now. */
  look(processesOf: (container: ContainerRef) => readonly number[]): void {
    for (const [place, container] of this.containers.entries()) this.#note(place, processesOf(container));
  }

  /** For the record of the session. */
  get seen(): SeenProcesses {
    const seen: number[][] = this.containers.map(() => []);
    for (const [pid, place] of this.#places) seen[place]?.push(pid);
    return seen;
  }

  #note(place: number, pids: readonly number[]): void {
    for (const pid of pids) this.#places.set(pid, place);
    for (const pid of this.#places.keys()) {
      if (this.#places.size <= this.most) return;
      this.#places.delete(pid);
    }
  }
}

/** As the API shows it: pod → container → processes. */
export function processesByPod(
  containers: readonly ContainerRef[],
  seen: SeenProcesses,
): Record<string, Record<string, number[]>> {
  const byPod: Record<string, Record<string, number[]>> = {};
  for (const [place, { key, container }] of containers.entries())
    (byPod[key] ??= {})[container] = [...(seen[place] ?? [])];
  return byPod;
}
