import { useEffect, useState } from 'react';
import { relativeUrl, streamLines, type ApiRequest } from '../api/index.js';
import { LiveEvents, type LiveView } from './live-events.js';

export interface LiveState extends LiveView {
  /** Why the stream is cut at the moment; it is opened again by itself. */
  readonly problem?: string;
}

const SHOWN_EVERY_MS = 300;
const AGAIN_AFTER_MS = 2_000;
const NOTHING: LiveView = { events: [], received: 0, waiting: 0, unseen: 0 };

/** Follows a stream of events; one that is cut goes on where it was. Another request begins anew. */
export function useLiveEvents(requestAfter: (seq: number | undefined) => ApiRequest, held: boolean): LiveState {
  const key = relativeUrl(requestAfter(undefined));
  const [live, setLive] = useState(() => new LiveEvents());
  const [state, setState] = useState<LiveState>(NOTHING);
  useEffect(() => {
    const stop = new AbortController();
    const events = new LiveEvents();
    setLive(events);
    setState(NOTHING);
    let problem: string | undefined;
    const show = (): void => {
      setState((before) => {
        const next = { ...events.view, ...(problem !== undefined && { problem }) };
        return JSON.stringify(counts(next)) === JSON.stringify(counts(before)) ? before : next;
      });
    };
    const timer = window.setInterval(show, SHOWN_EVERY_MS);
    const follow = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        try {
          for await (const lines of streamLines(requestAfter(events.lastSeq), stop.signal)) {
            problem = undefined;
            events.take(lines);
          }
          problem = 'The stream has ended.';
        } catch (error) {
          problem = error instanceof Error ? error.message : String(error);
        }
        await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
      }
    };
    void follow();
    return () => {
      window.clearInterval(timer);
      stop.abort();
    };
  }, [key]);
  useEffect(() => {
    if (held) live.hold();
    else live.goOn();
  }, [live, held]);
  return state;
}

const counts = ({ received, waiting, unseen, problem, events }: LiveState): readonly unknown[] => [
  ...[received, waiting, unseen, problem, events.length],
];
