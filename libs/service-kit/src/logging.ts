import type { LoggerService } from '@nestjs/common';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { pinoHttp, type HttpLogger } from 'pino-http';
import { requestIdOf } from './request-id.js';

/** Members whose values are never logged, wherever one or two levels deep they turn up. */
const SECRETS = ['authorization', 'cookie', 'token', 'nodeToken', 'tokens', 'password', 'databaseUrl'].flatMap(
  (key) => [key, `*.${key}`, `*.*.${key}`],
);

/** JSON lines on standard output; secrets never reach them. */
export function createLogger(name: string, level: string, to?: DestinationStream): Logger {
  return pino(
    {
      name,
      level,
      timestamp: stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        bindings: (bindings) => ({ name: bindings['name'] as string }),
      },
      redact: SECRETS,
    },
    to ?? standardOutput(),
  );
}

/**
 * Node's own stream, which writes to a pipe at once. pino's default one waits without end at its last flush when the
 * reader is gone: an app whose supervisor was killed would never stop. Here its lines go nowhere.
 */
function standardOutput(): NodeJS.WriteStream {
  if (process.stdout.listenerCount('error') === 0) process.stdout.on('error', () => undefined);
  return process.stdout;
}

/** Probes come every few seconds and say nothing. */
const QUIET = new Set(['/health', '/ready', '/metrics']);

export function requestLog(logger: Logger): HttpLogger {
  return pinoHttp({
    logger,
    genReqId: requestIdOf,
    autoLogging: { ignore: (request) => QUIET.has(request.url ?? '') },
    customLogLevel: (_, response, error) => (error !== undefined || response.statusCode >= 500 ? 'warn' : 'debug'),
    // One line that says what failed; the stack that pino-http makes up for a status says nothing.
    customErrorMessage: ({ method = '', url = '' }, { statusCode }) =>
      `${method} ${withoutSecrets(url)} answered ${statusCode}`,
    customErrorObject: (_request, _response, { message }: Error, facts: object) =>
      message.startsWith('failed with status code') ? { ...facts, err: undefined } : facts,
    serializers: {
      req: ({ id, method, url }: { id: string; method: string; url: string }) => ({
        id,
        method,
        url: withoutSecrets(url),
      }),
      res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    },
  });
}

/** Tokens are never read from a URL, but somebody may put one there. */
function withoutSecrets(url: string): string {
  return url.replace(/([?&](?:access_)?(?:token|key|password)=)[^&]*/gi, '$1…');
}

/** What Nest itself has to say, in the same format. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown, ...context: unknown[]): void {
    this.logger.debug({ context: context.at(-1) }, String(message));
  }
  warn(message: unknown, ...context: unknown[]): void {
    this.logger.warn({ context: context.at(-1) }, String(message));
  }
  error(message: unknown, ...context: unknown[]): void {
    this.logger.error({ context }, String(message));
  }
}
