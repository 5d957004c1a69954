import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatTimeUs } from '../time/index.js';
import type { TimeChartProps, ZonedChartProps } from './chart-props.js';

export interface DrawnChart {
  readonly change: (props: TimeChartProps) => void;
  readonly resize: (width: number) => void;
  readonly remove: () => void;
}

const AXIS_PX = 76;

/** Draws a chart with uPlot, in the colours of the page. */
export function drawChart(element: HTMLElement, props: ZonedChartProps): DrawnChart {
  // The colours of the design depend on the scheme and are known to the style engine only.
  const probe = document.createElement('span');
  element.append(probe);
  const colour = (variable: string): string => {
    probe.style.color = `var(${variable})`;
    return getComputedStyle(probe).color;
  };
  let { format } = props;
  const axis = { stroke: colour('--text-soft'), grid: { stroke: colour('--line'), width: 1 }, ticks: { show: false } };
  const height = props.height ?? 160;
  const chart = new uPlot(
    {
      width: Math.max(120, element.clientWidth),
      height,
      scales: { x: { time: props.plain === undefined }, y: { range: (_, low, high) => [Math.min(0, low), top(high)] } },
      axes: [
        { ...axis, ...xAxis(props) },
        { ...axis, size: AXIS_PX, values: (_, splits: number[]) => splits.map((value) => format(value)) },
      ],
      series: [
        {
          label: props.plain ?? 'Time',
          value: (_: uPlot, at: number | null) =>
            at === null ? '–' : props.plain !== undefined ? String(at) : formatTimeUs(at * 1e6, props.zone, 0),
        },
        ...props.series.map(({ title, colour: variable, dashed }) => ({
          label: title,
          stroke: colour(variable),
          width: 2,
          ...(dashed === true && { dash: [6, 4] }),
          points: { size: 5 },
          value: (_: uPlot, value: number | null) => (value === null ? '–' : format(value)),
        })),
      ],
      legend: { live: true },
    },
    dataOf(props),
    element,
  );
  probe.remove();
  return {
    change: (next) => {
      format = next.format;
      chart.setData(dataOf(next));
    },
    resize: (width) => {
      if (width > 0 && width !== chart.width) chart.setSize({ width, height });
    },
    remove: () => {
      chart.destroy();
    },
  };
}

/** Times, or whole numbers with what they count below. */
function xAxis(props: ZonedChartProps): uPlot.Axis {
  if (props.plain === undefined) return { values: (_, splits: number[]) => timeMarks(splits, props) };
  return {
    label: props.plain,
    labelSize: 20,
    incrs: [1, 2, 5].flatMap((step) => [1, 10, 100, 1000].map((ten) => step * ten)).sort((a, b) => a - b),
  };
}

/** Marks of the time axis in the chosen zone; with the day where more than one is shown. */
function timeMarks(splits: readonly number[], { zone }: ZonedChartProps): string[] {
  const texts = splits.map((seconds) => formatTimeUs(seconds * 1e6, zone, 0));
  const isLong = texts[0]?.slice(0, 10) !== texts.at(-1)?.slice(0, 10);
  return texts.map((text) => (isLong ? text.slice(5, 16) : text.slice(11, 19)));
}

/** Room above the highest value; a flat line at nothing still has a scale. */
function top(high: number): number {
  return high > 0 ? high * 1.1 : 1;
}

function dataOf({ x, series }: TimeChartProps): uPlot.AlignedData {
  return [[...x], ...series.map(({ values }) => [...values])];
}
