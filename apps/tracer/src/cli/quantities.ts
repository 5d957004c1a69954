import { usageError } from './exit-codes.js';

const MS_OF_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `500ms`, `30s`, `1.5m`, `2h`, `7d` in ms. A bare number is refused: its unit would be a guess. */
export function durationMs(text: string, what: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text.trim()) ?? [];
  const ms = Number(digits) * (MS_OF_UNIT[unit] ?? Number.NaN);
  if (!(ms > 0)) throw usageError(`${what}: "${text}" is not a time; write 500ms, 30s, 5m, 2h or 7d`);
  return Math.round(ms);
}

/** A whole number from `min` on; `10k` and `2M` are thousands and millions. */
export function wholeNumber(text: string, what: string, min = 0): number {
  const [, digits, unit] = /^(\d{1,15})([kM]?)$/.exec(text.trim()) ?? [];
  const value = Number(digits) * (unit === 'k' ? 1e3 : unit === 'M' ? 1e6 : 1);
  if (!Number.isSafeInteger(value) || value < min)
    throw usageError(`${what}: "${text}" is not a whole number${min > 0 ? ` from ${min}` : ''}`);
  return value;
}

/** Bytes: `4096`, `64k`, `100M`, `2G` (powers of 1024). */
export function byteCount(text: string, what: string): number {
  const [, digits, unit = ''] = /^(\d{1,12})([kMG]?)B?$/.exec(text.trim()) ?? [];
  const bytes = Number(digits) * ({ k: 2 ** 10, M: 2 ** 20, G: 2 ** 30 }[unit] ?? 1);
  if (!(Number.isSafeInteger(bytes) && bytes > 0))
    throw usageError(`${what}: "${text}" is not a size; write 4096, 64k, 100M or 2G`);
  return bytes;
}

/** A moment in epoch µs: `1h` (so long ago), a date and time as ISO 8601, or epoch µs. */
export function momentUs(text: string, what: string, nowMs: number): number {
  if (/^\d{13,17}$/.test(text)) return Number(text);
  if (/^\d+(\.\d+)?(ms|s|m|h|d)$/.test(text)) return (nowMs - durationMs(text, what)) * 1000;
  const ms = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms))
    throw usageError(`${what}: "${text}" is not a moment; write 1h (so long ago), 2026-11-21T10:00:00Z or epoch µs`);
  return ms * 1000;
}

const scaled = (value: number, unit: string): string =>
  `${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))} ${unit}`;

/** Nanoseconds in three digits: `685 ns`, `6.27 µs`, `1.9 s`. */
export function showNs(ns: number): string {
  if (ns < 999.5) return `${Math.round(ns)} ns`;
  if (ns < 999.5e3) return scaled(ns / 1e3, 'µs');
  if (ns < 999.5e6) return scaled(ns / 1e6, 'ms');
  return scaled(ns / 1e9, 's');
}

export function showBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(4, Math.floor(Math.log10(bytes) / 3));
  return power === 0 ? `${bytes} B` : scaled(bytes / 1000 ** power, ['B', 'kB', 'MB', 'GB', 'TB'][power] ?? '');
}

/** `1,234,567` */
export function showCount(count: number): string {
  return Math.round(count).toLocaleString('en-US');
}

/** `12 s`, `3 min 05 s`, `2 h 04 min` */
export function showElapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  if (seconds < 60) return `${(ms / 1000).toFixed(1)} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor(seconds / 60) % 60)} min`;
}

/** Date and time of epoch µs, UTC, to the millisecond; '' when unknown. */
export function showMoment(us: number | undefined): string {
  if (us === undefined || !Number.isFinite(us) || Math.abs(us) > 8.64e18) return '';
  return new Date(us / 1000).toISOString().replace('T', ' ').replace('Z', '');
}
