export type TimeZoneMode = 'local' | 'utc';

const UNITS = [
  { us: 86_400e6, name: 'd' },
  { us: 3_600e6, name: 'h' },
  { us: 60e6, name: 'min' },
] as const;

/** A duration in µs with three digits that matter: `850 ns`, `12.3 µs`, `4.56 ms`, `1.2 s`, `3 min 20 s`. */
export function formatDurationUs(us: number): string {
  if (!Number.isFinite(us)) return '–';
  if (us < 0) return `-${formatDurationUs(-us)}`;
  if (us === 0) return '0';
  if (us < 0.9995) return `${digits(us * 1e3)} ns`;
  if (us < 999.5) return `${digits(us)} µs`;
  if (us < 999_500) return `${digits(us / 1e3)} ms`;
  if (us < 60e6) return `${digits(us / 1e6)} s`;
  const at = UNITS.findIndex((unit) => us >= unit.us);
  const unit = UNITS[at] ?? UNITS[2];
  const next = UNITS[at + 1] ?? { us: 1e6, name: 's' };
  const whole = Math.floor(us / unit.us);
  const rest = Math.floor((us - whole * unit.us) / next.us);
  return `${whole} ${unit.name}${rest > 0 ? ` ${rest} ${next.name}` : ''}`;
}

const digits = (value: number): string => String(Number(value.toPrecision(3)));

/**
 * A moment, epoch µs, with its microseconds: `2026-11-21 13:20:03.000250`. A `bigint` or a double that is exact (until
 * the year 2255); `utc` adds `Z`.
 */
export function formatTimeUs(us: number | bigint, mode: TimeZoneMode = 'local', fraction: 0 | 3 | 6 = 6): string {
  const whole = typeof us === 'bigint' ? us : BigInt(Math.floor(us));
  const micros = ((whole % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const ms = Number((whole - micros) / 1_000n);
  const date = new Date(mode === 'utc' ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);
  if (Number.isNaN(date.getTime())) return `${us} µs`;
  const text = date.toISOString().slice(0, 19).replace('T', ' ');
  const tail = fraction === 0 ? '' : `.${String(micros).padStart(6, '0').slice(0, fraction)}`;
  return `${text}${tail}${mode === 'utc' ? 'Z' : ''}`;
}

/** `3 min ago`, `in 2 h`, `now`. */
export function formatRelativeUs(us: number, nowUs: number): string {
  const distance = Math.abs(nowUs - us);
  if (distance < 1e6) return 'now';
  const text = formatDurationUs(distance < 60e6 ? Math.floor(distance / 1e6) * 1e6 : distance);
  return us <= nowUs ? `${text} ago` : `in ${text}`;
}

const GROUPS = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** `12,345,678` */
export const formatCount = (count: number | bigint): string => GROUPS.format(count);

/** `1 event`, `12,345 events`, `2 boxes` */
export const formatCounted = (count: number, noun: string): string =>
  `${formatCount(count)} ${noun}${count === 1 ? '' : noun.endsWith('x') ? 'es' : 's'}`;

/** `12.3M`, for where there is little room. */
export function formatShort(value: number): string {
  const at = [1e12, 1e9, 1e6, 1e3].findIndex((unit) => Math.abs(value) >= unit);
  const unit = [1e12, 1e9, 1e6, 1e3][at];
  return unit === undefined ? digits(value) : `${digits(value / unit)}${['T', 'G', 'M', 'k'][at] ?? ''}`;
}

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '–';
  let at = 0;
  let value = bytes;
  while (Math.abs(value) >= 1024 && at < BYTE_UNITS.length - 1) {
    value /= 1024;
    at++;
  }
  return `${Math.abs(value) >= 100 ? Math.round(value) : digits(value)} ${BYTE_UNITS[at] ?? ''}`;
}
