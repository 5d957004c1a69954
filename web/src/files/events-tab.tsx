import { useCallback, useEffect, useState, type ReactNode } from 'react';
import { ApiError, relativeUrl, streamLines, type ApiRequest } from '../api/index.js';
import {
  Badge,
  Button,
  CopyButton,
  Dialog,
  Empty,
  ErrorNotice,
  Notice,
  Spinner,
  VirtualRows,
} from '../design/index.js';
import { CopyCurl } from '../shell/index.js';
import { formatCounted, formatDurationUs, formatTimeUs, type TimeZoneMode, useTimeZone } from '../time/index.js';
import { withTimes } from './event-choice.js';
import { EventLines, type LinesState } from './event-lines.js';
import type { TabProps } from './tab-props.js';
import { eventOf, type EventFull } from './timeline/record.js';
import { Fact } from './timeline/value-text.js';

/** About a hundred MB of text: what a tab can hold without being slow. */
const MOST_LINES = 200_000;
const ROW_PX = 28;
const SHOWN_ARGS_CHARS = 400;

/** Every event, one after the other, read from the server as far as one scrolls. */
export default function EventsTab({ choice }: TabProps): ReactNode {
  const request: ApiRequest = {
    path: '/api/v1/events/stream',
    query: { ...withTimes(choice), metadata: 'none', resolve: 1 },
  };
  // Another choice is another list, without the event that was open in this one.
  return <EventList key={relativeUrl(request)} request={request} />;
}

function EventList({ request }: { readonly request: ApiRequest }): ReactNode {
  const { lines, state, retry } = useEventLines(request);
  const [open, setOpen] = useState<EventFull>();
  const onView = useCallback((_: number, to: number) => lines?.want(to), [lines]);
  const zone = useTimeZone();
  if (state.error !== undefined && state.count === 0)
    return <ErrorNotice what="Reading the events" error={asError(state.error)} onRetry={retry} />;
  if (state.done && state.count === 0)
    return (
      <Empty title="No event fits">
        <p>Change or clear the filter.</p>
      </Empty>
    );
  return (
    <div className="stack">
      <div className="row">
        <span className="grow soft" role="status">
          {formatCounted(state.count, 'event')} {state.done ? 'in all' : 'read so far; scroll for more'}
        </span>
        <CopyCurl request={request} />
      </div>
      {state.error !== undefined && (
        <ErrorNotice what="Reading further events" error={asError(state.error)} onRetry={retry} />
      )}
      {state.full && (
        <Notice kind="warn">
          The first {formatCounted(MOST_LINES, 'event')} are shown; there are more. Narrow the filter or the time to see
          them.
        </Notice>
      )}
      <div className="panel event-scroll">
        <div className="event-line head" aria-hidden="true">
          {['Begins', 'Name', 'Category', 'Process', 'Thread', 'Duration', 'Arguments'].map((title) => (
            <span key={title}>{title}</span>
          ))}
        </div>
        {state.count === 0 ? (
          <Spinner label="Reading the events …" />
        ) : (
          <VirtualRows
            label="Events"
            count={state.count}
            rowHeight={ROW_PX}
            height="calc(100vh - 330px)"
            onView={onView}
            row={(index) => <EventLine line={lines?.line(index)} zone={zone} onOpen={setOpen} />}
          />
        )}
      </div>
      {open !== undefined && <EventDialog event={open} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new ApiError(String(error), 0, { path: '' });
const NOTHING: LinesState = { count: 0, done: false, full: false, error: undefined };

function useEventLines(request: ApiRequest) {
  const key = relativeUrl(request);
  const [round, setRound] = useState(0);
  const [lines, setLines] = useState<EventLines>();
  const [state, setState] = useState(NOTHING);
  useEffect(() => {
    const stop = new AbortController();
    const created = new EventLines(streamLines(request, stop.signal), setState, MOST_LINES);
    setState(NOTHING);
    setLines(created);
    created.want(0);
    return () => {
      created.close();
      stop.abort();
    };
  }, [key, round]);
  return { lines, state, retry: () => setRound(round + 1) };
}

interface EventLineProps {
  readonly line: string | undefined;
  readonly zone: TimeZoneMode;
  readonly onOpen: (event: EventFull) => void;
}

function EventLine({ line, zone, onOpen }: EventLineProps): ReactNode {
  const event = line === undefined ? undefined : eventOf(line);
  if (event === undefined) return <div className="event-line soft">{line?.slice(0, SHOWN_ARGS_CHARS)}</div>;
  const args = event.args.map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return (
    <div className={`event-line ${event.failed ? 'failed' : ''}`}>
      <span className="mono">{Number.isFinite(event.tsUs) ? formatTimeUs(event.tsUs, zone, 6) : 'no time'}</span>
      <span>
        <Button small look="plain" className="event-name" onClick={() => onOpen(event)}>
          {event.name === '' ? '(no name)' : event.name}
        </Button>
      </span>
      <span>{event.cat}</span>
      <span>{event.pid}</span>
      <span>{event.tid}</span>
      <span>{event.durUs === undefined ? '' : formatDurationUs(event.durUs)}</span>
      <span className="mono soft">{args.join(' ').slice(0, SHOWN_ARGS_CHARS)}</span>
    </div>
  );
}

function EventDialog({ event, onClose }: { readonly event: EventFull; readonly onClose: () => void }): ReactNode {
  return (
    <Dialog title={event.name === '' ? '(no name)' : event.name} onClose={onClose}>
      {event.failed && <Badge kind="error">failed</Badge>}
      <dl className="facts">
        {[...Object.entries(event.raw).filter(([key]) => key !== 'args'), ...event.args].map(([key, value], at) => (
          <Fact key={`${key} ${at}`} name={key} value={value} />
        ))}
      </dl>
      <CopyButton text={() => JSON.stringify(event.raw, null, 2)} label="Copy the event as JSON">
        Copy as JSON
      </CopyButton>
    </Dialog>
  );
}
