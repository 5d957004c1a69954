import type { LoggerService } from '@nestjs/common';
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';

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
