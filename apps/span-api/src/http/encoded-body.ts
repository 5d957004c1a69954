import type { IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { UnsupportedMediaTypeException } from '@nestjs/common';
import { TracerError } from '@tracer/base';
import { readBody } from '@tracer/service-kit';

const gunzipped = promisify(gunzip);
const TOO_LARGE = 'ERR_BUFFER_TOO_LARGE';

/**
 * The body as it was before compression. The limit holds for both forms. Throws BODY_TOO_LARGE, BODY_MALFORMED with
 * `brokenGzip` as its message, or 415 for an encoding other than gzip.
 */
export async function readEncodedBody(
  request: IncomingMessage,
  limitBytes: number,
  brokenGzip: string,
): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding !== 'gzip' && encoding !== 'x-gzip' && encoding !== 'identity' && encoding !== '')
    throw new UnsupportedMediaTypeException(`content encoding ${encoding.slice(0, 40)} is not supported, gzip is`);
  const body = await readBody(request, limitBytes);
  if (body.length === 0 || !encoding.endsWith('gzip')) return body;
  try {
    return await gunzipped(body, { maxOutputLength: limitBytes });
  } catch (error) {
    if ((error as { code?: string }).code === TOO_LARGE)
      throw new TracerError('BODY_TOO_LARGE', `body is larger than ${limitBytes} bytes after decompression`);
    throw new TracerError('BODY_MALFORMED', brokenGzip, { cause: error });
  }
}

/** `application/json` of `application/json; charset=utf-8`, in lower case; '' when there is none. */
export function mediaTypeOf(request: IncomingMessage): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}
