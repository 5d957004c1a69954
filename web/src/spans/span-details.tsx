import { useCallback, useEffect, useState, type ReactNode } from 'react';
import type { ApiError } from '../api/index.js';
import { Badge, Button, ErrorNotice, Spinner } from '../design/index.js';
import { Link } from '../router/index.js';
import { CopyCurl } from '../shell/index.js';
import { formatDurationUs, TimeText } from '../time/index.js';
import { textOf } from './cut-text.js';
import { LongText } from './long-text.js';
import { windowRequest } from './span-api.js';
import type { SpanEvent, SpanLink, TraceColumns, TraceRow } from './trace-columns.js';
import { loadSpan } from './trace-loader.js';

interface Props {
  readonly traceId: string;
  readonly spanId: string;
  readonly originNs: bigint;
  readonly columns: TraceColumns;
  /** -1 while the row has not been loaded. */
  readonly place: number;
  readonly onSelect: (place: number | undefined) => void;
}

/** Everything that a span says. */
export function SpanDetails({ traceId, spanId, originNs, columns, place, onSelect }: Props): ReactNode {
  const { span, error, retry } = useSpan(traceId, spanId);
  const same = (step: 1 | -1): void => {
    const [service, name] = [columns.serviceOf(place), columns.nameOf(place)];
    const next = columns.find(place, step, (at) => columns.nameOf(at) === name && columns.serviceOf(at) === service);
    if (next >= 0) onSelect(next);
  };
  return (
    <aside className="details" aria-label="Details of the span">
      <div className="row">
        <h3 className="grow break">{span === undefined ? 'Span' : span.name === '' ? '(no name)' : span.name}</h3>
        <CopyCurl request={windowRequest(traceId, { under: spanId, limit: 1 })} />
        <Button
          small
          title="Close the details"
          onClick={() => {
            onSelect(undefined);
          }}
        >
          Close
        </Button>
      </div>
      {error !== undefined && <ErrorNotice what="Loading the span" error={error} onRetry={retry} />}
      {span === undefined && error === undefined && <Spinner label="Loading the span …" />}
      {span !== undefined && (
        <>
          <Facts span={span} originNs={originNs} />
          <div className="row">
            <Button
              small
              disabled={place < 0}
              onClick={() => {
                same(-1);
              }}
            >
              Before of this name
            </Button>
            <Button
              small
              disabled={place < 0}
              onClick={() => {
                same(1);
              }}
            >
              Next of this name
            </Button>
            <Link to={['spans']} query={{ service: span.service, name: span.name }} className="button small">
              Find others
            </Link>
          </div>
          <Attributes title="Attributes" attributes={span.attributes} />
          <Events events={span.events ?? []} originNs={originNs} />
          <Links links={span.links ?? []} />
          <Attributes title="Resource" attributes={span.resource ?? {}} />
        </>
      )}
    </aside>
  );
}

function useSpan(
  traceId: string,
  spanId: string,
): { readonly span: TraceRow | undefined; readonly error: ApiError | undefined; readonly retry: () => void } {
  const [span, setSpan] = useState<TraceRow>();
  const [error, setError] = useState<ApiError>();
  const [round, setRound] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    setError(undefined);
    loadSpan(traceId, spanId, stop.signal).then(
      (row) => {
        if (row === undefined) setError(new Error(`The trace has no span ${spanId}.`) as ApiError);
        setSpan(row);
      },
      (reason: unknown) => {
        if (!stop.signal.aborted) setError(reason as ApiError);
      },
    );
    return () => {
      stop.abort();
    };
  }, [traceId, spanId, round]);
  const retry = useCallback(() => {
    setRound((before) => before + 1);
  }, []);
  return { span, error, retry };
}

function Facts({ span, originNs }: { readonly span: TraceRow; readonly originNs: bigint }): ReactNode {
  const {
    service,
    remoteService,
    kind,
    id,
    parentId,
    startNs,
    durationNs,
    failed,
    statusMessage,
    dropped,
    shared,
    orphan,
  } = span;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Service', service ?? '(no service)'],
    ['Other side', remoteService],
    ['Kind', kind],
    ['Outcome', failed === true ? <Badge kind="error">failed</Badge> : undefined],
    ['Message', statusMessage === undefined ? undefined : <LongText text={statusMessage} />],
    [
      'Took',
      durationNs === undefined ? (
        'unknown'
      ) : (
        <span title={`${durationNs} ns`}>{formatDurationUs(Number(durationNs) / 1000)}</span>
      ),
    ],
    ['Began', startNs === undefined ? 'unknown' : <Start startNs={startNs} originNs={originNs} />],
    ['Span id', <code key="id">{id}</code>],
    ['Parent', parentId === undefined ? undefined : <code>{parentId}</code>],
    ['Place', orphan === true ? 'its parent has not arrived' : undefined],
    ['Shared', shared === true ? 'both sides report under one id' : undefined],
    [
      'Cut',
      dropped === undefined
        ? undefined
        : `${dropped} attributes, events or links went beyond the limits and were not kept`,
    ],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) =>
        value === undefined ? null : (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function Start({ startNs, originNs }: { readonly startNs: string; readonly originNs: bigint }): ReactNode {
  const afterUs = Number(BigInt(startNs) - originNs) / 1000;
  return (
    <>
      <TimeText us={BigInt(startNs) / 1000n} fraction={6} />
      <span className="soft"> {afterUs === 0 ? 'at the start' : `${formatDurationUs(afterUs)} after the start`}</span>
    </>
  );
}

function Attributes({
  title,
  attributes,
}: {
  readonly title: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}): ReactNode {
  const entries = Object.entries(attributes);
  if (entries.length === 0) return null;
  return (
    <section aria-label={title}>
      <h4>{title}</h4>
      <dl className="facts attributes">
        {entries.map(([key, value]) => (
          <div key={key} style={{ display: 'contents' }}>
            <dt className="break">{key}</dt>
            <dd>
              <LongText text={textOf(value)} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Events({ events, originNs }: { readonly events: readonly SpanEvent[]; readonly originNs: bigint }): ReactNode {
  if (events.length === 0) return null;
  return (
    <section aria-label="Events">
      <h4>Events ({events.length})</h4>
      {events.slice(0, 200).map(({ timeNs, name, attributes }, at) => (
        <div key={at} className="event">
          <div>
            <strong className="break">{name}</strong> <Start startNs={timeNs} originNs={originNs} />
          </div>
          <Attributes title="" attributes={attributes} />
        </div>
      ))}
      {events.length > 200 && (
        <p className="soft">{events.length - 200} more events are in the download of the trace.</p>
      )}
    </section>
  );
}

function Links({ links }: { readonly links: readonly SpanLink[] }): ReactNode {
  if (links.length === 0) return null;
  return (
    <section aria-label="Links">
      <h4>Links ({links.length})</h4>
      {links.slice(0, 200).map(({ traceId, spanId, attributes }, at) => (
        <div key={at} className="event">
          <Link to={['spans', 'trace', traceId]} query={{ span: spanId }}>
            <code>{traceId}</code>
          </Link>
          <Attributes title="" attributes={attributes} />
        </div>
      ))}
    </section>
  );
}
