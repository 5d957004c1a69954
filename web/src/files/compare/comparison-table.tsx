import type { ReactNode } from 'react';
import { Table, type Column } from '../../design/index.js';
import { formatBytes, formatCount, formatDurationUs } from '../../time/index.js';
import { changeUs, ratioOf, type GroupFigures, type GroupPair, type PairSort } from './compare-groups.js';

interface TableProps {
  readonly by: readonly string[];
  readonly pairs: readonly GroupPair[];
  readonly sort: PairSort;
  readonly onSort: (sort: PairSort) => void;
}

/** Rows of both sides; every head with figures sorts by the difference in them. */
export function ComparisonTable({ by, pairs, sort, onSort }: TableProps): ReactNode {
  const movesBytes = pairs.some(({ a, b }) => (a?.bytes ?? 0) + (b?.bytes ?? 0) > 0);
  return (
    <Table
      label="Differences"
      columns={columnsOf(by, movesBytes)}
      rows={pairs}
      rowKey={({ key }) => JSON.stringify(key)}
      sort={{ key: sort, descending: sort !== 'key' }}
      onSort={(key) => onSort(key as PairSort)}
    />
  );
}

const KEY_TITLES: Readonly<Record<string, string>> = {
  name: 'Name',
  cat: 'Category',
  fname: 'File',
  size: 'Size',
  hostname: 'Host',
};

function columnsOf(by: readonly string[], movesBytes: boolean): Column<GroupPair>[] {
  const figure = (key: string, title: string, cell: (pair: GroupPair) => ReactNode): Column<GroupPair> => ({
    ...{ key, title, cell, number: true },
    sortable: ['count', 'change', 'mean', 'p95', 'bytes'].includes(key),
  });
  return [
    ...by.map((field, at) => ({
      key: at === 0 ? 'key' : field,
      title: KEY_TITLES[field] ?? field,
      sortable: at === 0,
      cell: (pair: GroupPair) => <KeyCell pair={pair} at={at} field={field} />,
    })),
    figure('count', 'Calls A → B', ({ a, b }) => `${count(a)} → ${count(b)}`),
    figure('a', 'Total A', ({ a }) => time(a?.totalUs)),
    figure('b', 'Total B', ({ b }) => time(b?.totalUs)),
    figure('change', 'Change', (pair) => <Change us={changeUs(pair)} />),
    figure('meanA', 'Mean A', ({ a }) => time(a?.meanUs)),
    figure('meanB', 'Mean B', ({ b }) => time(b?.meanUs)),
    figure('mean', 'Ratio', (pair) => <Ratio of={ratioOf(pair, 'meanUs')} />),
    figure('p95A', 'p95 A', ({ a }) => time(a?.p95Us)),
    figure('p95B', 'p95 B', ({ b }) => time(b?.p95Us)),
    figure('p95', 'Ratio', (pair) => <Ratio of={ratioOf(pair, 'p95Us')} />),
    ...(movesBytes ? [figure('bytes', 'Bytes A → B', ({ a, b }) => `${bytes(a)} → ${bytes(b)}`)] : []),
  ];
}

const count = (side: GroupFigures | undefined): string => (side === undefined ? '–' : formatCount(side.count));
const bytes = (side: GroupFigures | undefined): string => (side === undefined ? '–' : formatBytes(side.bytes));
const time = (us: number | undefined): string => formatDurationUs(us ?? NaN);

function KeyCell({
  pair,
  at,
  field,
}: {
  readonly pair: GroupPair;
  readonly at: number;
  readonly field: string;
}): ReactNode {
  const value = pair.key[at] ?? null;
  const text = value === null ? '(none)' : field === 'size' ? `up to ${formatBytes(Number(value))}` : String(value);
  if (at > 0 || (pair.a !== undefined && pair.b !== undefined)) return text;
  return pair.b === undefined ? <span className="only-a">− {text}</span> : <span className="only-b">+ {text}</span>;
}

function Change({ us }: { readonly us: number }): ReactNode {
  if (us === 0) return <span className="soft">same</span>;
  return (
    <span className={us > 0 ? 'slower' : 'faster'}>
      {us > 0 ? '+' : ''}
      {formatDurationUs(us)}
    </span>
  );
}

/** Within a hundredth nothing has changed. */
const ALIKE = 0.01;

function Ratio({ of }: { readonly of: number }): ReactNode {
  if (Number.isNaN(of)) return '–';
  if (Math.abs(of - 1) <= ALIKE) return <span className="soft">same</span>;
  const text = of === Infinity ? '∞' : of >= 100 ? formatCount(of) : of.toPrecision(3);
  return <span className={of > 1 ? 'slower' : 'faster'}>×{text}</span>;
}
