/** Where a run over many files stands. */
export interface Progress {
  readonly files: number;
  readonly filesDone: number;
  readonly bytes: number;
  readonly bytesDone: number;
  readonly elapsedMs: number;
}

const BAR = 24;

/**
 * One line about a run: `[#####……] 3/8 files  1.2/4.0 GB  412 MB/s  ETA 0:07`. Rates are of the trace files as they are on
 * disk; the time left assumes that the rest goes as fast as what is done.
 */
export function progressLine({ files, filesDone, bytes, bytesDone, elapsedMs }: Progress): string {
  const share = bytes === 0 ? 1 : Math.min(1, bytesDone / bytes);
  const filled = Math.round(share * BAR);
  const bar = '#'.repeat(filled) + '.'.repeat(BAR - filled);
  const perSecond = elapsedMs > 0 ? (bytesDone / elapsedMs) * 1000 : 0;
  const leftMs = share >= 1 ? 0 : perSecond > 0 ? ((bytes - bytesDone) / perSecond) * 1000 : undefined;
  const eta = leftMs === undefined ? '-:--' : clock(leftMs);
  return `[${bar}] ${filesDone}/${files} files  ${size(bytesDone)} of ${size(bytes)}  ${size(perSecond)}/s  ETA ${eta}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${value.toFixed(power > 0 && value < 100 ? 1 : 0)} ${UNITS[power] ?? ''}`;
}

function clock(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const pad = (n: number): string => String(n).padStart(2, '0');
  const minutes = `${Math.floor(seconds / 60) % 60}`;
  const hours = Math.floor(seconds / 3600);
  return hours > 0 ? `${hours}:${pad(Number(minutes))}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}
