import type { EngineRun } from './engine.js';

/** Somebody who wants the lines of a session as they are written. Called often: must be quick, and never throws. */
export interface Follower {
  /** Whole lines of the trace file. The buffer may be kept, but not changed. */
  lines(lines: Buffer): void;
  /** The run is over, or the session is gone. Nothing comes after this. */
  end(reason: string): void;
}

/** Fans the lines of one session out. While nobody follows, the run is not asked for lines at all. */
export class Followers {
  readonly #followers = new Set<Follower>();
  #run: EngineRun | undefined;
  #stopTail: (() => void) | undefined;

  get size(): number {
    return this.#followers.size;
  }

  /** Returns a function that ends following without a call of `end`. */
  add(follower: Follower): () => void {
    this.#followers.add(follower);
    this.#listen();
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#silence();
    };
  }

  /** The session runs: lines come from now on. */
  attach(run: EngineRun): void {
    this.#run = run;
    this.#listen();
  }

  end(reason: string): void {
    this.#silence();
    this.#run = undefined;
    const followers = [...this.#followers];
    this.#followers.clear();
    for (const follower of followers) follower.end(reason);
  }

  #listen(): void {
    if (this.#followers.size === 0 || this.#stopTail !== undefined) return;
    this.#stopTail = this.#run?.tail((lines) => {
      for (const follower of this.#followers) follower.lines(lines);
    });
  }

  #silence(): void {
    this.#stopTail?.();
    this.#stopTail = undefined;
  }
}

/**
 * Follows all of the sessions, or none and throws what the first refusal says: a session that is over must not leave the
 * others with a follower that nobody takes away. Returns a function that ends following.
 */
export function followAll(
  sessions: readonly { follow(follower: Follower): () => void }[],
  follower: Follower,
): () => void {
  const leave: (() => void)[] = [];
  const leaveAll = (): void => {
    for (const stop of leave) stop();
  };
  try {
    for (const session of sessions) leave.push(session.follow(follower));
  } catch (error) {
    leaveAll();
    throw error;
  }
  return leaveAll;
}
