import { useMemo, useState, type ReactNode } from 'react';
import { Button, Empty, ErrorNotice, Field, Spinner, Table, VirtualRows, type Column } from '../design/index.js';
import { Link, setQuery, useQueryValue } from '../router/index.js';
import { formatCount, formatDurationUs } from '../time/index.js';
import { Folding } from './folding.js';
import type { TraceColumns } from './trace-columns.js';
import { diffOperations, diffTraces, type DiffRow, type OperationDiff, type TraceDiff } from './trace-diff.js';
import type { TraceLoader } from './trace-loader.js';
import { useTrace } from './trace-view.js';

/** Two traces laid over each other by shape. */
export function CompareTraces(): ReactNode {
  const [a] = useQueryValue('a');
  const [b] = useQueryValue('b');
  return (
    <>
      <Choose key={`${a} ${b}`} a={a} b={b} />
      {a === '' || b === '' ? (
        <Empty title="Choose two traces">
          <p>
            Give two trace ids, or tick two traces in a <Link to={['spans']}>search</Link>.
          </p>
        </Empty>
      ) : (
        <Both key={`${a} ${b}`} a={a} b={b} />
      )}
    </>
  );
}

function Choose({ a, b }: { readonly a: string; readonly b: string }): ReactNode {
  const [ids, setIds] = useState({ a, b });
  return (
    <form
      className="row end"
      aria-label="Traces to compare"
      onSubmit={(event) => {
        event.preventDefault();
        setQuery({ a: ids.a.trim(), b: ids.b.trim() });
      }}
    >
      <Field
        label="First trace (A)"
        className="mono"
        value={ids.a}
        onChange={(event) => {
          setIds({ ...ids, a: event.target.value });
        }}
      />
      <Field
        label="Second trace (B)"
        className="mono"
        value={ids.b}
        onChange={(event) => {
          setIds({ ...ids, b: event.target.value });
        }}
      />
      <Button type="submit">Compare</Button>
      <Button
        disabled={b === ''}
        onClick={() => {
          setQuery({ a: b, b: a });
        }}
      >
        Swap
      </Button>
    </form>
  );
}

function Both({ a, b }: { readonly a: string; readonly b: string }): ReactNode {
  const [first, second] = [useTrace(a), useTrace(b)];
  const failed = [first, second].find(({ error }) => error !== undefined);
  if (failed?.error !== undefined)
    return <ErrorNotice what={`Loading trace ${failed.traceId}`} error={failed.error} onRetry={failed.start} />;
  if (first.columns?.isComplete !== true || second.columns?.isComplete !== true)
    return <Spinner label={`Loading both traces: ${partOf(first)} % and ${partOf(second)} %`} />;
  return <Differences a={first.columns} b={second.columns} />;
}

function partOf({ columns }: TraceLoader): number {
  return columns === undefined ? 0 : Math.floor((columns.loadedRows / columns.total) * 100);
}

function Differences({ a, b }: { readonly a: TraceColumns; readonly b: TraceColumns }): ReactNode {
  const diff = useMemo(() => diffTraces(a, b), [a, b]);
  const operations = useMemo(() => diffOperations(a, b), [a, b]);
  return (
    <>
      <p role="status">
        {formatCount(diff.both)} spans are in both, <span className="only-a">{formatCount(diff.onlyA)} only in A</span>,{' '}
        <span className="only-b">{formatCount(diff.onlyB)} only in B</span>. Calls of one operation below the same
        parent are paired in the order of their start.
      </p>
      <DiffRows a={a} b={b} diff={diff} />
      <section className="stack" aria-label="Operations">
        <h2>By operation, the greatest change first</h2>
        <Table
          label="Operations of both traces"
          columns={OPERATION_COLUMNS}
          rows={operations.slice(0, 100)}
          rowKey={({ service, name }) => `${service} ${name}`}
        />
        {operations.length > 100 && (
          <p className="soft">{formatCount(operations.length - 100)} more operations changed less.</p>
        )}
      </section>
    </>
  );
}

const duration = (ns: number): string => formatDurationUs(ns / 1000);
const change = (ns: number): string => `${ns > 0 ? '+' : ''}${duration(ns)}`;

const OPERATION_COLUMNS: readonly Column<OperationDiff>[] = [
  { key: 'name', title: 'Operation', cell: ({ service, name }) => `${service}: ${name}` },
  {
    key: 'calls',
    title: 'Calls A → B',
    number: true,
    cell: ({ callsA, callsB }) => `${formatCount(callsA)} → ${formatCount(callsB)}`,
  },
  { key: 'a', title: 'Total A', number: true, cell: ({ totalNsA }) => duration(totalNsA) },
  { key: 'b', title: 'Total B', number: true, cell: ({ totalNsB }) => duration(totalNsB) },
  {
    key: 'change',
    title: 'Change',
    number: true,
    cell: ({ totalNsA, totalNsB }) => <Change ns={totalNsB - totalNsA} />,
  },
];

function Change({ ns }: { readonly ns: number }): ReactNode {
  return <span className={ns > 0 ? 'slower' : ns < 0 ? 'faster' : 'soft'}>{ns === 0 ? 'same' : change(ns)}</span>;
}

interface RowsProps {
  readonly a: TraceColumns;
  readonly b: TraceColumns;
  readonly diff: TraceDiff;
}

function DiffRows({ a, b, diff }: RowsProps): ReactNode {
  const [, redraw] = useState(0);
  const folding = useMemo(() => new Folding(diff.rows.length), [diff]);
  const [only, setOnly] = useQueryValue('only', { replace: true });
  const changed = useMemo(
    () => diff.rows.flatMap((row, place) => (row.a === undefined || row.b === undefined ? [place] : [])),
    [diff],
  );
  const isFiltered = only === 'changes';
  const shown = isFiltered ? changed.length : folding.shown;
  const toggle = (place: number): void => {
    if (folding.isFolded(place)) folding.unfold(place);
    else folding.fold({ place, descendants: diff.rows[place]?.descendants ?? 0 });
    redraw((before) => before + 1);
  };
  return (
    <>
      <div className="row">
        <Button
          small
          pressed={isFiltered}
          onClick={() => {
            setOnly(isFiltered ? undefined : 'changes');
          }}
        >
          Only spans of one trace
        </Button>
      </div>
      <div className="diff-line diff-head" aria-hidden="true">
        <span>Span</span>
        <span className="number">A</span>
        <span className="number">B</span>
        <span className="number">Change</span>
      </div>
      <VirtualRows
        label="Spans of both traces"
        count={shown}
        rowHeight={ROW_PX}
        height={`min(46vh, ${shown * ROW_PX}px)`}
        row={(row) => {
          const place = isFiltered ? (changed[row] ?? 0) : folding.placeOf(row);
          const one = diff.rows[place];
          return one === undefined ? null : (
            <DiffLine
              row={one}
              a={a}
              b={b}
              folded={folding.isFolded(place)}
              onFold={() => {
                toggle(place);
              }}
            />
          );
        }}
      />
    </>
  );
}

interface LineProps extends Omit<RowsProps, 'diff'> {
  readonly row: DiffRow;
  readonly folded: boolean;
  readonly onFold: () => void;
}

function DiffLine({ row, a, b, folded, onFold }: LineProps): ReactNode {
  const inA = row.a === undefined ? undefined : (a.durationNs[row.a] ?? 0);
  const inB = row.b === undefined ? undefined : (b.durationNs[row.b] ?? 0);
  const [kind, sign] = inB === undefined ? ['only-a', '− '] : inA === undefined ? ['only-b', '+ '] : ['', ''];
  return (
    <div className={`diff-line ${kind}`}>
      <span className="span-name" style={{ paddingLeft: Math.min(row.depth, DEEPEST_INDENT) * INDENT_PX }}>
        {row.descendants > 0 ? <FoldButton row={row} folded={folded} onFold={onFold} /> : <span className="fold" />}
        <span className="span-title" title={`${row.service}: ${row.name}`}>
          {sign}
          <strong>{row.service}</strong> {row.name}
        </span>
      </span>
      <span className="number">{inA === undefined ? '–' : duration(inA)}</span>
      <span className="number">{inB === undefined ? '–' : duration(inB)}</span>
      <span className="number">{inA === undefined || inB === undefined ? '' : <Change ns={inB - inA} />}</span>
    </div>
  );
}

const ROW_PX = 26;
const INDENT_PX = 12;
const DEEPEST_INDENT = 18;

function FoldButton({ row, folded, onFold }: Pick<LineProps, 'row' | 'folded' | 'onFold'>): ReactNode {
  return (
    <button
      type="button"
      className="fold"
      aria-expanded={!folded}
      aria-label={`${folded ? 'Unfold' : 'Fold'} ${row.descendants} spans below ${row.name}`}
      onClick={onFold}
    >
      {folded ? '▸' : '▾'}
    </button>
  );
}
