import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { reasonOf, TracerError } from '@tracer/base';
import { CONTROL_BODY_BYTES, readBody } from '@tracer/service-kit';
import { ProblemsError } from './body-problems.js';

/** Bodies of batches; a browser sends at most 64 KiB by `sendBeacon`. */
export const BATCH_BYTES = 4 << 20;

/**
 * The body of a request as FastAPI takes it: JSON when the content type says so or says nothing, else the text itself,
 * which is no object; undefined when there is none. Throws ProblemsError for JSON that is none, BODY_MALFORMED for bytes that are no text.
 */
export async function readRunBody(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request, CONTROL_BODY_BYTES);
  if (text === '') return undefined;
  return isJson(request.headers['content-type']) ? parseBody(text) : text;
}

/** JSON whatever the content type says: `sendBeacon` sends strings as plain text. */
export async function readBatchBody(request: IncomingMessage): Promise<unknown> {
  const text = await readText(request, BATCH_BYTES);
  return text === '' ? undefined : parseBody(text);
}

async function readText(request: IncomingMessage, limitBytes: number): Promise<string> {
  const body = await readBody(request, limitBytes);
  if (!isUtf8(body)) throw new TracerError('BODY_MALFORMED', 'There was an error parsing the body');
  return body.toString();
}

function isJson(contentType: string | undefined): boolean {
  return contentType === undefined || /^\s*application\/([^;\s]*\+)?json\s*(;|$)/i.test(contentType);
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = reasonOf(error);
    const [, position] = /position (\d+)/.exec(reason) ?? [];
    const at = position === undefined ? text.length : Number(position);
    throw new ProblemsError([
      { type: 'json_invalid', loc: ['body', at], msg: 'JSON decode error', input: {}, ctx: { error: reason } },
    ]);
  }
}
