import type { ApiRequest } from './api-request.js';

/** Why a request failed, in the words of the service where it had some. */
export class ApiError extends Error {
  override readonly name = 'ApiError';

  /** `status` 0: no answer at all. `code` is the service's own, from `X-Tracer-Error`. */
  constructor(
    message: string,
    readonly status: number,
    readonly request: ApiRequest,
    readonly code?: string,
  ) {
    super(message);
  }
}

const LONGEST_MESSAGE = 2_000;

/**
 * The text of a failure. Each published system has its own form of it: a JSON string, `{error}`, `{message}` (a text or a
 * list of texts), `{errors: [{msg}]}`, plain text.
 */
export function messageOf(body: string, status: number): string {
  const text = body.trim();
  const said = fromJson(text) ?? (/^\s*</.test(text) ? '' : text);
  return said === '' ? `The server answered ${status} without saying why.` : said.slice(0, LONGEST_MESSAGE);
}

function fromJson(text: string): string | undefined {
  try {
    return textIn(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function textIn(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(textIn).filter(Boolean).join('; ') || undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  for (const key of ['error', 'message', 'msg', 'errors', 'detail']) {
    const text = textIn(fields[key]);
    if (text !== undefined && text !== '') return text;
  }
  return undefined;
}
