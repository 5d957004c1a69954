import { ApiError, messageOf } from './api-error.js';
import { relativeUrl, type ApiRequest } from './api-request.js';
import { serverAnswered, serverGone, token, tokenWanted } from './connection.js';

interface SendOptions {
  readonly signal?: AbortSignal;
}

/** Sends a request; resolves when its answer begins. Throws ApiError for every failure, AbortError when cancelled. */
export async function send(request: ApiRequest, { signal }: SendOptions = {}): Promise<Response> {
  const answer = await attempt(request, signal);
  serverAnswered();
  if (answer.ok || request.answers?.includes(answer.status) === true) return answer;
  if (answer.status === 401) tokenWanted();
  const body = await answer.text().catch(() => '');
  const code = answer.headers.get('X-Tracer-Error') ?? undefined;
  throw new ApiError(messageOf(body, answer.status), answer.status, request, code);
}

async function attempt(request: ApiRequest, signal: AbortSignal | undefined): Promise<Response> {
  try {
    return await fetch(relativeUrl(request), {
      method: request.method ?? 'GET',
      headers: headersOf(request),
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      ...(signal !== undefined && { signal }),
    });
  } catch (error) {
    if (signal?.aborted === true) throw error;
    serverGone();
    throw new ApiError('The server does not answer. It is asked again every two seconds.', 0, request);
  }
}

/** What goes with every request, for those who send it themselves (a worker). */
export function headersOf({ headers = {}, body }: ApiRequest): Record<string, string> {
  const given = token();
  return {
    ...headers,
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(given !== undefined && { Authorization: `Bearer ${given}` }),
  };
}

/** The JSON of an answer. Numbers beyond 2^53 lose digits: where they can occur use `getText` and `parseLossless`. */
export async function getJson<Answer>(request: ApiRequest<Answer>, options?: SendOptions): Promise<Answer> {
  const answer = await send(request, options);
  const text = await answer.text();
  try {
    return JSON.parse(text) as Answer;
  } catch {
    throw new ApiError('The answer is no JSON; was the connection cut?', answer.status, request);
  }
}

export async function getText(request: ApiRequest, options?: SendOptions): Promise<string> {
  return (await send(request, options)).text();
}
