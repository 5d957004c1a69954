import { useMemo, type ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Empty, Field, Table, type Column } from '../design/index.js';
import { hrefOf, Link, navigate, useQueryValue } from '../router/index.js';
import { CopyCurl, Loaded } from '../shell/index.js';
import { formatBytes, formatCount, TimeText } from '../time/index.js';
import { NodeWarnings } from './node-warnings.js';
import { sessionsRequest, type Sessions } from './session-api.js';
import { groupSessions, type SessionGroup } from './session-groups.js';
import { StateBadge } from './state-badge.js';

const ALL = sessionsRequest('all');

const COLUMNS: readonly Column<SessionGroup>[] = [
  { key: 'state', title: 'State', cell: ({ state }) => <StateBadge state={state} /> },
  {
    key: 'what',
    title: 'Session',
    cell: ({ id, context, hook }) => (
      <Link to={['sessions', id]}>{context === '' ? `${hook.split('/').at(-1) ?? ''} ${id}` : context}</Link>
    ),
  },
  { key: 'hook', title: 'Hook', cell: ({ hook, parameters }) => <code>{`${hook} ${parameters}`.trim()}</code> },
  {
    key: 'nodes',
    title: 'Where',
    cell: ({ nodes, containers }) =>
      `${containers} ${containers === 1 ? 'container' : 'containers'} on ${nodes.length > 2 ? `${nodes.length} nodes` : nodes.join(', ')}`,
  },
  { key: 'events', title: 'Events', number: true, cell: ({ events }) => formatCount(events) },
  {
    key: 'lost',
    title: 'Lost',
    number: true,
    cell: ({ lost }) => <span className={lost > 0 ? 'lost-number' : undefined}>{formatCount(lost)}</span>,
  },
  { key: 'bytes', title: 'File', number: true, cell: ({ bytes }) => formatBytes(bytes) },
  {
    key: 'started',
    title: 'Started',
    cell: ({ startedAtUs }) => (startedAtUs === undefined ? 'not yet' : <TimeText us={startedAtUs} relative />),
  },
];

/** All sessions of all nodes; those of one request are one line. */
export function SessionList(): ReactNode {
  const state = useRequest(ALL, { everyMs: 2_000 });
  return (
    <>
      <NodeWarnings />
      <Loaded state={state} what="Loading the sessions">
        {(sessions) => <List sessions={sessions} />}
      </Loaded>
    </>
  );
}

function List({ sessions }: { readonly sessions: Sessions }): ReactNode {
  const [text, setText] = useQueryValue('q', { replace: true });
  const groups = useMemo(() => groupSessions(sessions), [sessions]);
  const shown = groups.filter(({ context, hook, nodes, id, sessions: members }) => {
    const pods = members.flatMap(({ Containers }) => Object.keys(Containers));
    return [context, hook, id, ...nodes, ...pods].some((one) => one.toLowerCase().includes(text.toLowerCase()));
  });
  if (groups.length === 0) return <NoSessions />;
  return (
    <>
      <div className="row end">
        <Field
          label="Filter"
          placeholder="context, hook, node, pod"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
          }}
        />
        <span className="grow soft">
          {formatCount(shown.length)} of {formatCount(groups.length)}
        </span>
        <CopyCurl request={ALL} />
        <Link to={['sessions', 'new']} className="button primary">
          New session
        </Link>
      </div>
      <Table
        label="Sessions"
        columns={COLUMNS}
        rows={shown}
        rowKey={({ id }) => id}
        onRow={({ id }) => {
          navigate(hrefOf(['sessions', id]));
        }}
      />
    </>
  );
}

function NoSessions(): ReactNode {
  const command = `curl -d '{"pod":"*","container":"*","trace-hook":"trace_syscalls"}' ${new URL('v1/trace-session', document.baseURI).href}`;
  return (
    <Empty title="No kernel session yet" command={command}>
      <p>
        A session traces the system calls, scheduling, files, network or disks of chosen containers.{' '}
        <Link to={['sessions', 'new']}>Choose containers and a hook</Link>, or define one in a shell:
      </p>
    </Empty>
  );
}
