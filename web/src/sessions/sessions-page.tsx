import type { ReactNode } from 'react';
import { Tabs } from '../design/index.js';
import { hrefOf, useRoute } from '../router/index.js';
import { LiveSession } from './live-session.js';
import { NewSession } from './new-session.js';
import { NodeList } from './node-list.js';
import { SessionList } from './session-list.js';
import '../charts/panes.css';
import './sessions.css';

const TABS = [
  { key: 'list', title: 'Sessions', href: hrefOf(['sessions']) },
  { key: 'new', title: 'New session', href: hrefOf(['sessions', 'new']) },
  { key: 'nodes', title: 'Nodes', href: hrefOf(['sessions', 'nodes']) },
];

/** Tracing of containers by the kernel: choose, start, watch, stop. */
export default function SessionsPage(): ReactNode {
  const { path } = useRoute();
  const place = path[1] ?? 'list';
  return (
    <div className="stack">
      <h1 className="visually-hidden">Kernel sessions</h1>
      <Tabs label="Kernel sessions" tabs={TABS} current={place} />
      {place === 'list' && <SessionList />}
      {place === 'new' && <NewSession />}
      {place === 'nodes' && <NodeList />}
      {!['list', 'new', 'nodes'].includes(place) && <LiveSession key={place} id={place} />}
    </div>
  );
}
