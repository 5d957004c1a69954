import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { hrefOf } from '../router/index.js';
import { formatCount, formatDurationUs, formatTimeUs, useTimeZone } from '../time/index.js';
import { titleOf } from './found-traces.js';
import { scatterOf } from './scatter.js';
import type { FoundTrace } from './span-api.js';

const HEIGHT = 320;
const LEFT = 80;
const BOTTOM = 28;
const PAD = 14;

/** Found traces as dots, each a link: what is slow or failing stands out. */
export function ScatterPlot({ traces }: { readonly traces: readonly FoundTrace[] }): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(800);
  const zone = useTimeZone();
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
  }, []);
  const inner = { width: width - LEFT - 2 * PAD, height: HEIGHT - BOTTOM - 2 * PAD };
  const scatter = useMemo(() => scatterOf(traces, inner), [traces, width]);
  return (
    <figure className="pane scatter">
      <div ref={box}>
        <svg
          width={width}
          height={HEIGHT}
          role="group"
          aria-label={`${formatCount(traces.length)} traces by start and duration`}
        >
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
          {scatter.dots.map(({ at, x, y, radius, failed }) => {
            const trace = traces[at];
            if (trace === undefined) return null;
            const facts = `${titleOf(trace)}\n${formatDurationUs(trace.durationUs ?? 0)}, ${formatCount(trace.spanCount)} spans, ${formatCount(trace.errorCount)} failed`;
            return (
              <a key={trace.traceId} href={hrefOf(['spans', 'trace', trace.traceId])} aria-label={facts}>
                <circle cx={x + LEFT + PAD} cy={y + PAD} r={radius} className={failed ? 'dot failed' : 'dot'}>
                  <title>{facts}</title>
                </circle>
              </a>
            );
          })}
        </svg>
      </div>
      <figcaption className="soft">
        Each dot is a trace; larger ones have more spans, <span className="failed-text">red ones failed</span>.
        {scatter.left > 0 ? ` ${formatCount(scatter.left)} traces without a time are not shown.` : ''}
      </figcaption>
    </figure>
  );
}
