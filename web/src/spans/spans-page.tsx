import type { ReactNode } from 'react';
import { Tabs } from '../design/index.js';
import { hrefOf, useRoute } from '../router/index.js';
import { CompareTraces } from './compare-traces.js';
import { OperationsView } from './operations-view.js';
import { SearchView } from './search-view.js';
import { ServiceGraphView } from './service-graph-view.js';
import { TraceView } from './trace-view.js';
import '../charts/panes.css';
import './spans.css';

const TABS = [
  { key: 'search', title: 'Search', href: hrefOf(['spans']) },
  { key: 'graph', title: 'Service graph', href: hrefOf(['spans', 'graph']) },
  { key: 'operations', title: 'Operations', href: hrefOf(['spans', 'operations']) },
  { key: 'compare', title: 'Compare', href: hrefOf(['spans', 'compare']) },
];

/** Distributed traces: find, look at, compare. */
export default function SpansPage(): ReactNode {
  const { path } = useRoute();
  const place = path[1] ?? 'search';
  const id = path[2] ?? '';
  return (
    <div className="stack">
      <h1 className="visually-hidden">Spans</h1>
      <Tabs label="Spans" tabs={TABS} current={place} />
      {place === 'search' && <SearchView />}
      {place === 'graph' && <ServiceGraphView />}
      {place === 'operations' && <OperationsView />}
      {place === 'compare' && <CompareTraces />}
      {place === 'trace' && <TraceView key={id} id={id} />}
    </div>
  );
}
