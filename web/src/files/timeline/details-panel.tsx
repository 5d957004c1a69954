import { useEffect, useState, type ReactNode } from 'react';
import type { ApiRequest } from '../../api/index.js';
import { Badge, Button, CopyButton, ErrorNotice, Notice, Spinner } from '../../design/index.js';
import { epochUs, type SliceRef, type TimeBounds } from '../../lanes/index.js';
import { CopyCurl } from '../../shell/index.js';
import { formatDurationUs, TimeText } from '../../time/index.js';
import { recordOf, recordRequest, type EventFull } from './record.js';
import { Fact } from './value-text.js';

interface DetailsProps {
  readonly slice: SliceRef;
  readonly bounds: TimeBounds;
  readonly files: readonly string[];
  readonly onNeighbour: (direction: 1 | -1) => void;
  readonly onZoom: () => void;
  readonly onClose: () => void;
}

/** All of the selected slice, names behind hashes included. */
export function DetailsPanel({ slice, bounds, files, onNeighbour, onZoom, onClose }: DetailsProps): ReactNode {
  const request = recordRequest(slice, bounds, files);
  const { event, error, loading, retry } = useRecord(request, slice);
  return (
    <aside className="tl-panel" aria-label="Selected event">
      <div className="row">
        <h2 className="grow break">{slice.name === '' ? '(no name)' : slice.name}</h2>
        {event?.failed === true && <Badge kind="error">failed</Badge>}
        <Button small look="plain" title="Close the details (Esc)" onClick={onClose}>
          ✕
        </Button>
      </div>
      <div className="row">
        <Button small title="Previous of the same name ([)" onClick={() => onNeighbour(-1)}>
          ← Previous
        </Button>
        <Button small title="Next of the same name (])" onClick={() => onNeighbour(1)}>
          Next →
        </Button>
        <Button small title="Zoom to it (f)" onClick={onZoom}>
          Zoom to it
        </Button>
      </div>
      <dl className="facts">
        <dt>Begins</dt>
        <dd>
          <TimeText us={epochUs(slice.startUs, bounds)} fraction={6} />
        </dd>
        <dt>From the start</dt>
        <dd>{formatDurationUs(slice.startUs)}</dd>
        <dt>Duration</dt>
        <dd>{formatDurationUs(slice.durUs)}</dd>
        {event !== undefined && <Facts event={event} />}
      </dl>
      {error !== undefined && <ErrorNotice what="Loading the event" error={error} onRetry={retry} />}
      {loading && <Spinner label="Loading the arguments …" />}
      {!loading && error === undefined && event === undefined && (
        <Notice kind="warn">The event is no longer in the file.</Notice>
      )}
      {event !== undefined && (
        <>
          <h3>Arguments</h3>
          <dl className="facts" aria-label="Arguments">
            {event.args.map(([key, value]) => (
              <Fact key={key} name={key} value={value} />
            ))}
          </dl>
          {event.args.length === 0 && <p className="soft">It has none.</p>}
          <div className="row">
            <CopyButton text={() => JSON.stringify(event.raw, null, 2)} label="Copy the event as JSON">
              Copy as JSON
            </CopyButton>
            <CopyCurl request={request} />
          </div>
        </>
      )}
    </aside>
  );
}

function Facts({ event: { cat, pid, tid } }: { readonly event: EventFull }): ReactNode {
  return (
    <>
      <dt>Category</dt>
      <dd>{cat === '' ? '–' : cat}</dd>
      <dt>Process, thread</dt>
      <dd>
        {pid} / {tid}
      </dd>
    </>
  );
}

interface RecordState {
  readonly key: string;
  readonly event?: EventFull | undefined;
  readonly error?: Error;
}

function useRecord(request: ApiRequest, slice: SliceRef) {
  const key = JSON.stringify([slice, request.query?.['file']]);
  const [state, setState] = useState<RecordState>({ key: '' });
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    recordOf(request, slice, stop.signal).then(
      (event) => setState({ key, event }),
      (error: unknown) => {
        if (!stop.signal.aborted) setState({ key, error: error instanceof Error ? error : new Error(String(error)) });
      },
    );
    return () => stop.abort();
  }, [key, round]);
  const current = state.key === key;
  return {
    event: current ? state.event : undefined,
    error: current ? state.error : undefined,
    loading: !current,
    retry: () => {
      setState({ key: '' });
      setRound(round + 1);
    },
  };
}
