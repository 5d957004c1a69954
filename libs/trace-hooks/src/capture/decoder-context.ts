import { readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { EventCatalog } from '../event-format.js';
import type { DecoderContext } from '../native-hook.js';
import type { CaptureClock } from './capture-clock.js';
import { NO_SLOT, type ThreadTable } from './thread-table.js';

export interface ContextParts {
  readonly catalog: EventCatalog;
  readonly threads: ThreadTable;
  readonly clock: CaptureClock;
  readonly procfsPath: string;
}

/** What the decoder of session number `index` may ask. */
export function decoderContext({ catalog, threads, clock, procfsPath }: ContextParts, index: number): DecoderContext {
  return {
    catalog,
    tgidOf: (tid) => {
      const slot = threads.slotOf(tid);
      return slot === NO_SLOT ? tid : (threads.tgid[slot] ?? tid);
    },
    commOf: (tid) => threads.comm(threads.slotOf(tid)),
    isTraced: (tid) => ((threads.sessions[threads.slotOf(tid)] ?? 0) & (1 << index)) !== 0,
    nowNs: () => clock.nowNs(),
    pathOfFd: (tgid, fd) => {
      try {
        return readlinkSync(join(procfsPath, String(tgid), 'fd', String(fd)));
      } catch {
        return undefined; // The process ended, or closed it.
      }
    },
  };
}
