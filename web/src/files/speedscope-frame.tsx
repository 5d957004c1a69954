import { useEffect, useState, type ReactNode } from 'react';
import { getText, relativeUrl, type ApiRequest, type QueryValue } from '../api/index.js';
import { ErrorNotice, Spinner } from '../design/index.js';

interface FrameProps {
  readonly query: Readonly<Record<string, QueryValue>>;
  readonly name: string;
}

/**
 * speedscope, as it was published, beside the page. The profile is loaded here, with the token where one is needed, and
 * handed over as a blob: nothing leaves the browser.
 */
export default function SpeedscopeFrame({ query, name }: FrameProps): ReactNode {
  const request: ApiRequest = { path: '/api/v1/export', query: { ...query, format: 'speedscope' } };
  const key = relativeUrl(request);
  const [state, setState] = useState<{ readonly key: string; readonly url?: string; readonly error?: Error }>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let url: string | undefined;
    getText(request, { signal: stop.signal }).then(
      (text) => {
        url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
        setState({ key, url });
      },
      (error: unknown) => {
        if (!stop.signal.aborted) setState({ key, error: error instanceof Error ? error : new Error(String(error)) });
      },
    );
    return () => {
      stop.abort();
      if (url !== undefined) URL.revokeObjectURL(url);
    };
  }, [key, round]);
  if (state?.key !== key) return <Spinner label="Loading the calls of the thread …" />;
  if (state.error !== undefined)
    return <ErrorNotice what="Loading the calls" error={state.error} onRetry={() => setRound(round + 1)} />;
  const place = new URLSearchParams({ profileURL: state.url ?? '', title: name }).toString().replaceAll('+', '%20');
  return <iframe className="speedscope" title={`speedscope: ${name}`} src={`speedscope/index.html#${place}`} />;
}
