import type { Tasks } from './engine.js';

/** Who of a session's processes and threads is known already. Those that ended are forgotten: their ids come again. */
export class TaskCensus {
  #pids: ReadonlySet<number>;
  #tids: ReadonlySet<number>;

  constructor(first: Tasks) {
    this.#pids = new Set(first.pids);
    this.#tids = new Set(first.tids);
  }

  /** Those of the present tasks that were not there before. */
  newcomers(present: Tasks): Tasks {
    const pids = present.pids.filter((pid) => !this.#pids.has(pid));
    const tids = present.tids.filter((tid) => !this.#tids.has(tid));
    this.#pids = new Set(present.pids);
    this.#tids = new Set(present.tids);
    return { pids, tids };
  }
}
