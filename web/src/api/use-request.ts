import { useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { ApiError } from './api-error.js';
import { relativeUrl, type ApiRequest } from './api-request.js';
import { getJson } from './client.js';
import { connection, subscribeConnection, type Connection } from './connection.js';

export interface RequestState<Answer> {
  /** The last good answer of this view; while the next one is on its way it stays, so that nothing flickers. */
  readonly data: Answer | undefined;
  readonly error: ApiError | undefined;
  readonly loading: boolean;
  readonly request: ApiRequest<Answer> | undefined;
  /** Asks again. */
  readonly retry: () => void;
}

interface UseRequestOptions {
  /** Asks again so often, for what changes by itself. Hidden tabs do not ask. */
  readonly everyMs?: number;
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribeConnection, connection);
}

/**
 * The answer to a request, asked anew when the request changes; `undefined` asks nothing. A request that is no longer
 * wanted is cancelled. After a failure it is asked again when the server is back or a token was given.
 */
export function useRequest<Answer>(
  request: ApiRequest<Answer> | undefined,
  { everyMs }: UseRequestOptions = {},
): RequestState<Answer> {
  const key = request === undefined ? '' : JSON.stringify([request.method, relativeUrl(request), request.body]);
  const latest = useRef(request);
  latest.current = request;
  const [answer, setAnswer] = useState<{ key: string; data?: Answer; error?: ApiError }>({ key: '' });
  const [round, setRound] = useState(0);
  const [busy, setBusy] = useState(false);
  const retry = useCallback(() => {
    setRound((before) => before + 1);
  }, []);

  useEffect(() => {
    const wanted = latest.current;
    if (wanted === undefined) return undefined;
    const stop = new AbortController();
    setBusy(true);
    getJson(wanted, { signal: stop.signal }).then(
      (data) => {
        setAnswer({ key, data });
        setBusy(false);
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        setAnswer((before) => ({ ...before, key, error: asApiError(error, wanted) }));
        setBusy(false);
      },
    );
    return () => {
      stop.abort();
    };
  }, [key, round]);

  const failed = answer.error !== undefined;
  const { epoch } = useConnection();
  const seenEpoch = useRef(epoch);
  useEffect(() => {
    if (epoch !== seenEpoch.current && failed) retry();
    seenEpoch.current = epoch;
  }, [epoch, failed, retry]);

  usePolling(everyMs, busy, retry);
  const current = answer.key === key;
  return {
    data: request === undefined ? undefined : answer.data,
    error: current ? answer.error : undefined,
    loading: request !== undefined && (busy || !current),
    request,
    retry,
  };
}

function usePolling(everyMs: number | undefined, busy: boolean, ask: () => void): void {
  useEffect(() => {
    if (everyMs === undefined || busy) return undefined;
    const timer = window.setInterval(() => {
      if (!document.hidden) ask();
    }, everyMs);
    return () => {
      window.clearInterval(timer);
    };
  }, [everyMs, busy, ask]);
}

function asApiError(error: unknown, request: ApiRequest): ApiError {
  if (error instanceof ApiError) return error;
  return new ApiError(error instanceof Error ? error.message : String(error), 0, request);
}
