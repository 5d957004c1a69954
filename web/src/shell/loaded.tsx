import type { ReactNode } from 'react';
import type { RequestState } from '../api/index.js';
import { ErrorNotice, Spinner } from '../design/index.js';

interface LoadedProps<Answer> {
  readonly state: RequestState<Answer>;
  /** What is being done: "Loading the files". */
  readonly what: string;
  readonly children: (data: Answer) => ReactNode;
}

/** The three faces of a request: on its way, failed (with what was there before below it), there. */
export function Loaded<Answer>({ state, what, children }: LoadedProps<Answer>): ReactNode {
  const { data, error, loading, retry } = state;
  // While the server is away the shell says so, once for all that is shown from before.
  const isSaidAbove = error?.status === 0 && data !== undefined;
  return (
    <>
      {error !== undefined && !isSaidAbove && <ErrorNotice what={what} error={error} onRetry={retry} />}
      {data !== undefined && (
        <div style={{ display: 'contents' }} aria-busy={loading}>
          {children(data)}
        </div>
      )}
      {data === undefined && error === undefined && <Spinner label={`${what} …`} />}
    </>
  );
}
