import { withQuery, type QueryValues } from '../../router/route.js';

/**
 * Where the address keeps the other side of a comparison: each key of the side that all views show has a twin with `b.` before
 * it. What is common to both (names, categories, least duration) has none.
 */
const SIDE_KEYS = ['file', 'dir', 'pid', 'tid', 'from', 'to'] as const;

const twin = (key: string): string => `b.${key}`;

/** The keys of the other side, for what carries an address on. */
export const OTHER_SIDE_KEYS: readonly string[] = SIDE_KEYS.map(twin);

/** Whether there is another side at all. */
export const hasOtherSide = (query: URLSearchParams): boolean => OTHER_SIDE_KEYS.some((key) => query.has(key));

/** The address as if it showed the other side. */
export function otherSideOf(query: URLSearchParams): URLSearchParams {
  return withQuery(query, Object.fromEntries(SIDE_KEYS.map((key) => [key, query.getAll(twin(key))])));
}

/** Changes that make the side which is shown the other one, too: to be changed from there. */
export function sameOnOtherSide(query: URLSearchParams): QueryValues {
  const same = Object.fromEntries(SIDE_KEYS.map((key) => [twin(key), query.getAll(key)]));
  // All files are no key; an address without any key has no other side.
  return SIDE_KEYS.some((key) => query.has(key)) ? same : { ...same, [twin('dir')]: '**' };
}

/** Changes that exchange the sides. */
export function swappedSides(query: URLSearchParams): QueryValues {
  return { ...sameOnOtherSide(query), ...Object.fromEntries(SIDE_KEYS.map((key) => [key, query.getAll(twin(key))])) };
}

/** Changes that leave one side. */
export const withoutOtherSide: QueryValues = Object.fromEntries(OTHER_SIDE_KEYS.map((key) => [key, undefined]));

/** The other side as a field of the address says it: its files from a text. */
export function otherFiles(text: string): QueryValues {
  const isDirectory = text.endsWith('/') || text.endsWith('**');
  return { [twin('file')]: isDirectory ? undefined : text, [twin('dir')]: isDirectory ? text : undefined };
}

export const otherValue = (key: (typeof SIDE_KEYS)[number], value: string): QueryValues => ({ [twin(key)]: value });
