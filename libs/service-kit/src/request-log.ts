import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from 'pino';
import { requestIdOf } from './request-id.js';

/** Probes come every few seconds and say nothing. */
const QUIET = new Set(['/health', '/ready', '/metrics']);
/** Failed requests that are written down in a second; of the others only the number is. */
const LINES_PER_SECOND = 20;
const SECOND_MS = 1_000;

/**
 * Writes failed requests (5xx) as warnings, and every request at level debug. Whoever sends many wrong requests costs no
 * lines: refusals are seen in the metrics.
 */
export function requestLog(logger: Logger) {
  const failures = new FailureLines(logger);
  return (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    if (!QUIET.has(request.url ?? '')) {
      const startedAtMs = performance.now();
      // Routers change the URL while the request passes through them.
      const { url = '' } = request;
      response.once('close', () => {
        const { statusCode } = response;
        if (statusCode >= 500) failures.add(() => factsOf(request, url, statusCode, startedAtMs));
        else if (logger.isLevelEnabled('debug'))
          logger.debug(
            factsOf(request, url, statusCode, startedAtMs),
            response.writableFinished ? 'request completed' : 'request aborted',
          );
      });
    }
    next();
  };
}

interface RequestFacts {
  readonly req: { readonly id: string; readonly method: string; readonly url: string };
  readonly res: { readonly statusCode: number };
  readonly responseTime: number;
}

function factsOf(request: IncomingMessage, url: string, statusCode: number, startedAtMs: number): RequestFacts {
  const { method = '' } = request;
  return {
    req: { id: requestIdOf(request), method, url: withoutSecrets(url) },
    res: { statusCode },
    responseTime: Math.round(performance.now() - startedAtMs),
  };
}

/** So many lines a second, then one with the number of those that were not written. */
class FailureLines {
  #written = 0;
  #unwritten = 0;
  #counting = false;

  constructor(private readonly logger: Logger) {}

  add(factsOfRequest: () => RequestFacts): void {
    if (!this.#counting)
      setTimeout(() => {
        this.#nextSecond();
      }, SECOND_MS).unref();
    this.#counting = true;
    if (this.#written >= LINES_PER_SECOND) {
      this.#unwritten++;
      return;
    }
    this.#written++;
    const facts = factsOfRequest();
    this.logger.warn(facts, `${facts.req.method} ${facts.req.url} answered ${facts.res.statusCode}`);
  }

  #nextSecond(): void {
    if (this.#unwritten > 0) this.logger.warn({ count: this.#unwritten }, 'more requests failed');
    this.#written = this.#unwritten = 0;
    this.#counting = false;
  }
}

/** Tokens are never read from a URL, but somebody may put one there. */
function withoutSecrets(url: string): string {
  return url.replace(/([?&](?:access_)?(?:token|key|password)=)[^&]*/gi, '$1…');
}
