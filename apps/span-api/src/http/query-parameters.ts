import { TracerError } from '@tracer/base';

/** Query parameters as Express gives them. */
export type RawQuery = Readonly<Record<string, unknown>>;

/** The first value of a parameter; undefined when it is absent. Objects and lists of a query count as their text. */
export function textParameter(query: RawQuery, name: string): string | undefined {
  const given = query[name];
  const first: unknown = Array.isArray(given) ? given[0] : given;
  return typeof first === 'string' ? storableText(first) : undefined;
}

/** A text as stored names have it: databases have no NUL. */
export function storableText(text: string): string {
  return text.replaceAll('\0', '\ufffd');
}

/** As `textParameter`, where an empty text is as good as none. */
export function filledParameter(query: RawQuery, name: string): string | undefined {
  const text = textParameter(query, name);
  return text === '' ? undefined : text;
}

/** A whole number; undefined when absent or empty. Throws VALIDATION naming the parameter. */
export function wholeParameter(query: RawQuery, name: string): number | undefined {
  const text = filledParameter(query, name);
  if (text === undefined) return undefined;
  const number = /^[+-]?\d{1,19}$/.test(text) ? Number(text) : NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new TracerError('VALIDATION', `${name} must be a whole number, not "${text.slice(0, 100)}"`);
}
