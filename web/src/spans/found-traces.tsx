import type { ReactNode } from 'react';
import { Badge, Button, Table, type Column } from '../design/index.js';
import { hrefOf, Link, navigate, setQuery, useRoute } from '../router/index.js';
import { formatCount, formatDurationUs, TimeText } from '../time/index.js';
import type { FoundTrace } from './span-api.js';

/** What a trace is called: its root, or the span that was found when the root has not arrived. */
export function titleOf({ root, match }: FoundTrace): string {
  const { service, name } = root ?? match;
  return `${service === '' ? '(no service)' : service}: ${name === '' ? '(no name)' : name}`;
}

/** Found traces as a table; two of them can be picked to be compared. */
export function FoundTraces({ traces }: { readonly traces: readonly FoundTrace[] }): ReactNode {
  const { query } = useRoute();
  const picked = query.getAll('pick');
  const longestUs = traces.reduce((most, { durationUs = 0 }) => Math.max(most, durationUs), 1);
  const pick = (id: string, on: boolean): void => {
    setQuery({ pick: on ? [...picked, id].slice(-2) : picked.filter((other) => other !== id) }, { replace: true });
  };
  return (
    <>
      <Table
        label="Traces"
        columns={columnsOf(longestUs, picked, pick)}
        rows={traces}
        rowKey={({ traceId }) => traceId}
        selected={({ traceId }) => picked.includes(traceId)}
        onRow={({ traceId }) => {
          navigate(hrefOf(['spans', 'trace', traceId]));
        }}
      />
      {picked.length > 0 && (
        <div className="row picked">
          <span>{picked.length === 1 ? 'Pick a second trace to compare.' : 'Two traces are picked.'}</span>
          {picked.length === 2 && (
            <Link to={['spans', 'compare']} query={{ a: picked[0], b: picked[1] }} className="button primary">
              Compare them
            </Link>
          )}
          <Button
            onClick={() => {
              setQuery({ pick: undefined }, { replace: true });
            }}
          >
            Pick none
          </Button>
        </div>
      )}
    </>
  );
}

function columnsOf(
  longestUs: number,
  picked: readonly string[],
  pick: (id: string, on: boolean) => void,
): Column<FoundTrace>[] {
  return [
    {
      key: 'pick',
      title: <span className="visually-hidden">Compare</span>,
      cell: ({ traceId }) => (
        <input
          type="checkbox"
          aria-label={`Compare trace ${traceId}`}
          checked={picked.includes(traceId)}
          onClick={(event) => {
            event.stopPropagation();
          }}
          onChange={(event) => {
            pick(traceId, event.target.checked);
          }}
        />
      ),
    },
    {
      key: 'trace',
      title: 'Trace',
      cell: (trace) => (
        <>
          <Link to={['spans', 'trace', trace.traceId]}>{titleOf(trace)}</Link>
          {trace.root === undefined && <Badge kind="warn">root is missing</Badge>}
          <div className="soft mono small">{trace.traceId}</div>
        </>
      ),
    },
    {
      key: 'duration',
      title: 'Duration',
      cell: ({ durationUs }) => (
        <div className="duration">
          <div className="bar">
            <span style={{ width: `${((durationUs ?? 0) / longestUs) * 100}%` }} />
          </div>
          {durationUs === undefined ? 'unknown' : formatDurationUs(durationUs)}
        </div>
      ),
    },
    { key: 'spans', title: 'Spans', number: true, cell: ({ spanCount }) => formatCount(spanCount) },
    {
      key: 'errors',
      title: 'Failed',
      number: true,
      cell: ({ errorCount }) => (errorCount === 0 ? '0' : <Badge kind="error">{formatCount(errorCount)}</Badge>),
    },
    { key: 'matched', title: 'Matching', number: true, cell: ({ matchedSpans }) => formatCount(matchedSpans) },
    {
      key: 'services',
      title: 'Services',
      cell: ({ services }) => (
        <span title={services.join('\n')}>
          {services.slice(0, 3).join(', ')}
          {services.length > 3 ? ` and ${services.length - 3} more` : ''}
        </span>
      ),
    },
    {
      key: 'start',
      title: 'Began',
      cell: ({ startUs }) => (startUs === undefined ? 'unknown' : <TimeText us={startUs} relative />),
    },
  ];
}
