import type { ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Badge, Empty, Table, type Column } from '../design/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { TimeText } from '../time/index.js';
import { nodesRequest, type NodeFacts, type Nodes } from './session-api.js';

const COLUMNS: readonly Column<NodeFacts>[] = [
  { key: 'name', title: 'Node', cell: ({ name }) => name },
  {
    key: 'state',
    title: 'State',
    cell: ({ state }) => <Badge kind={state === 'answering' ? 'good' : 'error'}>{state}</Badge>,
  },
  { key: 'url', title: 'Address', cell: ({ url }) => <code>{url ?? '–'}</code> },
  {
    key: 'latency',
    title: 'Last answer took',
    number: true,
    cell: ({ latencyMs }) => (latencyMs === undefined ? '–' : `${Math.round(latencyMs)} ms`),
  },
  {
    key: 'seen',
    title: 'Last seen',
    cell: ({ lastSeenAt }) =>
      lastSeenAt === undefined ? 'never' : <TimeText us={Date.parse(lastSeenAt) * 1000} relative />,
  },
  { key: 'error', title: 'Last failure', cell: ({ lastError }) => lastError ?? '–' },
];

/** The machines that the gateway knows, and where it knows them from. */
export function NodeList(): ReactNode {
  const state = useRequest(nodesRequest, { everyMs: 5_000 });
  return (
    <>
      <div className="row">
        <span className="grow soft">
          Machines with a node agent. A node that does not answer is missing from all lists.
        </span>
        <CopyCurl request={nodesRequest} />
      </div>
      <Loaded state={state} what="Loading the nodes">
        {(nodes) => <NodeTable nodes={nodes} />}
      </Loaded>
    </>
  );
}

function NodeTable({ nodes }: { readonly nodes: Nodes }): ReactNode {
  if (nodes.nodes.length === 0)
    return (
      <Empty
        title="No nodes are known"
        command="TRACER_NODES=name=http://10.0.0.1:8081 node dist/apps/tracer-svc/src/main.js"
      >
        <p>Name the node agents to the gateway, or let it find them by DNS or in a Kubernetes cluster.</p>
      </Empty>
    );
  return (
    <>
      <Table label="Nodes" columns={COLUMNS} rows={nodes.nodes} rowKey={({ name }) => name} />
      <ul className="plain-list soft">
        {nodes.sources.map(({ kind, target, nodes: count, lastError }) => (
          <li key={`${kind} ${target}`}>
            {kind}: {target} ({count} {count === 1 ? 'node' : 'nodes'}){lastError === undefined ? '' : `; ${lastError}`}
          </li>
        ))}
      </ul>
    </>
  );
}
