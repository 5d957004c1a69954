import { withoutControls } from './control-characters.js';

const CLOCK = /T(\d\d:\d\d:\d\d)/;
const SHOWN_ELSEWHERE = new Set(['level', 'time', 'name', 'msg', 'req', 'res']);

/**
 * One line of an app as a person reads it: clock, app, level if it matters, message, facts. Lines that are not JSON
 * (a database, a crash) are shown as they are. Control characters are shown as their escapes.
 */
export function readableLine(app: string, line: string, width: number): string {
  return withoutControls(readable(app, line, width));
}

function readable(app: string, line: string, width: number): string {
  const prefix = app.padEnd(width);
  const record = parse(line);
  if (record === undefined) return `${prefix} | ${line}`;
  const { level, time, msg } = record;
  const clock = CLOCK.exec(text(time))?.[1] ?? '';
  const mark = level === 'info' || level === undefined ? '' : `${text(level).toUpperCase()} `;
  const facts = Object.entries(record).filter(([key]) => !SHOWN_ELSEWHERE.has(key));
  const shown = facts.map(([key, value]) => ` ${key}=${text(value)}`).join('');
  return `${prefix} | ${clock} ${mark}${text(msg)}${shown}`;
}

function parse(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  if (value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
