import type { DecoderContext } from '../native-hook.js';

/**
 * The thread a line is written for. What a thread began may end after the thread itself (a request completes, a
 * connection is closed by the other side); the line is then one of its process, which must have been noted before.
 */
export function livingTid(context: DecoderContext, tid: number, pid: number): number {
  return context.isTraced(tid) ? tid : pid;
}
