import type { IncomingMessage } from 'node:http';
import { reasonOf, TracerError } from '@tracer/base';
import { noteBodyForAudit } from './trust/audit.js';

/** Largest body of a control request; ingest routes state their own. */
export const CONTROL_BODY_BYTES = 1 << 20;

/**
 * Reads a whole request body of at most `limitBytes`. Throws BODY_TOO_LARGE, at once when Content-Length says so, and
 * BODY_MALFORMED when the client leaves in the middle of it: nobody reads that answer, but it is no defect of ours.
 * Used where a published API reads bodies in its own way; other routes use `jsonBodies`.
 */
export async function readBody(request: IncomingMessage, limitBytes = CONTROL_BODY_BYTES): Promise<Buffer> {
  const tooLarge = new TracerError('BODY_TOO_LARGE', `body is larger than ${limitBytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw tooLarge;
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) throw tooLarge;
      chunks.push(chunk);
    }
  } catch (error) {
    if (error === tooLarge) throw error;
    throw new TracerError('BODY_MALFORMED', `body ended after ${sizeBytes} bytes: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  const body = Buffer.concat(chunks);
  noteBodyForAudit(body);
  return body;
}
