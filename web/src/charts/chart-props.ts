import type { TimeZoneMode } from '../time/index.js';

export interface Series {
  readonly title: string;
  /** A variable of the design: `--accent`. */
  readonly colour: string;
  /** One value for each moment; null where there is none. */
  readonly values: readonly (number | null)[];
  readonly dashed?: boolean;
}

export interface TimeChartProps {
  /** What the chart shows, for people who do not see it. */
  readonly label: string;
  /** Seconds since 1970, or numbers of runs with `plain`. */
  readonly x: readonly number[];
  /** The x axis holds whole numbers instead of times: what they count. */
  readonly plain?: string;
  readonly series: readonly Series[];
  readonly format: (value: number) => string;
  readonly height?: number;
  /** Marks at powers of two, for bytes. */
  readonly binary?: boolean;
}

/** With the zone that times are shown in. */
export interface ZonedChartProps extends TimeChartProps {
  readonly zone: TimeZoneMode;
}
