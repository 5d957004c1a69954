import { useEffect, useMemo, useRef, useState, type PointerEvent, type ReactNode } from 'react';
import { Button } from '../design/index.js';
import { onThemeChange } from '../shell/index.js';
import { formatDurationUs } from '../time/index.js';
import type { TraceColumns } from './trace-columns.js';
import { minimapOf, type Minimap } from './trace-minimap.js';
import type { ViewWindow } from './view-window.js';

interface Props {
  readonly columns: TraceColumns;
  readonly spanNs: number;
  readonly window: ViewWindow;
  readonly onWindow: (window: ViewWindow) => void;
}

const COLUMNS = 480;
const BANDS = 32;
const LEAST_BRUSH = 0.002;

/** The whole trace in small; dragging over it chooses the time that the rows show. */
export function TraceMinimap({ columns, spanNs, window, onWindow }: Props): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [brush, setBrush] = useState<readonly [number, number]>();
  // Drawn anew with every tenth of a trace that is still on its way.
  const progress = columns.isComplete ? 10 : Math.floor((columns.loadedRows / columns.total) * 10);
  const map = useMemo(() => minimapOf(columns, spanNs, COLUMNS, BANDS), [columns, spanNs, progress]);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return undefined;
    const draw = (): void => {
      drawMinimap(element, map);
    };
    draw();
    return onThemeChange(draw);
  }, [map]);
  const at = (event: PointerEvent<HTMLElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, (event.clientX - left) / width));
  };
  const [from, to] = brush ?? [window.fromNs / spanNs, window.toNs / spanNs];
  const [low, high] = from < to ? [from, to] : [to, from];
  const isWhole = window.fromNs <= 0 && window.toNs >= spanNs;
  return (
    <div className="minimap-line">
      <div
        className="minimap"
        role="img"
        aria-label="The whole trace; drag to choose a time. Keys w, a, s, d do the same."
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          setBrush([at(event), at(event)]);
        }}
        onPointerMove={(event) => {
          const now = at(event);
          setBrush((before) => before && [before[0], now]);
        }}
        onPointerUp={() => {
          setBrush(undefined);
          if (brush !== undefined && high - low >= LEAST_BRUSH) onWindow({ fromNs: low * spanNs, toNs: high * spanNs });
        }}
        onPointerCancel={() => {
          setBrush(undefined);
        }}
      >
        <canvas ref={canvas} width={COLUMNS} height={BANDS * 2} />
        <span className="brush" style={{ left: `${low * 100}%`, width: `${(high - low) * 100}%` }} />
      </div>
      <div className="row">
        <span className="soft small">
          {formatDurationUs(window.fromNs / 1000)} to {formatDurationUs(window.toNs / 1000)} of{' '}
          {formatDurationUs(spanNs / 1000)}
        </span>
        {!isWhole && (
          <Button
            small
            onClick={() => {
              onWindow({ fromNs: 0, toNs: spanNs });
            }}
          >
            Whole trace
          </Button>
        )}
      </div>
    </div>
  );
}

function drawMinimap(canvas: HTMLCanvasElement, map: Minimap): void {
  const context = canvas.getContext('2d');
  if (context === null) return;
  const style = getComputedStyle(canvas);
  context.clearRect(0, 0, canvas.width, canvas.height);
  const height = canvas.height / map.bands;
  for (let cell = 0; cell < map.spans.length; cell++) {
    const spans = map.spans[cell] ?? 0;
    if (spans === 0) continue;
    // The canvas has the colour of spans as its own, that of failed ones as its outline.
    context.fillStyle = (map.failed[cell] ?? 0) > 0 ? style.outlineColor : style.color;
    context.globalAlpha = 0.35 + 0.65 * (Math.log2(1 + spans) / Math.log2(1 + map.mostSpans));
    context.fillRect(cell % map.columns, Math.floor(cell / map.columns) * height, 1, height);
  }
  context.globalAlpha = 1;
}
