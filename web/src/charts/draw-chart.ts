import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { formatTimeUs } from '../time/index.js';
import type { TimeChartProps, ZonedChartProps } from './chart-props.js';
import { timeMarks } from './time-marks.js';

export interface DrawnChart {
  readonly change: (props: TimeChartProps) => void;
  readonly resize: (width: number) => void;
  readonly remove: () => void;
}

const AXIS_PX = 76;
const POWERS_OF_TWO = Array.from({ length: 60 }, (_, power) => 2 ** power);
/** Room of a mark of the time axis, the longest being `16:13:20.125`. */
const TIME_PX = 100;
/** What is shown while there is nothing: the last minute. */
const EMPTY_S = 60;

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
      scales: {
        x: { time: props.plain === undefined, range: xRange },
        y: { range: (_, low, high) => [Math.min(0, low), top(high)] },
      },
      axes: [
        { ...axis, ...xAxis(props) },
        {
          ...axis,
          size: AXIS_PX,
          ...(props.binary === true && { incrs: POWERS_OF_TWO }),
          values: (_, splits: number[]) => splits.map((value) => format(value)),
        },
      ],
      series: [
        xSeries(props),
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

/** What the legend says of the moment under the pointer. */
function xSeries(props: ZonedChartProps): uPlot.Series {
  return {
    label: props.plain ?? 'Time',
    value: (_: uPlot, at: number | null) =>
      at === null ? '–' : props.plain !== undefined ? String(at) : formatTimeUs(at * 1e6, props.zone, 0),
  };
}

/** Times, or whole numbers with what they count below. */
function xAxis(props: ZonedChartProps): uPlot.Axis {
  if (props.plain === undefined)
    return { space: TIME_PX, values: (_, splits: number[]) => timeMarks(splits, props.zone) };
  return {
    label: props.plain,
    labelSize: 20,
    incrs: [1, 2, 5].flatMap((step) => [1, 10, 100, 1000].map((ten) => step * ten)).sort((a, b) => a - b),
  };
}

/** What is asked for; a single moment, which uPlot would show in years around it, and none at all get a minute. */
function xRange(chart: uPlot, low: number | null, high: number | null): uPlot.Range.MinMax {
  const [xs] = chart.data;
  if (xs.length > 1 && low !== null && high !== null && low < high) return [low, high];
  const isTime = chart.scales['x']?.time === true;
  const end = xs.at(-1) ?? (isTime ? Date.now() / 1000 : 1);
  return [end - (isTime ? EMPTY_S : 1), end];
}

/** Room above the highest value; a flat line at nothing still has a scale. */
function top(high: number): number {
  return high > 0 ? high * 1.1 : 1;
}

function dataOf({ x, series }: TimeChartProps): uPlot.AlignedData {
  return [[...x], ...series.map(({ values }) => [...values])];
}
