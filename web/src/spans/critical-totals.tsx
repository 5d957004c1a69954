import { useMemo, type ReactNode } from 'react';
import { formatCount, formatDurationUs } from '../time/index.js';
import { criticalTotals, type CriticalSection } from './critical-path.js';
import { colourClass } from './service-colour.js';
import type { TraceColumns } from './trace-columns.js';

interface Props {
  readonly columns: TraceColumns;
  readonly path: readonly CriticalSection[];
  readonly services: readonly string[];
}

const MOST = 8;

/** Who the trace waited for, the longest first. */
export function CriticalTotals({ columns, path, services }: Props): ReactNode {
  const totals = useMemo(() => criticalTotals(columns, path), [columns, path]);
  const allNs = totals.reduce((sum, { totalNs }) => sum + totalNs, 0);
  return (
    <section className="critical-totals" aria-label="Time on the critical path">
      {totals.slice(0, MOST).map(({ service, name, totalNs }) => (
        <span key={`${service} ${name}`} className="critical-total">
          <span className={`service-dot ${colourClass(services, service)}`} aria-hidden="true" />
          <span className="break">
            {service}: {name}
          </span>
          <strong>{formatDurationUs(totalNs / 1000)}</strong>
          <span className="soft">{allNs === 0 ? '' : `${((totalNs / allNs) * 100).toPrecision(2)} %`}</span>
        </span>
      ))}
      {totals.length > MOST && <span className="soft">and {formatCount(totals.length - MOST)} more operations</span>}
    </section>
  );
}
