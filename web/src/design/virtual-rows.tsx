import { useEffect, useRef, useState, type ReactNode } from 'react';

interface VirtualRowsProps {
  readonly label: string;
  readonly count: number;
  readonly rowHeight: number;
  readonly height: number | string;
  /** Draws row `index`; only those in view are drawn, each at its place. */
  readonly row: (index: number) => ReactNode;
  /** Told which rows are in view, `to` exclusive: to load what is missing. */
  readonly onView?: (from: number, to: number) => void;
  /** Scrolled into view when it changes. */
  readonly reveal?: number | undefined;
}

/** Browsers cap the height of an element; beyond this the scroll bar is scaled. */
const TALLEST_PX = 8_000_000;
const EXTRA_ROWS = 8;

/** A list of any length of which only the rows in view exist. */
export function VirtualRows({ label, count, rowHeight, height, row, onView, reveal }: VirtualRowsProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 600 });
  const total = count * rowHeight;
  const tall = Math.min(total, TALLEST_PX);
  const scale = tall > view.height ? (total - view.height) / (tall - view.height) : 1;
  const offset = Math.max(0, view.top * scale);
  const from = Math.max(0, Math.floor(offset / rowHeight) - EXTRA_ROWS);
  const to = Math.min(count, Math.ceil((offset + view.height) / rowHeight) + EXTRA_ROWS);

  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const measure = (): void => {
      setView({ top: element.scrollTop, height: element.clientHeight });
    };
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    element.addEventListener('scroll', measure, { passive: true });
    return () => {
      watch.disconnect();
      element.removeEventListener('scroll', measure);
    };
  }, []);
  useEffect(() => {
    onView?.(from, to);
  }, [from, to, onView]);
  useEffect(() => {
    const element = box.current;
    if (element === null || reveal === undefined) return;
    const top = (reveal * rowHeight) / scale;
    if (top < element.scrollTop || top > element.scrollTop + element.clientHeight - rowHeight)
      element.scrollTop = Math.max(0, top - element.clientHeight / 2);
    // Only a new row to reveal scrolls; a list that grows does not.
  }, [reveal]);

  const rows: ReactNode[] = [];
  for (let index = from; index < to; index++) {
    const top = view.top + (index * rowHeight - offset);
    rows.push(
      <div key={index} role="listitem" style={{ position: 'absolute', top, left: 0, right: 0, height: rowHeight }}>
        {row(index)}
      </div>,
    );
  }
  return (
    <div
      ref={box}
      role="list"
      aria-label={label}
      tabIndex={0}
      style={{ height, overflow: 'auto', position: 'relative' }}
    >
      <div style={{ height: tall, position: 'relative' }}>{rows}</div>
    </div>
  );
}
