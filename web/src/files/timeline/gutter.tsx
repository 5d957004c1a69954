import { useSyncExternalStore, type ReactNode } from 'react';
import type { PlacedRow } from '../../lanes/index.js';
import { formatCounted, formatDurationUs } from '../../time/index.js';
import type { LaneSession } from './lane-session.js';

interface GutterProps {
  readonly session: LaneSession;
  readonly onFold: (id: string) => void;
  readonly onPin: (id: string) => void;
}

const NO_ROWS: readonly PlacedRow[] = [];

/** The names of the rows, beside the canvas and scrolled with it. */
export function Gutter({ session, onFold, onPin }: GutterProps): ReactNode {
  const rows = useSyncExternalStore(session.subscribe, () => session.state()?.rows ?? NO_ROWS);
  const scrollPx = useSyncExternalStore(session.subscribe, () => session.state()?.scrollPx ?? 0);
  const shown = rows.filter(({ top, height }) => top + height > scrollPx - 200 && top < scrollPx + 2200);
  return (
    <div
      className="tl-gutter"
      role="list"
      aria-label="Lanes"
      // The browser scrolls to what gets the focus; the lanes beside it have to go along.
      onScroll={({ currentTarget: box }) => {
        if (box.scrollTop === 0) return;
        session.view.scrollBy(box.scrollTop);
        box.scrollTop = 0;
      }}
    >
      {shown.map((row) => (
        <div
          key={row.id}
          role="listitem"
          className={`tl-row ${row.kind}`}
          style={{ top: row.top - scrollPx, height: row.height }}
          title={`${row.title}\n${formatCounted(row.events, 'event')}, ${formatDurationUs(row.busyUs)}`}
        >
          {row.kind === 'thread' ? (
            <>
              <span className="tl-name">{row.label}</span>
              <button
                type="button"
                aria-pressed={row.pinned}
                aria-label={`${row.pinned ? 'Unpin' : 'Pin'} ${row.label}`}
                onClick={() => onPin(row.lanes[0] ?? '')}
              >
                {row.pinned ? '★' : '☆'}
              </button>
            </>
          ) : (
            <button type="button" className="tl-fold" aria-expanded={!row.folded} onClick={() => onFold(row.id)}>
              <span aria-hidden="true">{row.folded ? '▸' : '▾'}</span>
              <span className="tl-name">{row.label}</span>
            </button>
          )}
        </div>
      ))}
    </div>
  );
}
