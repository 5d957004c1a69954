import type { DecoderContext } from '../native-hook.js';
import type { RawEvent } from '../raw-event.js';
import { BoundedMap } from './bounded-map.js';

const MAX_ENDED = 1024;

/**
 * Names of threads, for a little while also of those that have ended: the last things a thread does (telling its
 * parent, waking who waits for it) come after the event of its exit.
 */
export class ThreadNames {
  readonly #context: DecoderContext;
  readonly #ended = new BoundedMap<number, string>(MAX_ENDED);

  constructor(context: DecoderContext) {
    this.#context = context;
  }

  /** @param exit a sched_process_exit */
  ended(exit: RawEvent): void {
    this.#ended.set(exit.tid, exit.text('comm'));
  }

  /** `,"<key>":"<name>"`, or nothing for a thread of an unknown name. */
  member(key: string, tid: number): string {
    const name = this.#context.commOf(tid) || this.#ended.get(tid);
    return name === undefined ? '' : `,"${key}":${JSON.stringify(name)}`;
  }
}
