import { useEffect, useMemo, useRef, useState, type PointerEvent, type ReactNode, type RefObject } from 'react';
import { hrefOf, setQuery } from '../router/index.js';
import { formatCount, formatCounted, formatDurationUs, formatTimeUs, useTimeZone } from '../time/index.js';
import { titleOf } from './found-traces.js';
import { scatterOf, type Scatter } from './scatter.js';
import type { FoundTrace } from './span-api.js';

const HEIGHT = 320;
const LEFT = 80;
const BOTTOM = 28;
const PAD = 14;

/** Found traces as dots, each a link: what is slow or failing stands out. Dragging over them searches that time alone. */
export function ScatterPlot({ traces }: { readonly traces: readonly FoundTrace[] }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const inner = { width: width - LEFT - 2 * PAD, height: HEIGHT - BOTTOM - 2 * PAD };
  const scatter = useMemo(() => scatterOf(traces, inner), [traces, width]);
  const brush = useBrush((from, to) => {
    const usAt = (x: number): number =>
      Math.round(scatter.fromUs + ((x - LEFT - PAD) / inner.width) * (scatter.toUs - scatter.fromUs));
    setQuery({ from: Math.max(0, usAt(from)), to: usAt(to) });
  });
  return (
    <figure className="pane scatter">
      <div ref={box}>
        <svg
          width={width}
          height={HEIGHT}
          role="group"
          aria-label={`${formatCounted(traces.length, 'trace')} by start and duration`}
          {...brush.events}
        >
          <Scales scatter={scatter} width={width} />
          {brush.area !== undefined && (
            <rect
              x={brush.area[0]}
              y={0}
              width={brush.area[1] - brush.area[0]}
              height={HEIGHT - BOTTOM}
              className="brushed"
            />
          )}
          <Dots scatter={scatter} traces={traces} />
        </svg>
      </div>
      <figcaption className="soft">
        Each dot is a trace; larger ones have more spans, <span className="failed-text">red ones failed</span>. Drag to
        search a time.
        {scatter.left > 0 ? ` ${formatCounted(scatter.left, 'trace')} without a time are not shown.` : ''}
      </figcaption>
    </figure>
  );
}

function Scales({ scatter, width }: { readonly scatter: Scatter; readonly width: number }): ReactNode {
  const zone = useTimeZone();
  return (
    <>
      {scatter.rows.map(({ value, at }) => (
        <g key={value} transform={`translate(0 ${at + PAD})`}>
          <line x1={LEFT} x2={width} className="grid" />
          <text x={LEFT - 8} dy="0.35em" textAnchor="end">
            {formatDurationUs(value)}
          </text>
        </g>
      ))}
      {scatter.dots.length > 0 && (
        <>
          <text x={LEFT} y={HEIGHT - 8}>
            {formatTimeUs(scatter.fromUs, zone, 0)}
          </text>
          <text x={width - 4} y={HEIGHT - 8} textAnchor="end">
            {formatTimeUs(scatter.toUs, zone, 0)}
          </text>
        </>
      )}
    </>
  );
}

function Dots({ scatter, traces }: { readonly scatter: Scatter; readonly traces: readonly FoundTrace[] }): ReactNode {
  return scatter.dots.map(({ at, x, y, radius, failed }) => {
    const trace = traces[at];
    if (trace === undefined) return null;
    const { traceId, durationUs = 0, spanCount, errorCount } = trace;
    const facts = `${titleOf(trace)}\n${formatDurationUs(durationUs)}, ${formatCounted(spanCount, 'span')}, ${formatCount(errorCount)} failed`;
    return (
      <a key={traceId} href={hrefOf(['spans', 'trace', traceId])} aria-label={facts} draggable={false}>
        <circle cx={x + LEFT + PAD} cy={y + PAD} r={radius} className={failed ? 'dot failed' : 'dot'}>
          <title>{facts}</title>
        </circle>
      </a>
    );
  });
}

function useWidth(box: RefObject<HTMLDivElement | null>): number {
  const [width, setWidth] = useState(800);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    const watch = new ResizeObserver(() => {
      setWidth(Math.max(240, element.clientWidth));
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
    };
  }, [box]);
  return width;
}

const LEAST_BRUSH_PX = 6;

interface Brush {
  /** Left and right, pixels. */
  readonly area: readonly [number, number] | undefined;
  readonly events: {
    readonly onPointerDown: (event: PointerEvent<SVGSVGElement>) => void;
    readonly onPointerMove: (event: PointerEvent<SVGSVGElement>) => void;
    readonly onPointerUp: () => void;
    readonly onPointerLeave: () => void;
  };
}

/** Dragging sideways; a mere click stays a click on what is below. */
function useBrush(onArea: (from: number, to: number) => void): Brush {
  const [ends, setEnds] = useState<readonly [number, number]>();
  const xOf = (event: PointerEvent<SVGSVGElement>): number =>
    event.clientX - event.currentTarget.getBoundingClientRect().left;
  const area = ends && ([Math.min(...ends), Math.max(...ends)] as const);
  const isArea = area !== undefined && area[1] - area[0] >= LEAST_BRUSH_PX;
  return {
    area: isArea ? area : undefined,
    events: {
      onPointerDown: (event) => {
        if (event.button === 0) setEnds([xOf(event), xOf(event)]);
      },
      onPointerMove: (event) => {
        const now = xOf(event);
        setEnds((before) => before && [before[0], now]);
      },
      onPointerUp: () => {
        setEnds(undefined);
        if (isArea) onArea(area[0], area[1]);
      },
      onPointerLeave: () => {
        setEnds(undefined);
      },
    },
  };
}
