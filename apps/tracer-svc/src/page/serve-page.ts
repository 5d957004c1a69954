import { fileURLToPath } from 'node:url';
import type { NextFunction, Request, Response } from 'express';
import { type PageFile, PageFiles } from './page-files.js';

/** Where `npm run build:web` puts the page, seen from the compiled gateway. */
export const BUILT_PAGE = fileURLToPath(new URL('../../../../web', import.meta.url));

/** The page loads nothing from elsewhere and runs no script of its own text; canvas sizes are set by script. */
const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'self'",
].join('; ');

/** speedscope writes its styles into the page, compiles WebAssembly and loads profiles from blobs. */
const SPEEDSCOPE_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self' blob:",
  "base-uri 'none'",
  "frame-ancestors 'self'",
].join('; ');

const NOT_BUILT = `<!doctype html><html lang="en"><meta charset="utf-8"><title>tracer</title>
<h1>The page has not been built</h1>
<p>Build it with <code>npm run build:web</code> (<code>npm start</code> does so by itself), then load this address again.</p>
<p>Everything it shows is also at the <a href="docs">HTTP interface</a>.</p></html>
`;

/**
 * Serves the page to people: `/` to whoever wants HTML, and the files it consists of. The page keeps its views behind
 * `#`, so no other path is its own, and every path that is no file of it goes on to the API and its 404s.
 */
export function servePage(directory: string = BUILT_PAGE) {
  const files = new PageFiles(directory);
  return (request: Request, response: Response, next: NextFunction): void => {
    const { method, path } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      next();
      return;
    }
    if (path === '/' && wantsHtml(request)) {
      const page = files.read()?.get('/index.html');
      if (page !== undefined) sendFile(page, PAGE_POLICY, request, response);
      else response.status(503).set('Cache-Control', 'no-store').type('html').send(NOT_BUILT);
      return;
    }
    const file = isOfPage(path) ? (files.get(path) ?? files.read()?.get(path)) : undefined;
    if (file === undefined) next();
    else sendFile(file, path.startsWith('/speedscope/') ? SPEEDSCOPE_POLICY : PAGE_POLICY, request, response);
  };
}

/** Whoever opens the address that was printed at the start; programs never ask for HTML. */
function wantsHtml({ headers }: Request): boolean {
  return headers.accept?.includes('text/html') === true;
}

function isOfPage(path: string): boolean {
  return path.startsWith('/assets/') || path.startsWith('/speedscope/') || /^\/(index\.html|favicon\.svg)$/.test(path);
}

function sendFile(file: PageFile, policy: string, request: Request, response: Response): void {
  const { encoding, bytes } = encodedFor(request, file);
  response.set({
    'Content-Type': file.contentType,
    'Content-Length': String(bytes.length),
    'Cache-Control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'Content-Security-Policy': policy,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    Vary: 'Accept-Encoding',
    ...(encoding !== undefined && { 'Content-Encoding': encoding }),
  });
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

/** The smallest form that the client takes; a quality of 0 refuses one. */
function encodedFor(request: Request, file: PageFile): { readonly encoding?: string; readonly bytes: Buffer } {
  const accepted = new Set(
    (request.headers['accept-encoding'] ?? '')
      .split(',')
      .map((part) => part.split(';'))
      .filter(([, quality]) => !/^\s*q=0(\.0*)?\s*$/.test(quality ?? ''))
      .map(([name = '']) => name.trim().toLowerCase()),
  );
  if (file.br !== undefined && accepted.has('br')) return { encoding: 'br', bytes: file.br };
  if (file.gzip !== undefined && accepted.has('gzip')) return { encoding: 'gzip', bytes: file.gzip };
  return { bytes: file.bytes };
}
