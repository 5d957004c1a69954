import { useEffect, useState } from 'react';
import { streamLines } from '../api/index.js';
import { eventsRequest } from './session-api.js';
import { SlowestCalls, type TracedEvent } from './slowest-calls.js';

export interface Slowest {
  readonly list: readonly TracedEvent[];
  readonly seen: number;
  readonly skipped: number;
  readonly lostNodes: readonly string[];
  /** Why the stream is not read any more; undefined while it is, or when it ended with the session. */
  readonly problem?: string;
}

/** Lines that are parsed in a second; more is not read, so that the server skips (and counts) what the page cannot take. */
const LINES_PER_SECOND = 20_000;
const SHOWN_EVERY_MS = 500;
const NOTHING: Slowest = { list: [], seen: 0, skipped: 0, lostNodes: [] };

/** Follows a running session and keeps its slowest events. */
export function useSlowest(id: string, running: boolean): Slowest {
  const [slowest, setSlowest] = useState<Slowest>(NOTHING);
  useEffect(() => {
    if (!running) return undefined;
    const stop = new AbortController();
    const calls = new SlowestCalls();
    const show = (problem?: string): void => {
      const { list, seen, skipped, lostNodes } = calls;
      setSlowest({
        list: [...list],
        seen,
        skipped,
        lostNodes: [...lostNodes],
        ...(problem !== undefined && { problem }),
      });
    };
    const timer = window.setInterval(show, SHOWN_EVERY_MS, undefined);
    follow(id, calls, stop.signal).then(
      () => {
        show();
      },
      (error: unknown) => {
        if (!stop.signal.aborted) show(error instanceof Error ? error.message : String(error));
      },
    );
    return () => {
      window.clearInterval(timer);
      stop.abort();
    };
  }, [id, running]);
  return slowest;
}

async function follow(id: string, calls: SlowestCalls, signal: AbortSignal): Promise<void> {
  let left = LINES_PER_SECOND;
  let until = performance.now() + 1000;
  for await (const lines of streamLines(eventsRequest(id), signal)) {
    for (const line of lines) calls.take(line);
    left -= lines.length;
    const now = performance.now();
    if (left < 0 && now < until) await new Promise((resolve) => setTimeout(resolve, until - now));
    if (left < 0 || now >= until) {
      left = LINES_PER_SECOND;
      until = performance.now() + 1000;
    }
  }
}
