/** A place in the page: `#/files/timeline?file=a.pfw.gz` has the path `files`, `timeline` and the query `file`. */
export interface Route {
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** Values of a query; `undefined` and '' leave a key out, an array repeats it. */
export type QueryValues = Readonly<
  Record<string, string | number | bigint | boolean | readonly (string | number)[] | undefined>
>;

/** Reads what stands behind `#`. Anything that does not decode is taken as it is: a wrong link still opens the page. */
export function parseHash(hash: string): Route {
  const text = hash.replace(/^#\/?/, '');
  const at = text.indexOf('?');
  const path = (at < 0 ? text : text.slice(0, at)).split('/').filter((part) => part !== '');
  return { path: path.map(decoded), query: new URLSearchParams(at < 0 ? '' : text.slice(at + 1)) };
}

/** The link to a place, for `href`. Segments are encoded, so that a file name with `/` stays one segment. */
export function hrefOf(path: readonly string[], query: QueryValues | URLSearchParams = {}): string {
  const parameters = query instanceof URLSearchParams ? query : toParameters(query);
  const text = parameters.toString();
  return `#/${path.map(encodeURIComponent).join('/')}${text === '' ? '' : `?${text}`}`;
}

/** The query with some keys changed; `undefined` and '' remove a key. */
export function withQuery(query: URLSearchParams, changes: QueryValues): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [key, values] of toParameters(changes, true)) {
    next.delete(key);
    for (const value of values) next.append(key, value);
  }
  return next;
}

function toParameters(values: QueryValues): URLSearchParams;
function toParameters(values: QueryValues, grouped: true): Map<string, string[]>;
function toParameters(values: QueryValues, grouped = false): URLSearchParams | Map<string, string[]> {
  const lists = new Map<string, string[]>();
  for (const [key, value] of Object.entries(values)) {
    const list = value === undefined || value === '' ? [] : [value].flat().map(String);
    lists.set(key, list);
  }
  if (grouped) return lists;
  return new URLSearchParams([...lists].flatMap(([key, list]) => list.map((value) => [key, value])));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
