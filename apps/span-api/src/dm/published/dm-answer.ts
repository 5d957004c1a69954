import type { ServerResponse } from 'node:http';
import { drained } from '../../streaming/send-stream.js';
import { sniffedContentType } from '../go/content-type.js';

/** What a published route answers. */
export interface DmAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, in pieces when it may be large. */
  readonly body: Buffer | AsyncIterable<Buffer>;
}

/** Go sends bodies of up to so many bytes with their length, longer ones in chunks. */
const LENGTH_BYTES = 2048;

export function jsonAnswer(body: DmAnswer['body']): DmAnswer {
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body };
}

/** Failures of the published tracer, by what went wrong: status, code and first words of the text. */
const FAILURES = {
  notFound: { status: 404, code: 42004 },
  noTraceId: { status: 400, code: 42005 },
  notValid: { status: 400, code: 42006 },
  postOnly: { status: 400, code: 42007 },
} as const;

/** A failure in the words of the published tracer; parts of the message that came from the client stay the bytes they were. */
export function failureAnswer(kind: keyof typeof FAILURES, ...message: readonly (string | Buffer)[]): DmAnswer {
  const { status, code } = FAILURES[kind];
  const prefix = `[code=${code}:class=dm-tracer:scope=internal:level=medium], Message: `;
  const body = Buffer.concat([prefix, ...message].map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return { status, headers: { 'Content-Type': sniffedContentType(body) }, body };
}

export const NO_SUCH_PAGE: DmAnswer = {
  status: 404,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
  body: Buffer.from('404 page not found\n'),
};

/** Go's `http.Redirect`: only GET and HEAD get a body and a type. The location needs no escaping in HTML. */
export function redirectAnswer(method: string, location: string): DmAnswer {
  const html = location.replaceAll('&', '&amp;').replaceAll('"', '&#34;').replaceAll("'", '&#39;');
  const link = html.replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 301, headers: { Location: location }, body: Buffer.alloc(0) };
  return {
    status: 301,
    headers: { Location: location, 'Content-Type': 'text/html; charset=utf-8' },
    body: Buffer.from(`<a href="${link}">Moved Permanently</a>.\n\n`),
  };
}

/**
 * Sends an answer as Go frames it. Pieces are asked for as the client takes them; when the client leaves, no more are.
 */
export async function sendDmAnswer(response: ServerResponse, { status, headers, body }: DmAnswer): Promise<void> {
  const held: Buffer[] = [];
  let heldBytes = 0;
  const start = (more: Readonly<Record<string, number>> = {}): void => {
    response.writeHead(status, { ...headers, ...more });
  };
  for await (const piece of Buffer.isBuffer(body) ? [body] : body) {
    held.push(piece);
    heldBytes += piece.length;
    if (heldBytes <= LENGTH_BYTES && !response.headersSent) continue;
    if (!response.headersSent) start();
    if (response.destroyed) return;
    if (!response.write(Buffer.concat(held.splice(0)))) await drained(response);
  }
  if (!response.headersSent) start({ 'Content-Length': heldBytes });
  response.end(Buffer.concat(held));
}
