import { useMemo, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { TimeChart } from '../charts/time-chart.js';
import { Empty, Notice, Select, Table, type Column } from '../design/index.js';
import { Link, setQuery, useQueryValue } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatCount, formatDurationUs, formatShort } from '../time/index.js';
import { LOOKBACKS, lookbackUs } from './lookback.js';
import { operationSeries } from './operation-series.js';
import { operationsRequest, servicesRequest, type OperationFigures, type Operations } from './span-api.js';

const SLICES = 60;

/** Latency and failures of the operations of a service, over time. */
export function OperationsView(): ReactNode {
  const services = useRequest(servicesRequest);
  const [service, setService] = useQueryValue('service');
  const [back, setBack] = useQueryValue('back');
  const names = services.data?.services ?? [];
  const chosen = service === '' ? (names[0] ?? '') : service;
  return (
    <>
      <div className="row end">
        <Select
          label="Service"
          value={chosen}
          options={[...new Set([...(chosen === '' ? [] : [chosen]), ...names])]}
          onChange={(value) => {
            setService(value);
          }}
        />
        <Select label="Time" value={back === '' ? '1h' : back} options={LOOKBACKS} onChange={setBack} />
      </div>
      <Loaded state={services} what="Loading the services">
        {() =>
          chosen === '' ? (
            <Empty title="No service has sent spans">
              <p>
                <Link to={['spans']}>How to send the first one</Link>
              </p>
            </Empty>
          ) : (
            <OfService key={`${chosen} ${back}`} service={chosen} backUs={lookbackUs(back === '' ? '1h' : back)} />
          )
        }
      </Loaded>
    </>
  );
}

function OfService({ service, backUs }: { readonly service: string; readonly backUs: number }): ReactNode {
  const range = useMemo(() => {
    const toUs = Math.round(Date.now() * 1000);
    return { fromUs: Math.round(toUs - backUs), toUs, bucketUs: Math.ceil(backUs / SLICES) };
  }, [backUs]);
  const whole = useMemo(() => ({ ...range, bucketUs: Math.max(1, range.toUs) }), [range]);
  // Percentiles of slices do not add up: the whole time is one slice of its own.
  const totals = useRequest(useMemo(() => operationsRequest(service, whole), [service, whole]));
  const slices = useRequest(useMemo(() => operationsRequest(service, range), [service, range]));
  const [asked] = useQueryValue('op');
  const name = asked === '' ? (bySlowest(totals.data)[0]?.name ?? '') : asked;
  return (
    <>
      <Loaded state={totals} what="Loading the operations">
        {(data) => <Totals data={data} service={service} name={name} />}
      </Loaded>
      <Loaded state={slices} what="Loading latency over time">
        {(data) => <OverTime data={data} name={name} range={range} request={operationsRequest(service, range)} />}
      </Loaded>
    </>
  );
}

/** Those that took most time first. */
function bySlowest(data: Operations | undefined): OperationFigures[] {
  return [...(data?.operations ?? [])].sort((a, b) => (b.p95Us ?? 0) * b.calls - (a.p95Us ?? 0) * a.calls);
}

interface TotalsProps {
  readonly data: Operations;
  readonly service: string;
  readonly name: string;
}

const time = (us: number | undefined): string => (us === undefined ? '–' : formatDurationUs(us));

function Totals({ data, service, name }: TotalsProps): ReactNode {
  const rows = bySlowest(data);
  if (rows.length === 0) return <Empty title={`${service} sent no spans in this time`} />;
  return (
    <>
      {data.truncated && (
        <Notice kind="warn">The service has more operations than one answer holds; some are missing.</Notice>
      )}
      <Table
        label={`Operations of ${service}`}
        columns={columnsOf(service)}
        rows={rows.slice(0, 200)}
        rowKey={(row) => row.name}
        selected={(row) => row.name === name}
        onRow={(row) => {
          setQuery({ op: row.name }, { replace: true });
        }}
      />
      {rows.length > 200 && <p className="soft">{formatCount(rows.length - 200)} more operations took less time.</p>}
    </>
  );
}

function columnsOf(service: string): Column<OperationFigures>[] {
  return [
    {
      key: 'name',
      title: 'Operation',
      cell: ({ name }) => (
        <button
          type="button"
          className="as-link"
          onClick={() => {
            setQuery({ op: name }, { replace: true });
          }}
        >
          {name === '' ? '(no name)' : name}
        </button>
      ),
    },
    { key: 'calls', title: 'Calls', number: true, cell: ({ calls }) => formatCount(calls) },
    {
      key: 'failed',
      title: 'Failed',
      number: true,
      cell: ({ failed, errorRate }) =>
        failed === 0 ? '0' : `${formatCount(failed)} (${(errorRate * 100).toPrecision(2)} %)`,
    },
    { key: 'p50', title: 'p50', number: true, cell: ({ p50Us }) => time(p50Us) },
    { key: 'p95', title: 'p95', number: true, cell: ({ p95Us }) => time(p95Us) },
    { key: 'p99', title: 'p99', number: true, cell: ({ p99Us }) => time(p99Us) },
    {
      key: 'find',
      title: 'Traces',
      cell: ({ name }) => (
        <Link to={['spans']} query={{ service, name, sort: 'duration' }}>
          Slowest
        </Link>
      ),
    },
  ];
}

interface OverTimeProps {
  readonly data: Operations;
  readonly name: string;
  readonly range: { readonly fromUs: number; readonly toUs: number; readonly bucketUs: number };
  readonly request: ReturnType<typeof operationsRequest>;
}

function OverTime({ data, name, range, request }: OverTimeProps): ReactNode {
  const series = useMemo(() => operationSeries(data.operations, name, range), [data, name, range]);
  if (data.operations.length === 0) return null;
  return (
    <section className="pane" aria-label={`${name} over time`}>
      <div className="row">
        <h2 className="grow break">{name === '' ? '(no name)' : name}</h2>
        <CopyCurl request={request} />
      </div>
      <TimeChart
        label={`Latency of ${name} over time`}
        x={series.x}
        series={[
          { title: 'p50', colour: '--good', values: series.p50 },
          { title: 'p95', colour: '--accent', values: series.p95 },
          { title: 'p99', colour: '--error', values: series.p99 },
        ]}
        format={(us) => formatDurationUs(us)}
        height={220}
      />
      <TimeChart
        label={`Calls of ${name} over time`}
        x={series.x}
        series={[
          { title: 'calls', colour: '--accent', values: series.calls },
          { title: 'failed', colour: '--error', values: series.failed, dashed: true },
        ]}
        format={formatShort}
        height={130}
      />
    </section>
  );
}
