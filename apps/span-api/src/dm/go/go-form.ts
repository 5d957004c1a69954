import type { IncomingMessage } from 'node:http';
import { TracerError } from '@tracer/base';
import { readBody } from '@tracer/service-kit';
import { parseMultipart } from './multipart.js';

/** A body with parameters may be so large; of a larger one nothing is read. */
export const FORM_BYTES = 10_485_760;

/** First values by name. Names and values are bytes, kept as latin1 text on the way. */
export class GoForm {
  readonly #values = new Map<string, string>();

  /** Adds pairs behind those that are there: the first value of a name stays, even an empty one. */
  add(pairs: Iterable<readonly [name: string, value: string]>): this {
    for (const [name, value] of pairs) if (!this.#values.has(name)) this.#values.set(name, value);
    return this;
  }

  /** The value of a parameter; empty when it is absent. */
  bytes(name: string): Buffer {
    return Buffer.from(this.#values.get(name) ?? '', 'latin1');
  }
}

/**
 * The parameters of a request as Go's `Request.FormValue` finds them: an urlencoded body (POST, PUT, PATCH), then the
 * query of the URL, then a multipart body (any method).
 */
export async function readGoForm(request: IncomingMessage): Promise<GoForm> {
  const { method = '', url = '', headers } = request;
  const form = new GoForm();
  const [mediaType] = (headers['content-type'] ?? '').split(';', 1);
  const type = mediaType?.trim().toLowerCase();
  if (type === 'application/x-www-form-urlencoded' && /^(POST|PUT|PATCH)$/.test(method))
    form.add(parseQuery((await bodyWithin(request)).toString('latin1')));
  const query = url.indexOf('?');
  if (query >= 0) form.add(parseQuery(url.slice(query + 1)));
  if (type === 'multipart/form-data')
    form.add(parseMultipart(await bodyWithin(request), headers['content-type'] ?? ''));
  return form;
}

/** Nothing when the body is too large. */
async function bodyWithin(request: IncomingMessage): Promise<Buffer> {
  try {
    return await readBody(request, FORM_BYTES);
  } catch (error) {
    if (error instanceof TracerError) return Buffer.alloc(0);
    throw error;
  }
}

/** Pairs of an urlencoded text in latin1. Pairs end at `&` or `;`; one with a bad escape is left out, others stay. */
export function* parseQuery(text: string): Generator<[name: string, value: string]> {
  for (const pair of text.split(/[&;]/)) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = unescape(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : unescape(pair.slice(equals + 1));
    if (name !== undefined && value !== undefined) yield [name, value];
  }
}

function unescape(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined;
  return text.replaceAll('+', ' ').replace(/%(..)/g, (_, digits: string) => String.fromCharCode(parseInt(digits, 16)));
}
