import { useState, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { type Column, Figure, Notice, Table } from '../design/index.js';
import { hrefOf, Link, navigate, useRoute, withQuery } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatBytes, formatCount, formatDurationUs } from '../time/index.js';
import { queryBody, withTimes, withWindow } from './event-choice.js';
import {
  groupsRequest,
  histogramRequest,
  namesRequest,
  type GroupsAnswer,
  type HistogramAnswer,
  type NameTotals,
} from './files-api.js';
import type { TabProps } from './tab-props.js';

const MOST_NAMES = 500;
const MOST_GROUPS = 200;

/** Where the time went: by name, category, process and file, and how long calls took. */
export default function SummaryTab({ choice, bounds }: TabProps): ReactNode {
  const names = useRequest(namesRequest({ ...withTimes(choice), limit: MOST_NAMES }));
  const histogram = useRequest(histogramRequest({ ...withWindow(choice, bounds), per_octave: 2 }));
  return (
    <div className="stack">
      <Loaded state={histogram} what="Counting the durations">
        {(answer) => <Durations answer={answer} curl={<CopyCurl request={histogram.request} />} />}
      </Loaded>
      <Loaded state={names} what="Adding up the names">
        {({ names: rows, truncated, total, left_out: leftOut }) => (
          <section className="panel">
            <h2 className="row">
              <span className="grow">Names by time</span>
              <CopyCurl request={names.request} />
            </h2>
            {(truncated || leftOut > 0) && (
              <Notice kind="warn">
                {formatCount(rows.length)} of {formatCount(total)} names are shown
                {leftOut > 0 ? `; ${formatCount(leftOut)} events of further names are not counted` : ''}.
              </Notice>
            )}
            <Names rows={rows} />
          </section>
        )}
      </Loaded>
      <div className="summary-groups">
        <Groups title="Categories" by={['cat']} choice={choice} bounds={bounds} />
        <Groups title="Processes" by={['hostname', 'pid']} choice={choice} bounds={bounds} />
        <Groups title="Files that were read and written" by={['fname']} choice={choice} bounds={bounds} />
        <Groups title="Sizes of reads and writes" by={['size']} choice={choice} bounds={bounds} />
      </div>
    </div>
  );
}

type SortKey = 'name' | 'cat' | 'count' | 'total_us' | 'mean_us' | 'max_us';

function Names({ rows }: { readonly rows: readonly NameTotals[] }): ReactNode {
  const { query } = useRoute();
  const [sort, setSort] = useState<{ key: SortKey; descending: boolean }>({ key: 'total_us', descending: true });
  const all = rows.reduce((sum, row) => sum + row.total_us, 0);
  const columns: Column<NameTotals>[] = [
    {
      key: 'name',
      title: 'Name',
      sortable: true,
      cell: ({ name }) => (
        <Link to={['files', 'timeline']} query={withQuery(query, { find: name ?? '' })} title="Show in the timeline">
          {name ?? '(no name)'}
        </Link>
      ),
    },
    { key: 'cat', title: 'Category', sortable: true, cell: ({ cat }) => cat ?? '–' },
    { key: 'count', title: 'Calls', number: true, sortable: true, cell: ({ count }) => formatCount(count) },
    { key: 'total_us', title: 'Time', number: true, sortable: true, cell: (row) => formatDurationUs(row.total_us) },
    { key: 'share', title: 'Share', cell: (row) => <Share part={row.total_us} all={all} /> },
    {
      key: 'mean_us',
      title: 'Mean',
      number: true,
      sortable: true,
      cell: (row) => formatDurationUs(row.mean_us ?? NaN),
    },
    {
      key: 'max_us',
      title: 'Longest',
      number: true,
      sortable: true,
      cell: (row) => formatDurationUs(row.max_us ?? NaN),
    },
  ];
  const sorted = [...rows].sort((a, b) => (sort.descending ? -1 : 1) * compare(a[sort.key], b[sort.key]));
  return (
    <Table
      label="Names by time"
      columns={columns}
      rows={sorted}
      rowKey={({ name, cat }) => JSON.stringify([name, cat])}
      sort={sort}
      onSort={(key) =>
        setSort({
          key: key as SortKey,
          descending: key === sort.key ? !sort.descending : key !== 'name' && key !== 'cat',
        })
      }
    />
  );
}

function compare(a: string | number | null, b: string | number | null): number {
  if (typeof a === 'string' || typeof b === 'string') return String(a ?? '').localeCompare(String(b ?? ''));
  return (a ?? -1) - (b ?? -1);
}

function Share({ part, all }: { readonly part: number; readonly all: number }): ReactNode {
  const percent = all === 0 ? 0 : (100 * part) / all;
  return (
    <div className="summary-share" title={`${percent.toFixed(1)} %`}>
      <div className="bar">
        <span style={{ width: `${percent}%` }} />
      </div>
    </div>
  );
}

interface GroupsProps extends TabProps {
  readonly title: string;
  readonly by: readonly string[];
}

type Group = GroupsAnswer['groups'][number];

function Groups({ title, by, choice }: GroupsProps): ReactNode {
  const { query } = useRoute();
  const aggregate = by[0] === 'fname' || by[0] === 'size' ? ['bytes', 'count', 'sum'] : ['sum', 'count', 'bytes'];
  const state = useRequest(groupsRequest({ ...queryBody(choice), group_by: by, aggregate, limit: MOST_GROUPS }));
  const columns: Column<Group>[] = [
    { key: 'key', title: 'Key', cell: ({ key }) => by.map((field) => keyText(field, key[field])).join(' · ') },
    { key: 'count', title: 'Calls', number: true, cell: ({ values }) => formatCount(values['count'] ?? 0) },
    { key: 'sum', title: 'Time', number: true, cell: ({ values }) => formatDurationUs(values['sum'] ?? 0) },
    { key: 'bytes', title: 'Bytes', number: true, cell: ({ values }) => formatBytes(values['bytes'] ?? 0) },
  ];
  const open = ({ key }: Group): void => {
    const { cat, pid } = key;
    if (by[0] === 'cat') navigate(hrefOf(['files', 'timeline'], withQuery(query, { cat: cat ?? undefined })));
    else navigate(hrefOf(['files', 'timeline'], withQuery(query, { pid: pid ?? undefined })));
  };
  const opens = by.includes('cat') || by.includes('pid');
  return (
    <section className="panel">
      <h2 className="row">
        <span className="grow">{title}</span>
        <CopyCurl request={state.request} />
      </h2>
      <Loaded state={state} what={`Adding up: ${title.toLowerCase()}`}>
        {({ groups, total_groups: total, truncated, left_out: leftOut }) => (
          <>
            <Table
              label={title}
              columns={columns}
              rows={groups}
              rowKey={({ key }) => JSON.stringify(key)}
              {...(opens && { onRow: open })}
            />
            {(truncated || leftOut > 0) && (
              <p className="soft summary-note">
                {formatCount(groups.length)} of {formatCount(total)} are shown
                {leftOut > 0 ? `; ${formatCount(leftOut)} events of further ones are not counted` : ''}.
              </p>
            )}
          </>
        )}
      </Loaded>
    </section>
  );
}

function keyText(field: string, value: string | number | null | undefined): string {
  if (value === null || value === undefined) return field === 'hostname' ? 'unknown host' : '(none)';
  if (field === 'size') return `up to ${formatBytes(Number(value))}`;
  return field === 'pid' ? `pid ${value}` : String(value);
}

function Durations({ answer, curl }: { readonly answer: HistogramAnswer; readonly curl: ReactNode }): ReactNode {
  const most = answer.buckets.reduce((high, { count }) => Math.max(high, count), 0);
  return (
    <section className="panel">
      <h2 className="row">
        <span className="grow">Durations</span>
        {curl}
      </h2>
      <div className="summary-durations">
        <dl className="figures">
          <Figure name="Calls" value={formatCount(answer.count)} />
          <Figure name="p50" value={formatDurationUs(answer.p50_us ?? NaN)} />
          <Figure name="p95" value={formatDurationUs(answer.p95_us ?? NaN)} />
          <Figure name="p99" value={formatDurationUs(answer.p99_us ?? NaN)} />
          <Figure name="Longest" value={formatDurationUs(answer.max_us ?? NaN)} />
          {answer.without_duration > 0 && (
            <Figure name="Without a duration" value={formatCount(answer.without_duration)} />
          )}
          {answer.zero > 0 && <Figure name="Of no length" value={formatCount(answer.zero)} />}
        </dl>
        <ol className="histogram" aria-label="Calls by duration">
          {answer.buckets.map(({ from_us: from, to_us: to, count }) => (
            <li key={from} title={`${formatDurationUs(from)} to ${formatDurationUs(to)}: ${formatCount(count)} calls`}>
              <span style={{ height: `${count === 0 ? 0 : Math.max(1, (100 * count) / most)}%` }} />
              <span className="visually-hidden">
                {formatDurationUs(from)}: {formatCount(count)}
              </span>
            </li>
          ))}
        </ol>
        <div className="row soft histogram-ends">
          <span className="grow">{formatDurationUs(answer.buckets[0]?.from_us ?? 0)}</span>
          <span>{formatDurationUs(answer.buckets.at(-1)?.to_us ?? 0)}</span>
        </div>
      </div>
    </section>
  );
}
