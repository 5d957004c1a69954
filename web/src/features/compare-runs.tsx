import { useMemo, useState, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Badge, Button, Empty, Field, Notice, Table, type Column } from '../design/index.js';
import { setQuery, useQueryValue } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatCounted } from '../time/index.js';
import { formatSeconds } from './format-seconds.js';
import { compareRequest, type RunComparison, type RunDifference } from './run-api.js';

const LAST = 1000;

/** Two sets of runs of a tag side by side, with a test of whether they differ. */
export function CompareRuns({ tag }: { readonly tag: string }): ReactNode {
  const [a] = useQueryValue('a');
  const [b] = useQueryValue('b');
  const request = useMemo(() => (a === '' || b === '' ? undefined : compareRequest(tag, a, b, LAST)), [tag, a, b]);
  const state = useRequest(request);
  return (
    <>
      <Sets key={`${a}\n${b}`} a={a} b={b} />
      {request === undefined ? (
        <Empty title="Choose two sets of runs">
          <p>
            A set is all runs whose ids begin alike (<code>v1-</code>), or those that ended in a time (
            <code>2026-11-20T00:00:00Z..2026-11-21T00:00:00Z</code>).
          </p>
        </Empty>
      ) : (
        <Loaded state={state} what="Comparing the runs">
          {(comparison) => <Differences comparison={comparison} request={request} />}
        </Loaded>
      )}
    </>
  );
}

function Sets({ a, b }: { readonly a: string; readonly b: string }): ReactNode {
  const [sets, setSets] = useState({ a, b });
  return (
    <form
      className="row end"
      aria-label="Sets to compare"
      onSubmit={(event) => {
        event.preventDefault();
        setQuery({ a: sets.a.trim(), b: sets.b.trim() });
      }}
    >
      <Field
        label="Before (A)"
        placeholder="v1-"
        value={sets.a}
        onChange={(event) => {
          setSets({ ...sets, a: event.target.value });
        }}
      />
      <Field
        label="After (B)"
        placeholder="v2-"
        value={sets.b}
        onChange={(event) => {
          setSets({ ...sets, b: event.target.value });
        }}
      />
      <Button type="submit" look="primary">
        Compare
      </Button>
    </form>
  );
}

interface DifferencesProps {
  readonly comparison: RunComparison;
  readonly request: ReturnType<typeof compareRequest>;
}

function Differences({ comparison, request }: DifferencesProps): ReactNode {
  const { a, b, differences } = comparison;
  const none = [a, b].filter(({ runs }) => runs === 0);
  return (
    <>
      <div className="row">
        <span className="grow" role="status">
          A: {formatCounted(a.runs, 'run')} ({a.selection}). B: {formatCounted(b.runs, 'run')} ({b.selection}).
        </span>
        <CopyCurl request={request} />
      </div>
      {none.map(({ selection }) => (
        <Notice key={selection} kind="warn">
          No run belongs to “{selection}”.
        </Notice>
      ))}
      <Table
        label="Differences by step"
        columns={COLUMNS}
        rows={differences}
        rowKey={(row) => row.step_name ?? ' whole'}
      />
      <p className="soft">
        “Change” is the median of all differences between a run of B and one of A. It is marked when the rank-sum test
        of Mann and Whitney, corrected for the number of steps, finds less than one chance in twenty that both sets are
        alike.
      </p>
    </>
  );
}

const COLUMNS: readonly Column<RunDifference>[] = [
  { key: 'step', title: 'Step', cell: ({ step_name: name }) => name ?? <strong>Whole run</strong> },
  { key: 'a50', title: 'p50 A', number: true, cell: ({ a }) => formatSeconds(a?.p50_seconds) },
  { key: 'b50', title: 'p50 B', number: true, cell: ({ b }) => formatSeconds(b?.p50_seconds) },
  { key: 'a95', title: 'p95 A', number: true, cell: ({ a }) => formatSeconds(a?.p95_seconds) },
  { key: 'b95', title: 'p95 B', number: true, cell: ({ b }) => formatSeconds(b?.p95_seconds) },
  {
    key: 'shift',
    title: 'Change',
    number: true,
    cell: ({ shift_seconds: shift }) => (shift === undefined ? '–' : `${shift > 0 ? '+' : ''}${formatSeconds(shift)}`),
  },
  {
    key: 'p',
    title: 'By chance',
    number: true,
    cell: ({ p_adjusted: p }) => (p === undefined ? '–' : p.toPrecision(2)),
  },
  {
    key: 'verdict',
    title: 'Verdict',
    cell: ({ significant, shift_seconds: shift = 0 }) =>
      significant ? (
        <Badge kind={shift > 0 ? 'error' : 'good'}>{shift > 0 ? 'slower' : 'faster'}</Badge>
      ) : (
        <Badge>no clear difference</Badge>
      ),
  },
];
