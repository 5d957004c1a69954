const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?(Z|z|[+-]\d\d:?\d\d)?)?$/;
/** Unix seconds, or milliseconds when they would be that far ahead. */
const NUMBER = /^-?\d{1,16}(\.\d+)?$/;
const MOST_SECONDS = 2e10;
/** Beyond, microseconds are not exact any more: the year 2255. */
const MOST_US = Number.MAX_SAFE_INTEGER;

/** ISO 8601 in UTC with six digits of a second. */
export function isoTime(us: number): string {
  const ms = Math.floor(us / 1000);
  const micros = us - ms * 1000;
  return `${new Date(ms).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`;
}

/**
 * Microseconds since 1970 of an ISO 8601 date or time; without a zone it is UTC. Also of a Unix time in seconds, or in
 * milliseconds, as pydantic reads them. Undefined for anything else.
 */
export function parseIsoTime(text: string): number | undefined {
  const us = NUMBER.test(text) ? numberUs(Number(text)) : isoUs(text);
  return us !== undefined && Math.abs(us) <= MOST_US ? us : undefined;
}

function numberUs(number: number): number {
  return Math.round(Math.abs(number) > MOST_SECONDS ? number * 1_000 : number * 1_000_000);
}

function isoUs(text: string): number | undefined {
  const [whole, year, month, day, hour, minute, second, fraction, zone] = ISO.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const ms = utcMs([year, month, day, hour, minute, second].map((part) => Number(part ?? 0)));
  const offset = offsetMinutes(zone ?? 'Z');
  if (ms === undefined || offset === undefined) return undefined;
  return (ms - offset * 60_000) * 1000 + Number((fraction ?? '').padEnd(6, '0').slice(0, 6));
}

/** Undefined for the 31st of February and 25 o'clock: they do not come back as they went in. */
function utcMs(parts: readonly number[]): number | undefined {
  const [year = NaN, month = NaN, ...rest] = parts;
  const ms = Date.UTC(year, month - 1, ...rest);
  const back = new Date(ms);
  const given = [
    back.getUTCFullYear(),
    back.getUTCMonth() + 1,
    back.getUTCDate(),
    back.getUTCHours(),
    back.getUTCMinutes(),
    back.getUTCSeconds(),
  ];
  return given.every((part, index) => part === parts[index]) ? ms : undefined;
}

function offsetMinutes(zone: string): number | undefined {
  if (/^z$/i.test(zone)) return 0;
  const [, sign, hours, minutes] = /^([+-])(\d\d):?(\d\d)$/.exec(zone) ?? [];
  const total = Number(hours) * 60 + Number(minutes);
  if (Number(minutes) > 59 || total >= 24 * 60) return undefined;
  return sign === '-' ? -total : total;
}
