import { useEffect, useRef, useState, type ReactNode } from 'react';
import { ErrorNotice } from '../design/index.js';
import { onThemeChange } from '../shell/index.js';
import { useTimeZone } from '../time/index.js';
import type { TimeChartProps, ZonedChartProps } from './chart-props.js';
import type { DrawnChart } from './draw-chart.js';

/** Lines over time. What draws them is loaded with the first chart. */
export function TimeChart(shown: TimeChartProps): ReactNode {
  const zone = useTimeZone();
  const props: ZonedChartProps = { ...shown, zone };
  const box = useRef<HTMLDivElement>(null);
  const latest = useRef(props);
  latest.current = props;
  const chart = useRef<DrawnChart | undefined>(undefined);
  const [error, setError] = useState<Error>();
  const shape = JSON.stringify([
    zone,
    props.plain,
    props.height,
    props.series.map(({ title, colour }) => [title, colour]),
  ]);
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    let over = false;
    let stop = (): void => undefined;
    const draw = async (): Promise<void> => {
      const { drawChart } = await import('./draw-chart.js');
      if (over) return;
      const redraw = (): void => {
        chart.current?.remove();
        chart.current = drawChart(element, latest.current);
      };
      redraw();
      const watch = new ResizeObserver(() => chart.current?.resize(element.clientWidth));
      watch.observe(element);
      const forget = onThemeChange(redraw);
      stop = () => {
        watch.disconnect();
        forget();
        chart.current?.remove();
        chart.current = undefined;
      };
    };
    draw().catch((reason: unknown) => {
      setError(reason instanceof Error ? reason : new Error(String(reason)));
    });
    return () => {
      over = true;
      stop();
    };
  }, [shape]);
  useEffect(() => {
    chart.current?.change(props);
  });
  if (error !== undefined) return <ErrorNotice what="Loading the chart" error={error} />;
  return (
    <div ref={box} className="chart" role="img" aria-label={props.label} style={{ minHeight: props.height ?? 160 }} />
  );
}
