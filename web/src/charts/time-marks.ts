import { formatTimeUs, type TimeZoneMode } from '../time/format.js';

/**
 * Marks of a time axis, seconds since 1970, in the chosen zone: with the day where more than one is shown, with as many digits of
 * a second as it takes to tell neighbours apart.
 */
export function timeMarks(splits: readonly number[], zone: TimeZoneMode): string[] {
  const [first = 0, second = first + 1] = splits;
  const apart = second - first;
  const fraction = apart >= 1 ? 0 : apart >= 0.001 ? 3 : 6;
  const texts = splits.map((seconds) => formatTimeUs(Math.round(seconds * 1e6), zone, fraction));
  if (texts[0]?.slice(0, 10) !== texts.at(-1)?.slice(0, 10)) return texts.map((text) => text.slice(5, 16));
  return texts.map((text) => text.slice(11).replace('Z', ''));
}
