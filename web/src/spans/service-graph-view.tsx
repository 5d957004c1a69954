import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Empty, ErrorNotice, Notice, Select, Spinner, Table, type Column } from '../design/index.js';
import { hrefOf, Link, useQueryValue } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatCount, formatShort } from '../time/index.js';
import { LOOKBACKS, lookbackUs } from './lookback.js';
import {
  edgeWidth,
  errorRate,
  serviceGraph,
  type GraphEdge,
  type PlacedGraph,
  type ServiceGraph,
} from './service-graph.js';
import { dependenciesRequest } from './span-api.js';

/** Who calls whom, counted from the stored spans at this moment. */
export function ServiceGraphView(): ReactNode {
  const [back, setBack] = useQueryValue('back');
  const request = useMemo(() => dependenciesRequest(Date.now(), lookbackUs(back) / 1000), [back]);
  const state = useRequest(request);
  return (
    <>
      <div className="row end">
        <Select label="Time" value={back === '' ? '1d' : back} options={LOOKBACKS} onChange={setBack} />
        <span className="grow" />
        <CopyCurl request={request} />
      </div>
      <Loaded state={state} what="Loading the links between services">
        {(links) =>
          links.length === 0 ? (
            <Empty title="No service has called another">
              <p>
                Links are found between client and server spans of one trace. Choose a longer time, or{' '}
                <Link to={['spans']}>look at the spans</Link> that arrived.
              </p>
            </Empty>
          ) : (
            <Graph graph={serviceGraph(links)} back={back} />
          )
        }
      </Loaded>
    </>
  );
}

function Graph({ graph, back }: { readonly graph: ServiceGraph; readonly back: string }): ReactNode {
  const [placed, setPlaced] = useState<PlacedGraph>();
  const [error, setError] = useState<Error>();
  const key = JSON.stringify(graph);
  useEffect(() => {
    let over = false;
    import('./layout-graph.js').then(
      ({ layoutGraph }) => {
        if (!over) setPlaced(layoutGraph(graph));
      },
      (reason: unknown) => {
        setError(reason instanceof Error ? reason : new Error(String(reason)));
      },
    );
    return () => {
      over = true;
    };
  }, [key]);
  return (
    <>
      {graph.hiddenServices > 0 && (
        <Notice kind="warn">
          The {formatCount(graph.nodes.length)} busiest services are drawn; {formatCount(graph.hiddenServices)} services
          and {formatCount(graph.hiddenLinks)} links are left out.
        </Notice>
      )}
      {error !== undefined && <ErrorNotice what="Drawing the graph" error={error} />}
      {placed === undefined && error === undefined && <Spinner label="Drawing …" />}
      {placed !== undefined && <Drawing graph={placed} back={back} />}
      <Table
        label="Links between services"
        columns={columnsOf(back)}
        rows={graph.edges}
        rowKey={({ from, to }) => `${from} ${to}`}
      />
    </>
  );
}

/** Opens the spans that an edge stands for. */
const edgeQuery = ({ to }: GraphEdge, back: string): Record<string, string> => ({ service: to, kind: 'SERVER', back });

function columnsOf(back: string): Column<GraphEdge>[] {
  return [
    { key: 'from', title: 'From', cell: ({ from }) => from },
    {
      key: 'to',
      title: 'To',
      cell: ({ to }) => (
        <Link to={['spans', 'operations']} query={{ service: to, back }}>
          {to}
        </Link>
      ),
    },
    { key: 'calls', title: 'Calls', number: true, cell: ({ calls }) => formatCount(calls) },
    { key: 'errors', title: 'Failed', number: true, cell: ({ errors }) => formatCount(errors) },
    { key: 'rate', title: 'Failed', number: true, cell: (edge) => `${(errorRate(edge) * 100).toPrecision(2)} %` },
    {
      key: 'find',
      title: 'Spans',
      cell: (edge) => (
        <Link to={['spans']} query={edgeQuery(edge, back)}>
          Search
        </Link>
      ),
    },
  ];
}

function Drawing({ graph, back }: { readonly graph: PlacedGraph; readonly back: string }): ReactNode {
  return (
    <div className="graph" tabIndex={0} role="region" aria-label="Service graph; the table below has the same links">
      <svg width={graph.width} height={graph.height}>
        <defs>
          <marker
            id="arrow"
            viewBox="0 0 8 8"
            refX="7"
            refY="4"
            markerWidth="9"
            markerHeight="9"
            markerUnits="userSpaceOnUse"
            orient="auto"
          >
            <path d="M0 0 L8 4 L0 8 z" className="arrow" />
          </marker>
        </defs>
        {graph.edges.map((edge) => {
          const path = edge.points.map(({ x, y }, at) => `${at === 0 ? 'M' : 'L'}${x} ${y}`).join(' ');
          const middle = edge.points[Math.floor(edge.points.length / 2)];
          const facts = `${edge.from} calls ${edge.to}: ${formatCount(edge.calls)} times, ${formatCount(edge.errors)} failed`;
          return (
            <a key={`${edge.from} ${edge.to}`} href={hrefOf(['spans'], edgeQuery(edge, back))} aria-label={facts}>
              <path d={path} className="edge-target" />
              <path
                d={path}
                className={`edge ${edgeKind(edge)}`}
                strokeWidth={edgeWidth(edge.calls)}
                markerEnd="url(#arrow)"
              >
                <title>{facts}</title>
              </path>
              {middle && (
                <text x={middle.x} y={middle.y - 6} textAnchor="middle">
                  {formatShort(edge.calls)}
                </text>
              )}
            </a>
          );
        })}
        {graph.nodes.map(({ service, x, y, width, height, callsIn, errorsIn }) => (
          <a
            key={service}
            href={hrefOf(['spans', 'operations'], { service, back })}
            aria-label={`Operations of ${service}`}
          >
            <rect
              x={x - width / 2}
              y={y - height / 2}
              width={width}
              height={height}
              rx="8"
              className={`node ${edgeKind({ calls: callsIn, errors: errorsIn })}`}
            >
              <title>{service}</title>
            </rect>
            <text x={x} y={y - 3} textAnchor="middle" className="node-name">
              {service.length > 30 ? `${service.slice(0, 29)}…` : service}
            </text>
            <text x={x} y={y + 13} textAnchor="middle">
              {callsIn === 0
                ? 'calls others only'
                : `${formatShort(callsIn)} calls, ${(errorRate({ calls: callsIn, errors: errorsIn }) * 100).toPrecision(2)} % failed`}
            </text>
          </a>
        ))}
      </svg>
    </div>
  );
}

function edgeKind(counts: Pick<GraphEdge, 'calls' | 'errors'>): string {
  const rate = errorRate(counts);
  return rate >= 0.5 ? 'bad' : rate >= 0.05 ? 'poor' : '';
}
