import { useCallback, useEffect, useState } from 'react';
import { getJson, useConnection, type ApiError } from '../api/index.js';
import { searchRequest, type FoundTrace, type SearchAnswer, type SearchBody } from './span-api.js';

export interface SearchState {
  readonly traces: readonly FoundTrace[];
  /** Spans looked at and found by all pages so far. */
  readonly scanned: number;
  readonly matched: number;
  readonly busy: boolean;
  readonly error: ApiError | undefined;
  /** Absent when all was searched. */
  readonly more?: () => void;
  readonly retry: () => void;
}

interface Pages {
  readonly traces: readonly FoundTrace[];
  readonly scanned: number;
  readonly matched: number;
  readonly next?: string;
}

const NOTHING: Pages = { traces: [], scanned: 0, matched: 0 };

/** The pages of a search, one after another; a new search begins anew and cancels the one before. */
export function useSearch(body: SearchBody | undefined): SearchState {
  const key = JSON.stringify(body);
  const [pages, setPages] = useState<Pages>(NOTHING);
  const [wanted, setWanted] = useState<{ readonly cursor?: string; readonly round: number }>({ round: 0 });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const { epoch } = useConnection();
  useEffect(() => {
    setPages(NOTHING);
    setWanted(({ round }) => ({ round: round + 1 }));
  }, [key, epoch]);
  useEffect(() => {
    if (body === undefined || wanted.round === 0) return undefined;
    const stop = new AbortController();
    const { cursor } = wanted;
    setBusy(true);
    setError(undefined);
    getJson(searchRequest({ ...body, ...(cursor !== undefined && { cursor }) }), { signal: stop.signal }).then(
      (answer) => {
        setPages((before) => added(cursor === undefined ? NOTHING : before, answer));
        setBusy(false);
      },
      (reason: unknown) => {
        if (stop.signal.aborted) return;
        setError(reason as ApiError);
        setBusy(false);
      },
    );
    return () => {
      stop.abort();
    };
    // `wanted` changes whenever `body` does.
  }, [wanted]);
  const retry = useCallback(() => {
    setWanted((before) => ({ ...before, round: before.round + 1 }));
  }, []);
  const { next, ...shown } = pages;
  const more = (): void => {
    if (next !== undefined) setWanted(({ round }) => ({ cursor: next, round: round + 1 }));
  };
  return { ...shown, busy, error, retry, ...(next !== undefined && { more }) };
}

function added(before: Pages, answer: SearchAnswer): Pages {
  return {
    traces: [...before.traces, ...answer.traces],
    scanned: before.scanned + answer.scannedSpans,
    matched: before.matched + answer.matchedSpans,
    ...(answer.next !== undefined && !answer.complete && { next: answer.next }),
  };
}
