import { useState, type ReactNode } from 'react';
import { relativeUrl, send, token, type ApiRequest } from '../api/index.js';
import { Button, ErrorNotice } from '../design/index.js';

interface Props {
  readonly request: ApiRequest;
  /** Name of the file that is offered. */
  readonly file: string;
  readonly small?: boolean;
  readonly children: ReactNode;
}

/** Saves the answer to a request as a file; a refusal is shown in the words of the server. */
export function DownloadButton({ request, file, small = false, children }: Props): ReactNode {
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const download = (): void => {
    setBusy(true);
    setError(undefined);
    saveAnswer(request, file)
      .catch((reason: unknown) => {
        setError(reason instanceof Error ? reason : new Error(String(reason)));
      })
      .finally(() => {
        setBusy(false);
      });
  };
  return (
    <>
      <Button small={small} disabled={busy} onClick={download}>
        {busy ? 'Preparing …' : children}
      </Button>
      {error !== undefined && <ErrorNotice what={`Saving ${file}`} error={error} onRetry={download} />}
    </>
  );
}

/**
 * Without a token the browser downloads by itself, of any size. A download cannot carry a token, so with one the answer
 * goes through memory. Either way a refusal is thrown: the head of the answer is looked at first.
 */
export async function saveAnswer(request: ApiRequest, file: string): Promise<void> {
  const stop = new AbortController();
  const answer = await send(request, { signal: stop.signal });
  if (token() === undefined) {
    stop.abort();
    click(relativeUrl(request), file);
    return;
  }
  const url = URL.createObjectURL(await answer.blob());
  click(url, file);
  window.setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
}

function click(href: string, file: string): void {
  const link = document.createElement('a');
  link.href = href;
  link.download = file;
  link.click();
}
