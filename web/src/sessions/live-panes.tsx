import type { ReactNode } from 'react';
import { TimeChart } from '../charts/time-chart.js';
import { Notice, Table, type Column } from '../design/index.js';
import { setQuery, useQueryValue } from '../router/index.js';
import { formatCount, formatCounted, formatDurationUs, formatShort, TimeText } from '../time/index.js';
import type { LiveCounters } from './live-counters.js';
import type { CallTotals, Summary } from './session-api.js';
import type { SessionGroup } from './session-groups.js';
import type { TracedEvent } from './slowest-calls.js';
import { useSlowest } from './use-slowest.js';

interface Props {
  readonly id: string;
  readonly group: SessionGroup;
  readonly counters: LiveCounters;
  readonly summary: Summary | undefined;
  readonly summaryProblem: string | undefined;
}

/** What a session has seen, and sees. */
export function LivePanes({ id, group, counters, summary, summaryProblem }: Props): ReactNode {
  const running = group.state === 'running';
  return (
    <div className="session-live">
      <div className="stack">
        {running && <Rates counters={counters} />}
        <Errors summary={summary} />
        <Counters summary={summary} />
        <HookOutput group={group} />
      </div>
      <div className="stack">
        <Calls summary={summary} rates={counters.byName} running={running} problem={summaryProblem} />
        <SlowestPane id={id} running={running} file={group.files[0]} />
      </div>
    </div>
  );
}

function Rates({ counters }: { readonly counters: LiveCounters }): ReactNode {
  const { rates } = counters;
  const now = rates.at(-1)?.eventsPerSecond ?? 0;
  return (
    <section className="pane" aria-label="Events per second">
      <h2>
        {formatCount(now)} <span className="soft">events per second</span>
      </h2>
      <TimeChart
        label={`Events per second; now ${formatCount(now)}`}
        x={rates.map(({ atMs }) => atMs / 1000)}
        series={[
          { title: 'events/s', colour: '--accent', values: rates.map(({ eventsPerSecond }) => eventsPerSecond) },
          { title: 'lost/s', colour: '--error', values: rates.map(({ lostPerSecond }) => lostPerSecond), dashed: true },
        ]}
        format={formatShort}
      />
    </section>
  );
}

interface CallRow extends CallTotals {
  readonly name: string;
  readonly perSecond: number;
  readonly errorCount: number;
}

const SORTS: Readonly<Record<string, (row: CallRow) => number>> = {
  count: ({ count }) => count,
  perSecond: ({ perSecond }) => perSecond,
  total: ({ totalNs }) => totalNs,
  mean: ({ meanNs }) => meanNs,
  p99: ({ p99Ns = 0 }) => p99Ns,
  max: ({ maxNs }) => maxNs,
  errors: ({ errorCount }) => errorCount,
};

interface CallsProps {
  readonly summary: Summary | undefined;
  readonly rates: ReadonlyMap<string, number>;
  readonly running: boolean;
  readonly problem: string | undefined;
}

function Calls({ summary, rates, running, problem }: CallsProps): ReactNode {
  const [sort] = useQueryValue('sort');
  const by = sort in SORTS ? sort : 'total';
  const value = SORTS[by] ?? SORTS['total'];
  const rows = Object.entries(summary?.calls ?? {})
    .map(([name, totals]) => ({
      ...totals,
      name,
      perSecond: rates.get(name) ?? 0,
      errorCount: Object.values(totals.errors).reduce((sum, count) => sum + count, 0),
    }))
    .sort((a, b) => (value?.(b) ?? 0) - (value?.(a) ?? 0));
  const totalNs = rows.reduce((sum, row) => sum + row.totalNs, 0);
  return (
    <section className="pane" aria-label="Calls">
      <h2>Top calls</h2>
      {problem !== undefined && <Notice kind="warn">The summary cannot be read: {problem}</Notice>}
      {rows.length === 0 ? (
        <p className="soft">
          {running ? 'Nothing has been traced yet.' : 'The session has no events with a duration.'}
        </p>
      ) : (
        <Table
          label="Top calls"
          columns={columnsOf(totalNs, running)}
          rows={rows.slice(0, 25)}
          rowKey={({ name }) => name}
          sort={{ key: by, descending: true }}
          onSort={(key) => {
            setQuery({ sort: key }, { replace: true });
          }}
        />
      )}
      {rows.length > 25 && <p className="soft">{rows.length - 25} more names are in the summary of the file.</p>}
    </section>
  );
}

function columnsOf(totalNs: number, running: boolean): Column<CallRow>[] {
  const time = (ns: number | undefined): string => (ns === undefined ? '–' : formatDurationUs(ns / 1000));
  const number = { number: true, sortable: true } as const;
  const rate: Column<CallRow> = { key: 'perSecond', title: '/s', ...number, cell: (row) => formatShort(row.perSecond) };
  return [
    {
      key: 'name',
      title: 'Name',
      cell: (row) => (
        <div className="named-bar">
          <span style={{ width: `${totalNs === 0 ? 0 : (row.totalNs / totalNs) * 100}%` }} />
          <span>{row.name}</span>
        </div>
      ),
    },
    ...(running ? [rate] : []),
    { key: 'count', title: 'Calls', ...number, cell: (row) => formatCount(row.count) },
    { key: 'errors', title: 'Failed', ...number, cell: (row) => formatCount(row.errorCount) },
    { key: 'total', title: 'Total', ...number, cell: (row) => time(row.totalNs) },
    { key: 'mean', title: 'Mean', ...number, cell: (row) => time(row.meanNs) },
    { key: 'p99', title: 'p99', ...number, cell: (row) => time(row.p99Ns) },
    { key: 'max', title: 'Longest', ...number, cell: (row) => time(row.maxNs) },
  ];
}

interface ErrorRow {
  readonly errno: string;
  readonly count: number;
  readonly names: string;
}

const ERROR_COLUMNS: readonly Column<ErrorRow>[] = [
  { key: 'errno', title: 'Error', cell: ({ errno }) => <code>{errno}</code> },
  { key: 'count', title: 'Times', number: true, cell: ({ count }) => formatCount(count) },
  { key: 'names', title: 'Calls', cell: ({ names }) => names },
];

function Errors({ summary }: { readonly summary: Summary | undefined }): ReactNode {
  const byErrno = new Map<string, [name: string, count: number][]>();
  for (const [name, { errors }] of Object.entries(summary?.calls ?? {}))
    for (const [errno, count] of Object.entries(errors))
      byErrno.set(errno, [...(byErrno.get(errno) ?? []), [name, count]]);
  const rows = [...byErrno].map(([errno, calls]) => ({
    errno,
    count: calls.reduce((sum, [, count]) => sum + count, 0),
    names: calls
      .sort((a, b) => b[1] - a[1])
      .slice(0, 6)
      .map(([name, count]) => `${name} ${formatCount(count)}`)
      .join(', '),
  }));
  rows.sort((a, b) => b.count - a.count);
  return (
    <section className="pane" aria-label="Errors">
      <h2>Errors by errno</h2>
      {rows.length === 0 ? (
        <p className="soft">No call has failed.</p>
      ) : (
        <Table label="Errors by errno" columns={ERROR_COLUMNS} rows={rows} rowKey={({ errno }) => errno} />
      )}
    </section>
  );
}

const SLOW_COLUMNS: readonly Column<TracedEvent>[] = [
  { key: 'name', title: 'Call', cell: ({ name }) => name },
  { key: 'dur', title: 'Took', number: true, cell: ({ dur = 0 }) => formatDurationUs(dur) },
  { key: 'who', title: 'Process, thread', number: true, cell: ({ pid, tid }) => `${pid ?? '–'}, ${tid ?? '–'}` },
  { key: 'when', title: 'Began', cell: ({ ts }) => (ts === undefined ? '–' : <TimeText us={ts} fraction={6} />) },
  { key: 'args', title: 'Result', cell: ({ args }) => resultOf(args) },
];

function resultOf(args: TracedEvent['args']): string {
  const { error, ret, unfinished } = args ?? {};
  return [error, unfinished, ret].filter((part) => part !== undefined).map(String)[0] ?? '';
}

function SlowestPane({
  id,
  running,
  file,
}: {
  readonly id: string;
  readonly running: boolean;
  readonly file: string | undefined;
}): ReactNode {
  const { list, seen, skipped, lostNodes, problem } = useSlowest(id, running);
  if (!running && list.length === 0 && file === undefined) return null;
  return (
    <section className="pane" aria-label="Slowest calls">
      <h2>Slowest calls</h2>
      {problem !== undefined && <Notice kind="warn">The events cannot be followed: {problem}</Notice>}
      {lostNodes.map((text) => (
        <Notice key={text} kind="warn">
          Events of a node are missing from here on: {text}
        </Notice>
      ))}
      {skipped > 0 && (
        <Notice kind="warn">
          This page looked at {formatCounted(seen, 'event')} and {formatCount(skipped)} went by unseen, because they
          come faster than a page can read. All are in the file; “Longest” above counts every call.
        </Notice>
      )}
      {list.length === 0 ? (
        <p className="soft">
          {running
            ? 'Waiting for events …'
            : 'They are shown while a session runs; the timeline of the file has them all.'}
        </p>
      ) : (
        <Table
          label="Slowest calls"
          columns={SLOW_COLUMNS}
          rows={list}
          rowKey={({ ts = 0, tid = 0, name, node = '' }) => `${node} ${tid} ${ts} ${name}`}
        />
      )}
      {list.length > 0 && <p className="soft">Of {formatCounted(seen, 'event')} since this view was opened.</p>}
    </section>
  );
}

/** The hook's own numbers, such as unpaired events and resolved paths. */
function Counters({ summary }: { readonly summary: Summary | undefined }): ReactNode {
  const totals = new Map<string, number>();
  for (const { counters } of summary?.nodes ?? [])
    for (const [name, count] of Object.entries(counters)) totals.set(name, (totals.get(name) ?? 0) + count);
  if (totals.size === 0) return null;
  return (
    <section className="pane" aria-label="Counters of the hook">
      <h2>Counters of the hook</h2>
      <dl className="facts">
        {[...totals].map(([name, count]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>{formatCount(count)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function HookOutput({ group }: { readonly group: SessionGroup }): ReactNode {
  const lines = group.sessions.flatMap(({ Node, Output, Error: errors }) =>
    [...(Output ?? []), ...(errors ?? [])].map((line) => (group.nodes.length > 1 ? `${Node}: ${line}` : line)),
  );
  if (lines.length === 0) return null;
  return (
    <section className="pane" aria-label="Output of the hook">
      <h2>Output of the hook</h2>
      <pre className="break" style={{ whiteSpace: 'pre-wrap', maxHeight: '30vh', overflow: 'auto' }}>
        {lines.slice(-200).join('\n')}
      </pre>
    </section>
  );
}
