import { useMemo, useState, type ReactNode } from 'react';
import { curlOf, useRequest, type ApiRequest } from '../api/index.js';
import { Badge, Button, Command, Empty, Field, Select, Table, type Column } from '../design/index.js';
import { setQuery, useRoute } from '../router/index.js';
import { Loaded } from '../shell/index.js';
import { formatCount, formatDurationUs } from '../time/index.js';
import { budgetRequest, summaryRequest, type RunBudget } from './run-api.js';

const LIMITS = [
  { key: 'p50_ms', label: 'p50 at most, ms', placeholder: '200' },
  { key: 'p95_ms', label: 'p95 at most, ms', placeholder: '300' },
  { key: 'p99_ms', label: 'p99 at most, ms', placeholder: '900' },
  { key: 'max_ms', label: 'Slowest at most, ms', placeholder: '2000' },
] as const;
const OTHERS = [
  { key: 'last', label: 'Of the last runs', placeholder: '100' },
  { key: 'min_runs', label: 'Of no fewer runs than', placeholder: '1' },
  { key: 'id', label: 'Ids that begin with', placeholder: 'all' },
] as const;
const KEYS = ['step', ...LIMITS.map(({ key }) => key), ...OTHERS.map(({ key }) => key)];
const NUMBER = /^\d+(\.\d+)?$/;

/** Whether the last runs of a tag keep limits, and the line that asks the same in CI. */
export function BudgetView({ tag }: { readonly tag: string }): ReactNode {
  const { query } = useRoute();
  const text = KEYS.map((key) => query.get(key) ?? '').join('\n');
  const request = useMemo(() => {
    const given = Object.fromEntries(KEYS.map((key) => [key, query.get(key) ?? '']));
    return LIMITS.some(({ key }) => given[key] !== '') ? budgetRequest(tag, given) : undefined;
  }, [tag, text]);
  const state = useRequest(request);
  return (
    <>
      <BudgetForm key={text} tag={tag} query={query} />
      {request === undefined ? (
        <Empty title="Set a limit">
          <p>
            The figures of the last runs are held against it. A build can ask the same and fail when it is not kept.
          </p>
        </Empty>
      ) : (
        <Loaded state={state} what="Holding the runs against the budget">
          {(budget) => <Verdict budget={budget} request={request} />}
        </Loaded>
      )}
    </>
  );
}

function BudgetForm({ tag, query }: { readonly tag: string; readonly query: URLSearchParams }): ReactNode {
  const summary = useRequest(useMemo(() => summaryRequest(tag, 100, ''), [tag]));
  const [draft, setDraft] = useState<Readonly<Record<string, string>>>(() =>
    Object.fromEntries(KEYS.map((key) => [key, query.get(key) ?? ''])),
  );
  const steps = (summary.data?.steps ?? []).map(({ step_name: name }) => name);
  const step = draft['step'] ?? '';
  const known = step === '' || steps.includes(step) ? steps : [step, ...steps];
  const problemOf = (key: string): string | undefined =>
    key !== 'id' && draft[key] !== '' && !NUMBER.test(draft[key] ?? '') ? 'a number' : undefined;
  const isSound = KEYS.every((key) => key === 'step' || problemOf(key) === undefined);
  return (
    <form
      className="filter-form"
      aria-label="Budget"
      onSubmit={(event) => {
        event.preventDefault();
        if (isSound) setQuery(draft);
      }}
    >
      <Select
        label="Step"
        value={step}
        options={[['', 'Whole run'], ...known.map((name) => [name, name] as const)]}
        onChange={(value) => {
          setDraft({ ...draft, step: value });
        }}
      />
      {[...LIMITS, ...OTHERS].map(({ key, label, placeholder }) => (
        <Field
          key={key}
          label={label}
          placeholder={placeholder}
          value={draft[key] ?? ''}
          problem={problemOf(key)}
          onChange={(event) => {
            setDraft({ ...draft, [key]: event.target.value.trim() });
          }}
        />
      ))}
      <div className="row end">
        <Button type="submit" look="primary" disabled={!isSound}>
          Check
        </Button>
      </div>
    </form>
  );
}

function Verdict({ budget, request }: { readonly budget: RunBudget; readonly request: ApiRequest }): ReactNode {
  const { ok, runs, step_name: step, checks } = budget;
  return (
    <>
      <p role="status" className="row">
        <Badge kind={ok ? 'good' : 'error'}>{ok ? 'kept' : 'exceeded'}</Badge>
        <span>
          {step ?? 'The whole run'}, {formatCount(runs)} {runs === 1 ? 'run' : 'runs'}
        </span>
      </p>
      <Table label="Limits" columns={COLUMNS} rows={checks} rowKey={({ figure }) => figure} />
      <section className="stack" aria-label="In CI">
        <h2>In CI</h2>
        <p className="soft">
          Ends with a code other than 0 when the budget is not kept (412) or there are too few runs (404).
        </p>
        <Command text={curlOf(request, document.baseURI).replace('curl -sS', 'curl -sSf')} />
      </section>
    </>
  );
}

const ms = (value: number): string => formatDurationUs(value * 1000);

const COLUMNS: readonly Column<RunBudget['checks'][number]>[] = [
  { key: 'figure', title: 'Figure', cell: ({ figure }) => (figure === 'max' ? 'slowest' : figure) },
  { key: 'limit', title: 'At most', number: true, cell: ({ limit_ms: limit }) => ms(limit) },
  { key: 'actual', title: 'Measured', number: true, cell: ({ actual_ms: actual }) => ms(actual) },
  {
    key: 'part',
    title: 'Of the limit',
    number: true,
    cell: ({ limit_ms: limit, actual_ms: actual }) => (limit > 0 ? `${Math.round((100 * actual) / limit)} %` : '–'),
  },
  {
    key: 'verdict',
    title: 'Verdict',
    cell: ({ ok }) => <Badge kind={ok ? 'good' : 'error'}>{ok ? 'kept' : 'exceeded'}</Badge>,
  },
];
