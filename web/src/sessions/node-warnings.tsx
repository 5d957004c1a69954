import type { ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Notice } from '../design/index.js';
import { Link } from '../router/index.js';
import { nodesRequest, type Nodes } from './session-api.js';

/** Nodes whose part is missing from what is shown. */
export function troubledNodes({ nodes }: Nodes): Nodes['nodes'] {
  return nodes.filter(({ state }) => state === 'failing' || state === 'absent');
}

/** Says which machines do not answer, above lists that would otherwise look complete. */
export function NodeWarnings(): ReactNode {
  const { data } = useRequest(nodesRequest, { everyMs: 10_000 });
  const troubled = data === undefined ? [] : troubledNodes(data);
  if (troubled.length === 0) return null;
  return (
    <Notice kind="warn">
      <strong>
        {troubled.length} of {data?.nodes.length} nodes do not answer: what they have is missing here.
      </strong>
      <ul className="plain-list">
        {troubled.map(({ name, lastError }) => (
          <li key={name}>
            {name}: {lastError ?? 'no answer'}
          </li>
        ))}
      </ul>
      <Link to={['sessions', 'nodes']}>All nodes</Link>
    </Notice>
  );
}
