export type QueryValue = string | number | bigint | boolean | readonly (string | number)[] | undefined;

/**
 * A request of the page, as data: what is sent, what identifies it in a view, and what "copy as curl" shows. `Answer` is
 * the shape of the JSON that comes back.
 */
export interface ApiRequest<Answer = unknown> {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Path from the root of the gateway, such as `/api/v1/files`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses beside 2xx whose bodies are answers, too: a verdict, for instance. */
  readonly answers?: readonly number[];
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Never set; carries the type. */
  readonly answer?: Answer;
}

/** Path and query without the leading `/`, so that it resolves below wherever the page is served. */
export function relativeUrl({ path, query = {} }: ApiRequest): string {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    for (const one of [value].flat()) if (one !== undefined && one !== '') parameters.append(key, String(one));
  const text = parameters.toString();
  return path.replace(/^\/+/, '') + (text === '' ? '' : `?${text}`);
}

/** The same request in one line for a shell. A token stands as a variable: a copied line must not carry it. */
export function curlOf(request: ApiRequest, base: string, { withToken = false } = {}): string {
  const { method = 'GET', headers = {}, body } = request;
  const parts = ['curl', '-sS'];
  if (method !== 'GET' && !(method === 'POST' && body !== undefined)) parts.push('-X', method);
  if (withToken) parts.push('-H', '"Authorization: Bearer $TRACER_TOKEN"');
  for (const [name, value] of Object.entries(headers)) parts.push('-H', quoted(`${name}: ${value}`));
  if (body !== undefined)
    parts.push('-H', quoted('Content-Type: application/json'), '-d', quoted(JSON.stringify(body)));
  parts.push(quoted(new URL(relativeUrl(request), base).href));
  return parts.join(' ');
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
