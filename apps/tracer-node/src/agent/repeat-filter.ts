import type { Log } from '@tracer/base';

const REMEMBERED = 1000;

/**
 * A log for what is done every second: the same warning with the same facts is passed on once in `quietMs`, so that one
 * broken container is one line and not one a second.
 */
export function withoutRepeats(log: Log, quietMs: number, now: () => number = () => performance.now()): Log {
  const saidAtMs = new Map<string, number>();
  const isNew = (facts: object, message: string): boolean => {
    const key = `${message} ${JSON.stringify(facts)}`;
    const atMs = saidAtMs.get(key);
    if (atMs !== undefined && now() - atMs < quietMs) return false;
    saidAtMs.delete(key);
    saidAtMs.set(key, now());
    // The one that was said longest ago comes first.
    for (const [oldest] of saidAtMs) {
      if (saidAtMs.size <= REMEMBERED) break;
      saidAtMs.delete(oldest);
    }
    return true;
  };
  return {
    info: (facts, message) => {
      log.info(facts, message);
    },
    warn: (facts, message) => {
      if (isNew(facts, message)) log.warn(facts, message);
    },
    error: (facts, message) => {
      log.error(facts, message);
    },
  };
}
