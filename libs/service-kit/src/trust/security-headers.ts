import type { NextFunction, Request, Response } from 'express';

/** Answers of an API are no pages: nothing in them may run, load or be framed. */
const API_POLICY = "default-src 'none'; frame-ancestors 'none'";
/** Swagger UI writes styles into its page and has images as data; its scripts are files. */
const DOCS_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');
const DOCS = /^\/docs(\/|$)/;
/** A year. Only ever said over TLS, where browsers heed it. */
const STRICT_TRANSPORT = 'max-age=31536000';

/**
 * Tells browsers what not to do with our answers. Set before anything answers, so that whoever serves pages of its own
 * (the gateway's page) replaces `Content-Security-Policy` by a policy that fits them.
 */
export function securityHeaders(request: Request, response: Response, next: NextFunction): void {
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Referrer-Policy', 'no-referrer');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Content-Security-Policy', DOCS.test(request.path) ? DOCS_POLICY : API_POLICY);
  if ('encrypted' in request.socket) response.setHeader('Strict-Transport-Security', STRICT_TRANSPORT);
  next();
}
