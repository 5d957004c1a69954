import { useMemo, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { TimeChart } from '../charts/time-chart.js';
import { Empty, Field, Select, Table, type Column } from '../design/index.js';
import { Link, setQuery, useQueryValue } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatCount, formatCounted, TimeText } from '../time/index.js';
import { formatSeconds, isoUs } from './format-seconds.js';
import { runsRequest, summaryRequest, type ListedRun, type RunSummary, type TimeFigures } from './run-api.js';
import { runSeries, TREND_RUNS } from './run-series.js';

const LASTS = ['20', '50', '100', '500', '1000'];

/** The last runs of a tag: figures of each step, a trend, and the runs. */
export function TagView({ tag }: { readonly tag: string }): ReactNode {
  const [lastText, setLast] = useQueryValue('last');
  const [id, setId] = useQueryValue('id', { replace: true });
  const last = LASTS.includes(lastText) ? Number(lastText) : 100;
  const summaryOf = useMemo(() => summaryRequest(tag, last, id), [tag, last, id]);
  const summary = useRequest(summaryOf, { everyMs: 10_000 });
  const runs = useRequest(
    useMemo(() => runsRequest(tag, { limit: last, id }), [tag, last, id]),
    { everyMs: 10_000 },
  );
  return (
    <>
      <div className="row end">
        <Select
          label="Runs"
          value={String(last)}
          options={LASTS.map((one) => [one, `Last ${one}`] as const)}
          onChange={setLast}
        />
        <Field
          label="Ids that begin with"
          value={id}
          placeholder="all"
          onChange={(event) => {
            setId(event.target.value);
          }}
        />
        <span className="grow" />
        <CopyCurl request={summaryOf} />
      </div>
      <Loaded state={summary} what="Loading the figures">
        {(figures) =>
          figures.runs === 0 ? (
            <Empty title="No finished run">
              <p>
                {id === '' ? 'Runs are shown when they have ended.' : 'No run has an id that begins so.'}{' '}
                {figures.live.length > 0 ? `${formatCount(figures.live.length)} are under way.` : ''}
              </p>
            </Empty>
          ) : (
            <Figures summary={figures} />
          )
        }
      </Loaded>
      {runs.data !== undefined && runs.data.runs.length > 0 && <Trend runs={runs.data.runs} />}
      {runs.data !== undefined && runs.data.runs.length > 0 && <Runs runs={runs.data.runs} />}
    </>
  );
}

/** A step, or the whole run. */
interface StepRow extends TimeFigures {
  /** null: the whole run */
  readonly step: string | null;
}

const WHOLE = 'Whole run';

function Figures({ summary }: { readonly summary: RunSummary }): ReactNode {
  const [step] = useQueryValue('step');
  const rows: StepRow[] = [
    ...(summary.total ? [{ ...summary.total, step: null }] : []),
    ...summary.steps.map((figures) => ({ ...figures, step: figures.step_name })),
  ];
  const { trend } = summary;
  const choose = (row: StepRow): void => {
    setQuery({ step: row.step ?? undefined }, { replace: true });
  };
  return (
    <>
      <p role="status">
        {formatCounted(summary.runs, 'run')}.{' '}
        {trend === undefined
          ? ''
          : trend.p_value < 0.05
            ? `A run takes ${formatSeconds(Math.abs(trend.seconds_per_run))} ${trend.seconds_per_run > 0 ? 'longer' : 'less'} than the one before (p = ${trend.p_value.toPrecision(2)}).`
            : 'No clear trend from run to run.'}
      </p>
      <Table
        label="Steps"
        columns={columnsOf(choose)}
        rows={rows}
        rowKey={(row) => row.step ?? ' whole'}
        selected={(row) => (row.step ?? '') === step}
        onRow={choose}
      />
    </>
  );
}

function columnsOf(choose: (row: StepRow) => void): Column<StepRow>[] {
  const figure = (key: keyof TimeFigures, title: string): Column<StepRow> => ({
    key,
    title,
    number: true,
    cell: (row) => formatSeconds(row[key]),
  });
  return [
    {
      key: 'step',
      title: 'Step',
      cell: (row) => (
        <button
          type="button"
          className="as-link"
          onClick={() => {
            choose(row);
          }}
        >
          {row.step ?? <strong>{WHOLE}</strong>}
        </button>
      ),
    },
    { key: 'count', title: 'Times', number: true, cell: ({ count }) => formatCount(count) },
    figure('min_seconds', 'Least'),
    figure('p50_seconds', 'p50'),
    figure('p95_seconds', 'p95'),
    figure('p99_seconds', 'p99'),
    figure('max_seconds', 'Most'),
  ];
}

function Trend({ runs }: { readonly runs: readonly ListedRun[] }): ReactNode {
  const [step] = useQueryValue('step');
  const series = useMemo(() => runSeries(runs, step === '' ? null : step), [runs, step]);
  const name = step === '' ? WHOLE : step;
  return (
    <section className="pane" aria-label={`Trend of ${name}`}>
      <h2 className="break">{name}, run by run</h2>
      <TimeChart
        label={`Duration of ${name} run by run`}
        x={series.x}
        plain="Run"
        series={[
          { title: 'run', colour: '--line-strong', values: series.each },
          { title: `p50 of ${TREND_RUNS}`, colour: '--good', values: series.p50 },
          { title: `p95 of ${TREND_RUNS}`, colour: '--error', values: series.p95 },
        ]}
        format={formatSeconds}
        height={220}
      />
      <p className="soft">Percentiles are of each run and the {TREND_RUNS - 1} before it.</p>
    </section>
  );
}

const RUN_COLUMNS: readonly Column<ListedRun>[] = [
  {
    key: 'id',
    title: 'Run',
    cell: ({ trace_id: id, span_trace_id: trace }) => (
      <Link to={['spans', 'trace', trace]}>{id ?? 'without an id'}</Link>
    ),
  },
  { key: 'end', title: 'Ended', cell: ({ end_time: end }) => <TimeText us={isoUs(end)} /> },
  { key: 'took', title: 'Took', number: true, cell: ({ duration_seconds: seconds }) => formatSeconds(seconds) },
  {
    key: 'steps',
    title: 'Steps',
    cell: ({ steps }) =>
      steps
        .map(({ step_name: name, duration_seconds: seconds, track_duration: isCounted }) =>
          isCounted ? `${name} ${formatSeconds(seconds)}` : `${name} (not counted)`,
        )
        .join(' → '),
  },
];

const MOST_SHOWN = 100;

function Runs({ runs }: { readonly runs: readonly ListedRun[] }): ReactNode {
  return (
    <section className="stack" aria-label="Runs">
      <h2>Runs, newest first</h2>
      <Table
        label="Runs"
        columns={RUN_COLUMNS}
        rows={runs.slice(0, MOST_SHOWN)}
        rowKey={({ span_trace_id: trace }) => trace}
      />
      {runs.length > MOST_SHOWN && (
        <p className="soft">{formatCount(runs.length - MOST_SHOWN)} older ones are in the figures above.</p>
      )}
    </section>
  );
}
