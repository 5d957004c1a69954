const CLOCK = /T(\d\d:\d\d:\d\d)/;
const SHOWN_ELSEWHERE = new Set(['level', 'time', 'name', 'msg', 'req', 'res']);

/** Names of processes and pods are chosen by whoever is traced: none may move the cursor or forge a line. */
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/g;

/**
 * One line of an app as a person reads it: clock, app, level if it matters, message, facts. Lines that are not JSON
 * (a database, a crash) are shown as they are. Control characters are shown as their escapes.
 */
export function readableLine(app: string, line: string, width: number): string {
  return readable(app, line, width).replaceAll(CONTROL, escapeOf);
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
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
