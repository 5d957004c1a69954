import { formatDurationUs } from '../time/index.js';

export const formatSeconds = (seconds: number | undefined): string =>
  seconds === undefined ? '–' : formatDurationUs(seconds * 1e6);

/** Epoch microseconds of an ISO 8601 time, whose microseconds `Date` would drop. */
export function isoUs(text: string): number {
  const micros = /\.\d{3}(\d{3})/.exec(text)?.[1] ?? '0';
  return Date.parse(text) * 1000 + Number(micros);
}
