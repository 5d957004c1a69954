/** How far back a view looks, as its address names it. */
export const LOOKBACKS: readonly (readonly [key: string, text: string])[] = [
  ['15m', 'Last 15 minutes'],
  ['1h', 'Last hour'],
  ['6h', 'Last 6 hours'],
  ['1d', 'Last day'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
];

const UNITS_US: Readonly<Record<string, number>> = { m: 60e6, h: 3600e6, d: 86_400e6 };

/** Microseconds of a lookback; a day for what is none. */
export function lookbackUs(key: string): number {
  const [, number = '1', unit = 'd'] = /^(\d+)([mhd])$/.exec(key) ?? [];
  return Number(number) * (UNITS_US[unit] ?? 86_400e6);
}
