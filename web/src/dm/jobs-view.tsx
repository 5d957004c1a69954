import { useMemo, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Badge, Button } from '../design/index.js';
import { Link, setQuery, useRoute } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatCount, formatCounted } from '../time/index.js';
import { ChainLine } from './chain-line.js';
import { jobsRequest, type TraceJobs } from './dm-api.js';
import { FilterForm, valuesOf, type FilterField } from './filter-form.js';
import { jobChains, outcomesOf } from './job-chain.js';
import { NoEvents } from './no-events.js';

const FIELDS: readonly FilterField[] = [
  { key: 'source', label: 'Upstream' },
  { key: 'task', label: 'Task' },
  {
    key: 'outcome',
    label: 'Jobs that are',
    options: [
      ['', 'anything'],
      ['stuck', 'stuck'],
      ['error', 'failed'],
      ['queued', 'queued'],
      ['success', 'done'],
      ['skipped', 'skipped'],
      ['lone error', 'failed, never announced'],
      ['lone success', 'done, never announced'],
    ],
  },
  {
    key: 'stuckAfterMs',
    label: 'Stuck when queued for',
    options: [
      ['1000', 'a second'],
      ['10000', '10 seconds'],
      ['', 'a minute'],
      ['600000', '10 minutes'],
      ['3600000', 'an hour'],
    ],
  },
];

/** Changes with what became of their jobs, the newest first. */
export function JobsView(): ReactNode {
  const { query } = useRoute();
  const values = valuesOf(query, FIELDS);
  const cursor = query.get('cursor') ?? '';
  const request = useMemo(() => jobsRequest({ ...values, cursor }), [JSON.stringify(values), cursor]);
  const state = useRequest(request);
  return (
    <>
      <FilterForm label="Find jobs" fields={FIELDS} />
      <Loaded state={state} what="Loading the jobs">
        {({ traces, next }) => (
          <>
            <div className="row">
              <span className="grow soft" role="status">
                {formatCounted(traces.length, 'trace')}
                {[...outcomesOf(traces)].map(([outcome, count]) => `, ${formatCount(count)} ${outcome}`).join('')}
              </span>
              <Button small onClick={state.retry}>
                Look again
              </Button>
              <CopyCurl request={request} />
            </div>
            {traces.length === 0 && next === undefined && (
              <NoEvents filtered={Object.keys(values).length > 0 || cursor !== ''} />
            )}
            {traces.map((trace) => (
              <TraceCard key={trace.trace} trace={trace} />
            ))}
            {next !== undefined && (
              <div className="row">
                <Button
                  onClick={() => {
                    setQuery({ cursor: next });
                  }}
                >
                  Older ones
                </Button>
              </div>
            )}
          </>
        )}
      </Loaded>
    </>
  );
}

export function TraceCard({ trace }: { readonly trace: TraceJobs }): ReactNode {
  const { traceId, spanTraceId, source, task, binlog, eventsLeft } = trace;
  const chains = useMemo(() => jobChains(trace), [trace]);
  const [read] = binlog;
  return (
    <section className="pane" aria-label={`Trace ${traceId}`}>
      <div className="row">
        <h2 className="break">
          <Link to={['dm', 'trace', traceId]}>{traceId}</Link>
        </h2>
        {source !== undefined && <Badge>{source}</Badge>}
        {task !== undefined && <Badge>{task}</Badge>}
        {read?.position !== undefined && (
          <span className="soft break">
            {read.position.name}:{read.position.pos}
          </span>
        )}
        <span className="grow" />
        {spanTraceId !== undefined && (
          <Link to={['spans', 'trace', spanTraceId]} className="button small">
            As a waterfall
          </Link>
        )}
      </div>
      {chains.map((chain, at) => (
        <ChainLine key={at} chain={chain} />
      ))}
      {chains.length === 0 && <p className="soft">Read from the binlog; no job has been reported.</p>}
      {eventsLeft > 0 && (
        <p className="soft">{formatCount(eventsLeft)} more events of this trace are not considered here.</p>
      )}
    </section>
  );
}
