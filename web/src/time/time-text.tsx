import type { ReactNode } from 'react';
import { formatRelativeUs, formatTimeUs } from './format.js';
import { useTimeZone } from './time-settings.js';

interface TimeTextProps {
  /** Epoch µs. */
  readonly us: number | bigint;
  readonly fraction?: 0 | 3 | 6;
  /** Show how long ago; the moment itself is in the tooltip. */
  readonly relative?: boolean;
}

/** A moment in the chosen zone; pointing at it shows local time, UTC and the distance from now. */
export function TimeText({ us, fraction = 3, relative = false }: TimeTextProps): ReactNode {
  const zone = useTimeZone();
  const distance = formatRelativeUs(Number(us), Date.now() * 1000);
  const title = `${formatTimeUs(us, 'local')} local\n${formatTimeUs(us, 'utc')} UTC\n${distance}`;
  return (
    <time dateTime={formatTimeUs(us, 'utc').replace(' ', 'T')} title={title}>
      {relative ? distance : formatTimeUs(us, zone, fraction)}
    </time>
  );
}
