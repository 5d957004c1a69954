import type { SessionWish } from './session-api.js';

/** The session that an address proposes. Limits that are no numbers are left out; the form says so beside them. */
export function wishOf(query: URLSearchParams): SessionWish {
  const line = (query.get('args') ?? '').trim();
  const context = query.get('context') ?? '';
  const timeMs = scaled(query.get('seconds'), 1000);
  const events = scaled(query.get('events'), 1);
  const bytes = scaled(query.get('mib'), 1024 * 1024);
  return {
    pod: query.get('pod') ?? '',
    container: query.get('container') ?? '*',
    'trace-hook': query.get('hook') ?? '',
    ...(line !== '' && { 'trace-arguments': line }),
    ...(context !== '' && { 'trace-user-context': context }),
    ...(timeMs > 0 && { 'time-limit-ms': timeMs }),
    ...(events > 0 && { 'event-limit': events }),
    ...(bytes > 0 && { 'byte-limit': bytes }),
  };
}

function scaled(text: string | null, factor: number): number {
  const number = text === null || text.trim() === '' ? 0 : Number(text);
  return Number.isFinite(number) && number > 0 ? Math.round(number * factor) : 0;
}
