import { TracerError } from '@tracer/base';

/**
 * Refuses to listen where other machines can reach the service while nobody has to show who they are: whoever reaches an
 * agent traces its host as root. Throws CONFIG_INVALID saying what to do.
 */
export function assertNotOpen(
  name: string,
  address: string,
  { onLoopback, protectedByTokens, allowOpen }: Record<'onLoopback' | 'protectedByTokens' | 'allowOpen', boolean>,
): void {
  if (onLoopback || protectedByTokens || allowOpen) return;
  throw new TracerError(
    'CONFIG_INVALID',
    `${name} does not listen on ${address} without credentials, because other machines could reach it. Give it tokens ` +
      '(TRACER_TOKENS_FILE or TRACER_TOKENS; --new-token NAME:ROLE makes one), the shared token of the suite ' +
      '(TRACER_NODE_TOKEN) or client certificates (TRACER_TLS_CLIENT_CA), or bind it to 127.0.0.1. ' +
      'TRACER_ALLOW_OPEN=1 opens it to everybody who can reach it',
  );
}
