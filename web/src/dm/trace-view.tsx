import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { getText, type ApiError } from '../api/index.js';
import { Button, Empty, ErrorNotice, Field, Spinner } from '../design/index.js';
import { hrefOf, navigate } from '../router/index.js';
import { CopyCurl } from '../shell/index.js';
import { formatCounted } from '../time/index.js';
import type { DmEvent } from './dm-api.js';
import { traceRequest } from './dm-api.js';
import { EventTable } from './event-table.js';
import { wireEvents } from './wire-events.js';

/** All events of one trace, in the order of their coming. */
export function TraceView({ traceId }: { readonly traceId: string }): ReactNode {
  return (
    <>
      <IdForm label="Trace id" placeholder="source.syncer.task.1" id={traceId} place="trace" />
      {traceId === '' ? (
        <Empty title="Which trace?">
          <p>Give the trace id that a worker logged, such as mysql-1.syncer.shop.42.</p>
        </Empty>
      ) : (
        <Events traceId={traceId} />
      )}
    </>
  );
}

interface IdFormProps {
  readonly label: string;
  readonly placeholder: string;
  readonly id: string;
  readonly place: 'trace' | 'group';
}

/** Goes to a trace or a DDL lock by its id. */
export function IdForm({ label, placeholder, id, place }: IdFormProps): ReactNode {
  const [text, setText] = useState(id);
  return (
    <form
      className="row end"
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault();
        if (text !== '') navigate(hrefOf(['dm', place, text]));
      }}
    >
      <Field
        label={label}
        placeholder={placeholder}
        className="mono"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
      <Button type="submit" disabled={text === ''}>
        Show
      </Button>
    </form>
  );
}

function Events({ traceId }: { readonly traceId: string }): ReactNode {
  const [events, setEvents] = useState<readonly DmEvent[]>();
  const [error, setError] = useState<ApiError>();
  const [round, setRound] = useState(0);
  const request = useMemo(() => traceRequest(traceId), [traceId]);
  useEffect(() => {
    const stop = new AbortController();
    setError(undefined);
    getText(request, { signal: stop.signal }).then(
      (text) => {
        setEvents(wireEvents(text));
      },
      (reason: unknown) => {
        if (!stop.signal.aborted) setError(reason as ApiError);
      },
    );
    return () => {
      stop.abort();
    };
  }, [request, round]);
  if (error !== undefined)
    return (
      <ErrorNotice
        what="Loading the trace"
        error={error}
        onRetry={() => {
          setRound(round + 1);
        }}
      />
    );
  if (events === undefined) return <Spinner label="Loading the trace …" />;
  return (
    <>
      <div className="row">
        <span className="grow soft" role="status">
          {formatCounted(events.length, 'event')}, in the order in which they came
        </span>
        <CopyCurl request={request} />
      </div>
      {events.length === 0 ? <Empty title="No event has this trace id" /> : <EventTable events={events} />}
    </>
  );
}
