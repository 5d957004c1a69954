import type { ReactNode } from 'react';
import { useRequest } from '../api/index.js';
import { Tabs } from '../design/index.js';
import { hrefOf, useRoute } from '../router/index.js';
import { formatBytes, formatCounted } from '../time/index.js';
import '../charts/panes.css';
import './dm.css';
import { totalsRequest } from './dm-api.js';
import { EventsView } from './events-view.js';
import { GroupView } from './group-view.js';
import { JobsView } from './jobs-view.js';
import { LiveEventsView } from './live-view.js';
import { TraceView } from './trace-view.js';

const TABS = [
  { key: 'jobs', title: 'Jobs', href: hrefOf(['dm']) },
  { key: 'events', title: 'Events', href: hrefOf(['dm', 'events']) },
  { key: 'live', title: 'Live', href: hrefOf(['dm', 'live']) },
  { key: 'trace', title: 'One trace', href: hrefOf(['dm', 'trace']) },
  { key: 'group', title: 'DDL lock', href: hrefOf(['dm', 'group']) },
];

/** Events of data migration: from the binlog of an upstream to the jobs that carry it out. */
export default function DmPage(): ReactNode {
  const { path } = useRoute();
  const place = path[1] ?? 'jobs';
  const id = path[2] ?? '';
  return (
    <div className="stack">
      <h1 className="visually-hidden">Replication events</h1>
      <Tabs label="Replication events" tabs={TABS} current={place} />
      <Totals />
      {place === 'jobs' && <JobsView />}
      {place === 'events' && <EventsView />}
      {place === 'live' && <LiveEventsView />}
      {place === 'trace' && <TraceView key={id} traceId={id} />}
      {place === 'group' && <GroupView key={id} groupId={id} />}
    </div>
  );
}

function Totals(): ReactNode {
  const { data } = useRequest(totalsRequest, { everyMs: 10_000 });
  if (data === undefined) return null;
  const { evicted } = data;
  return (
    <p className="soft">
      Stored: {formatCounted(data.events, 'event')} of {formatCounted(data.traces, 'trace')}, {formatBytes(data.bytes)}.
      {evicted.events > 0
        ? ` Retention has removed ${formatCounted(evicted.events, 'event')} of ${formatCounted(evicted.traces, 'trace')}.`
        : ''}
    </p>
  );
}
