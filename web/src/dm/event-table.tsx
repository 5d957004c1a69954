import type { ReactNode } from 'react';
import { Badge, Table, type Column } from '../design/index.js';
import { Link } from '../router/index.js';
import { TimeText } from '../time/index.js';
import type { DmEvent } from './dm-api.js';

const COLUMNS: readonly Column<DmEvent>[] = [
  { key: 'time', title: 'Time', cell: (event) => <EventTime event={event} /> },
  { key: 'trace', title: 'Trace', cell: ({ traceId }) => <Link to={['dm', 'trace', traceId]}>{traceId}</Link> },
  { key: 'type', title: 'Kind', cell: ({ type }) => type },
  { key: 'op', title: 'Operation', cell: ({ op, opType }) => op ?? `op ${opType}` },
  { key: 'state', title: 'State', cell: (event) => <State event={event} /> },
  {
    key: 'position',
    title: 'Position',
    cell: ({ position, currentPosition }) => {
      const place = currentPosition ?? position;
      return place === undefined ? '–' : `${place.name}:${place.pos}`;
    },
  },
  { key: 'sql', title: 'Statement', cell: (event) => <code>{statementOf(event)}</code> },
  {
    key: 'group',
    title: 'DDL lock',
    cell: ({ groupId }) => (groupId === undefined ? '' : <Link to={['dm', 'group', groupId]}>{groupId}</Link>),
  },
];

/** Before the year 2000 no worker ran: its clock was not set, and the time of arrival counts. */
const CLOCK_SET_US = 946_684_800_000_000n;

function EventTime({ event: { tso, receivedAtUs } }: { readonly event: DmEvent }): ReactNode {
  const us = BigInt(tso) / 1000n;
  if (us >= CLOCK_SET_US) return <TimeText us={us} fraction={6} />;
  return (
    <span title="The clock of the worker was not set: the time of arrival">
      <TimeText us={receivedAtUs} fraction={6} /> <span className="soft">(arrival)</span>
    </span>
  );
}

function State({ event }: { readonly event: DmEvent }): ReactNode {
  const { type, state, jobState, safeMode } = event;
  if (type === 'binlog') return safeMode === true ? <Badge kind="warn">safe mode</Badge> : null;
  const name = state ?? `state ${jobState ?? 0}`;
  return (
    <Badge {...(state === 'error' ? { kind: 'error' as const } : state === 'success' ? { kind: 'good' as const } : {})}>
      {name}
    </Badge>
  );
}

const SHOWN = 200;

function statementOf({ sql, ddls }: DmEvent): string {
  const text = sql === undefined || sql === '' ? (ddls ?? []).join('; ') : sql;
  return text.length > SHOWN ? `${text.slice(0, SHOWN)} … (${text.length} characters)` : text;
}

export function EventTable({ events }: { readonly events: readonly DmEvent[] }): ReactNode {
  return <Table label="Events" columns={COLUMNS} rows={events} rowKey={({ seq, tso }) => `${seq} ${tso}`} />;
}
